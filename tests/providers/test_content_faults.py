"""Faults in rows, fields and feeds."""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from providers.faults import Plan, Rule
from providers.faults.feeds import BadDates, EntityBomb, ExternalEntity, HtmlTitles, HugeFeed, ScriptLinks
from providers.faults.fields import NONSENSE, DropField, Garbage, RenameField, RetypeField, SetField
from providers.faults.plan import Fault
from providers.faults.rows import Duplicates, FewerRows, PageShift, Shuffled
from providers.stand_in import StandIn


def put(stand_in: StandIn, *faults: Fault, **where: Any) -> None:
    """Let one fault after the other befall matching requests."""
    stand_in.faults = Plan([Rule(fault=fault, nth=number, **where) for number, fault in enumerate(faults, 1)])


def page(client: requests.Session, stand_in: StandIn, number: int = 1) -> list[dict[str, Any]]:
    query: dict[str, str | int] = {"vs_currency": "usd", "page": number}
    return client.get(f"{stand_in.coingecko_url}/coins/markets", params=query, timeout=10).json()


def tickers(client: requests.Session, stand_in: StandIn) -> list[dict[str, Any]]:
    return client.get(f"{stand_in.coinpaprika_url}/tickers", timeout=10).json()


def ids(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_pages_that_shift_and_rows_that_repeat(stand_in: StandIn, client: requests.Session) -> None:
    one, two, three = (ids(page(client, stand_in, number)) for number in (1, 2, 3))
    put(stand_in, PageShift(rows=5), PageShift(rows=-5), Duplicates(rows=5), query={"page": "2"})
    assert ids(page(client, stand_in, 2)) == two[5:] + three[:5]
    assert ids(page(client, stand_in, 2)) == one[-5:] + two[:-5]
    assert ids(page(client, stand_in, 2)) == one[-5:] + two
    put(stand_in, PageShift(rows=-5), Duplicates(rows=5), Shuffled())
    assert ids(page(client, stand_in)) == one
    assert ids(page(client, stand_in)) == one[:5] + one
    shuffled = ids(page(client, stand_in))
    assert shuffled != one and sorted(shuffled) == sorted(one)


def test_fewer_rows_over_all_pages(stand_in: StandIn, client: requests.Session) -> None:
    one, two = (ids(page(client, stand_in, number)) for number in (1, 2))
    stand_in.faults = Plan([Rule(fault=FewerRows())])
    assert ids(page(client, stand_in, 1)) == one
    assert ids(page(client, stand_in, 2)) == two[:60]
    assert ids(page(client, stand_in, 3)) == []
    assert len(tickers(client, stand_in)) == 320 * 3 // 5 // 2


def test_what_was_spoilt_is_sent_again_when_it_is_good(stand_in: StandIn, client: requests.Session) -> None:
    url = f"{stand_in.coingecko_url}/coins/markets?vs_currency=usd"
    tag = client.get(url, timeout=10).headers["ETag"]
    put(stand_in, DropField(field="symbol"))
    spoilt = client.get(url, headers={"If-None-Match": tag}, timeout=10)
    assert spoilt.status_code == 200 and "symbol" not in spoilt.json()[0]
    assert "ETag" not in spoilt.headers
    assert client.get(url, headers={"If-None-Match": tag}, timeout=10).status_code == 304


@pytest.mark.parametrize("what", NONSENSE)
def test_garbage_reaches_the_client_as_it_is(stand_in: StandIn, client: requests.Session, what: Any) -> None:
    put(stand_in, Garbage(field="quotes.USD.price", what=what, ids=("eth-ethereum",)))
    reply = client.get(f"{stand_in.coinpaprika_url}/tickers", timeout=10)
    prices = {
        row["id"]: row["quotes"]["USD"]["price"] for row in json.loads(reply.text, parse_float=str, parse_constant=str)
    }
    sent, wanted = prices.pop("eth-ethereum"), NONSENSE[what]
    assert str(sent) == str(wanted)
    assert str(wanted) not in map(str, prices.values()) or what == "zero"
    assert ("NaN" in reply.text) == (what == "nan")


def test_a_share_of_the_rows(stand_in: StandIn, client: requests.Session) -> None:
    put(stand_in, Garbage(field="symbol", what="null", share=0.3))
    blank = sum(row["symbol"] is None for row in page(client, stand_in))
    assert 10 < blank < 55


def test_drift_renames_retypes_drops_and_adds(stand_in: StandIn, client: requests.Session) -> None:
    honest = page(client, stand_in)
    put(
        stand_in,
        RenameField(field="current_price", to="price"),
        RetypeField(field="market_cap"),
        DropField(field="name"),
        SetField(field="score", value=7),
    )
    renamed, retyped, dropped, added = (page(client, stand_in) for _ in range(4))
    assert [row["price"] for row in renamed] == [row["current_price"] for row in honest]
    assert "current_price" not in renamed[0]
    assert retyped[0]["market_cap"] == f"{honest[0]['market_cap']:,}"
    assert all("name" not in row for row in dropped)
    assert {row["score"] for row in added} == {7}
    assert page(client, stand_in) == honest


def test_nested_drift_and_untouched_numbers(stand_in: StandIn, client: requests.Session) -> None:
    honest = client.get(f"{stand_in.coinpaprika_url}/tickers", timeout=10).text
    put(
        stand_in,
        RenameField(field="quotes.USD.price", to="last"),
        SetField(field="new.deep", value=1),
        RetypeField(field="quotes.USD.price"),
    )
    assert all("last" in row["quotes"]["USD"] for row in tickers(client, stand_in))
    unchanged = client.get(f"{stand_in.coinpaprika_url}/tickers", timeout=10).text
    assert json.loads(unchanged, parse_float=float) == json.loads(honest, parse_float=float)
    assert isinstance(tickers(client, stand_in)[0]["quotes"]["USD"]["price"], str)


@pytest.mark.parametrize("name", ["tape", "notes"])
def test_feeds_that_attack(stand_in: StandIn, client: requests.Session, name: str) -> None:
    put(
        stand_in,
        EntityBomb(levels=2),
        ExternalEntity(),
        BadDates(),
        ScriptLinks(),
        HtmlTitles(),
        HugeFeed(articles=500),
    )
    bomb, outside, dates, links, titles, huge = (client.get(stand_in.rss_url(name), timeout=10) for _ in range(6))
    assert "lol" * 100 in "".join(ElementTree.fromstring(bomb.content).itertext())
    assert 'SYSTEM "file:///etc/passwd"' in outside.text and "<title>&outside;</title>" in outside.text
    assert dates.text.count("32 Foo") >= 30
    assert links.text.count("javascript:") == 30
    assert titles.text.count("onerror") == 30
    articles = [node for node in ElementTree.fromstring(huge.content).iter() if node.tag.endswith(("guid", "}id"))]
    assert len({article.text for article in articles}) >= 530
    assert "ETag" not in links.headers


def test_a_spoilt_feed_leaves_no_validators_and_comes_in_spite_of_them(
    stand_in: StandIn, client: requests.Session
) -> None:
    tag = client.get(stand_in.rss_url("tape"), timeout=10).headers["ETag"]
    put(stand_in, ScriptLinks())
    assert client.get(stand_in.rss_url("tape"), headers={"If-None-Match": tag}, timeout=10).status_code == 200
    assert client.get(stand_in.rss_url("tape"), headers={"If-None-Match": tag}, timeout=10).status_code == 304
