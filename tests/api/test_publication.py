"""New versions appear by themselves, whole, while walks that began before go on over theirs."""

import threading
from decimal import Decimal

import pytest

from kasparro.warehouse import Warehouse
from tests.api.marts import Marts, coin, listing, quote
from tests.api.sample import NOON
from tests.api.serving import Api, eventually


def coins_of(version: int, count: int = 30) -> list[dict[str, object]]:
    """A market whose every number tells its version."""
    return [coin(f"c{number:02}", rank=number + 1, price_usd=Decimal(version)) for number in range(count)]


@pytest.fixture
def marts(empty: Warehouse) -> Marts:
    """The marts of a database of its own, version 1 published."""
    marts = Marts(empty)
    marts.publish(1, coins=coins_of(1))
    return marts


def test_new_version_appears(api: Api, marts: Marts) -> None:
    tag = api.get("/data").headers["etag"]
    marts.publish(2, coins=coins_of(2, count=31))
    api.wait_for(2)
    answer = api.get("/data", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["meta"]["version"], body["pagination"]["total_items"], body["data"][0]["price_usd"]) == (2, 31, 2)


def test_a_version_of_the_same_number_is_another_one_after_a_restore(api: Api, marts: Marts) -> None:
    paths = ("/data", "/coins/c01", "/stats", "/changes", "/data?source=coingecko", "/data?start_date=2020-01-01")
    first = {path: api.get(path) for path in paths}
    walk = api.get("/data?limit=5").json()["pagination"]["next_cursor"]
    marts.execute("delete from ops.publications")
    marts.publish(1, coins=coins_of(9, count=31))
    eventually(lambda: api.get("/data").json()["pagination"]["total_items"] == 31, "the restored version is served")
    for path, before in first.items():
        if tag := before.headers.get("etag"):
            assert api.get(path, headers={"If-None-Match": tag}).status_code != 304, path
    assert api.get("/stats").json()["totals"]["coins"] == 31
    assert api.get("/data", params={"limit": 5, "cursor": walk}).json()["data"], "what was begun is walked to its end"


def test_new_version_appears_without_its_notification(api: Api, marts: Marts) -> None:
    marts.publish(2, coins=coins_of(2), notify=False)
    api.wait_for(2)


def test_a_version_that_is_not_committed_is_not_seen(api: Api, marts: Marts, empty: Warehouse) -> None:
    import psycopg2

    connection = psycopg2.connect(empty.url("transformer"))
    with connection.cursor() as cursor:
        cursor.execute("update marts.coins set price_usd = 99")
        cursor.execute("insert into ops.publications (version) values (99)")
        marts.publish(2, listings=[])
        api.wait_for(2)
        assert {row["price_usd"] for row in api.data(limit=100)["data"]} == {1}
    connection.rollback()
    connection.close()


def test_walk_by_cursor_stays_on_its_version(api: Api, marts: Marts) -> None:
    first = api.data(limit=10)
    marts.publish(2, coins=coins_of(2, count=5))
    api.wait_for(2)
    second = api.data(limit=10, cursor=first["pagination"]["next_cursor"])
    third = api.data(limit=10, cursor=second["pagination"]["next_cursor"])
    rows = [*first["data"], *second["data"], *third["data"]]
    assert [row["canonical_id"] for row in rows] == [f"c{number:02}" for number in range(30)]
    assert {row["price_usd"] for row in rows} == {1}
    assert {page["meta"]["version"] for page in (first, second, third)} == {1}
    assert third["pagination"]["next_cursor"] is None
    assert api.data()["meta"]["version"] == 2


def test_walk_ends_when_its_version_is_long_gone(api: Api, marts: Marts) -> None:
    cursor = api.data(limit=10)["pagination"]["next_cursor"]
    for version in range(2, 7):
        marts.publish(version, coins=coins_of(version))
        api.wait_for(version)
    answer = api.get("/data", params={"limit": 10, "cursor": cursor})
    assert answer.status_code == 410
    assert "version 1" in answer.json()["detail"]


def test_versions_are_never_mixed(api: Api, marts: Marts) -> None:
    """Readers hammer every view while versions are published: each answer is of one version, and says which."""
    listings = [listing("coingecko", f"c{number:02}", f"c{number:02}") for number in range(30)]
    marts.publish(2, coins=coins_of(2), listings=listings, quotes=quotes_of(2))
    api.wait_for(2)
    done = threading.Event()
    wrong: list[object] = []
    seen: set[int] = set()

    def read(parameters: dict[str, object]) -> None:
        while not done.is_set():
            body = api.data(limit=100, **parameters)
            version = body["meta"]["version"]
            seen.add(version)
            if {row["price_usd"] for row in body["data"]} != {version}:
                wrong.append((parameters, version, body["data"][:2]))

    readers = [
        threading.Thread(target=read, args=(parameters,))
        for parameters in ({}, {"sort": "-price_usd"}, {"source": "coingecko"}, {"fields": "price_usd"})
    ]
    for reader in readers:
        reader.start()
    for version in range(3, 13):
        marts.publish(version, coins=coins_of(version), quotes=quotes_of(version))
        api.wait_for(version)
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(seen) > 3


def quotes_of(version: int) -> list[dict[str, object]]:
    """A quote for each coin that tells its version."""
    return [
        quote("coingecko", f"c{number:02}", f"c{number:02}", NOON, price_usd=Decimal(version)) for number in range(30)
    ]


def test_totals_follow_the_version(api: Api, marts: Marts) -> None:
    marts.publish(2, listings=[listing("coingecko", "c00", "c00")], quotes=quotes_of(2)[:1])
    api.wait_for(2)
    assert api.data(source="coingecko")["pagination"]["total_items"] == 1
    assert api.get("/stats").json()["totals"] == {"coins": 30, "listings": 1, "quotes": 1, "articles": 0}
    listings = [listing("coingecko", f"c0{number}", f"c0{number}") for number in range(3)]
    marts.publish(3, listings=listings, quotes=quotes_of(3)[:3])
    api.wait_for(3)
    assert api.data(source="coingecko")["pagination"]["total_items"] == 3
    assert api.get("/stats").json()["totals"]["quotes"] == 3
