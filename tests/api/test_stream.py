"""`GET /stream`: one event on each publication, whoever comes back misses none."""

import asyncio
import contextlib
import json
from collections.abc import Generator, Iterator
from typing import Any

import httpx
import pytest

from api.stream import routes
from tests.api.marts import Marts, coin
from tests.api.serving import Api, eventually


def events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """The events of a stream, as a browser understands them; a comment is one with the key `comment`."""
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            event[name or "comment"] = value.strip()
        elif event:
            yield event
            event = {}


def version_of(event: dict[str, str]) -> int:
    version, _, _ = event["id"].partition("-")
    assert json.loads(event["data"])["version"] == int(version)
    return int(version)


@contextlib.contextmanager
def stream(api: Api, **headers: str) -> Generator[Iterator[dict[str, str]]]:
    with api.stream("GET", "/stream", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        found = events(answer)
        assert "retry" in next(found)
        yield found


def test_each_publication_is_an_event_once_it_is_served(api: Api, marts: Marts) -> None:
    with stream(api) as found:
        for version in (2, 3):
            marts.publish(version, coins=[coin("btc"), coin("eth")])
            event = next(found)
            assert (event["event"], event["id"].split("-")[0]) == ("publication", str(version))
            data: dict[str, Any] = json.loads(event["data"])
            assert (data["version"], data["changes"]) == (version, {})
            assert data["published_at"].endswith("Z")
            assert api.data()["meta"]["version"] >= version


def test_who_comes_back_misses_none(api: Api, marts: Marts) -> None:
    for version in (2, 3, 4):
        marts.publish(version)
    api.wait_for(4)
    with stream(api, **{"Last-Event-ID": "2"}) as found:
        ids = [next(found)["id"] for _ in range(2)]
        assert [each.split("-")[0] for each in ids] == ["3", "4"]
        marts.publish(5)
        assert version_of(next(found)) == 5
    with stream(api, **{"Last-Event-ID": ids[0]}) as found:
        assert [version_of(next(found)) for _ in range(2)] == [4, 5]


@pytest.mark.parametrize("of_another", ["99", "99-1a2b3c4d", "4-00000000"])
def test_who_comes_back_to_a_restored_warehouse_is_told(api: Api, marts: Marts, of_another: str) -> None:
    for version in (2, 3, 4):
        marts.publish(version)
    api.wait_for(4)
    with stream(api, **{"Last-Event-ID": of_another}) as found:
        restored = next(found)
        assert (restored["event"], version_of(restored)) == ("restored", 4)
        marts.publish(5)
        assert version_of(next(found)) == 5


def test_who_listens_while_a_backup_is_restored_is_told(api: Api, marts: Marts) -> None:
    marts.publish(2)
    api.wait_for(2)
    with stream(api) as found:
        marts.execute("update ops.publications set publication_id = gen_random_uuid()")
        restored = next(event for event in found if event["event"] == "restored")
        assert version_of(restored) == 2
        assert json.loads(restored["data"])["publication"] == restored["id"]
        marts.publish(3)
        assert version_of(next(found)) == 3


def test_says_when_it_does_not_remember_that_far_back(api: Api, marts: Marts) -> None:
    for version in (50, 51):
        marts.publish(version)
    api.wait_for(51)
    while api.context.keeper.feed.oldest < 50:
        api.context.keeper.feed._known.popleft()  # pyright: ignore[reportPrivateUsage]
    with stream(api, **{"Last-Event-ID": "1"}) as found:
        gap = next(found)
        assert (gap["event"], json.loads(gap["data"])) == ("gap", {"after": 1, "next": 50})
        assert version_of(next(found)) == 50


def test_a_quiet_stream_is_kept_open(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "HEARTBEAT_SECONDS", 0.05)
    with stream(api) as found:
        assert "comment" in next(found)
        assert "comment" in next(found)


@pytest.mark.parametrize("given", ["x", "-1", "1.5", "9" * 30, ""])
def test_an_id_that_is_none_is_refused(api: Api, given: str) -> None:
    answer = api.get("/stream", headers={"Last-Event-ID": given})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Last-Event-ID"


def test_streams_that_come_at_once_are_bounded(api: Api) -> None:
    """Each is counted when it is let in, not when its first event is sent."""

    async def ask() -> list[int]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=api.base_url, limits=limits, timeout=60, trust_env=False) as client:

            async def one() -> int:
                request = client.build_request("GET", "/stream")
                answers.append(await client.send(request, stream=True))
                return answers[-1].status_code

            answers: list[httpx.Response] = []
            statuses = await asyncio.gather(*[one() for _ in range(100)])
            for answer in answers:
                await answer.aclose()
            return statuses

    statuses = asyncio.run(ask())
    assert (statuses.count(200), statuses.count(429)) == (routes.MOST_OF_A_CLIENT, 100 - routes.MOST_OF_A_CLIENT)
    eventually(lambda: api.head("/stream").status_code == 200, "their places are given back")


def test_streams_of_one_network_are_of_one_client(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST_OF_A_CLIENT", 1)
    with stream(api, **{"X-Forwarded-For": "2001:db8::1"}):
        assert api.head("/stream", headers={"X-Forwarded-For": "2001:db8::2"}).status_code == 429
        assert api.head("/stream", headers={"X-Forwarded-For": "2001:db8:0:1::2"}).status_code == 200


def test_streams_are_bounded_and_given_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST_OF_A_CLIENT", 3)
    with contextlib.ExitStack() as held:
        for _ in range(3):
            held.enter_context(stream(api))
        refused = api.get("/stream")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert api.head("/stream").status_code == 429
        assert api.data()["data"]
    eventually(lambda: api.head("/stream").status_code == 200, "their places are given back")
    monkeypatch.setattr(routes, "MOST_STREAMS", 0)
    assert api.get("/stream").status_code == 503
