"""`GET /data` as CSV, NDJSON, Parquet, Arrow: the same rows, every digit, however many."""

import contextlib
import csv
import io
import json
import re
import socket
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import httpx
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.lists.export import AT_ONCE
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.marts import NOON, Marts, coin, listing
from tests.api.serving import Api, eventually, serving

VIEWS: list[dict[str, str]] = [{}, {"source": "coingecko"}, {"start_date": "2026-01-01"}, {"source": "rss"}]
MEDIA_TYPES = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def rows_of(name: str, content: bytes) -> list[dict[str, Any]]:
    """What a file holds, by the library that people would read it with."""
    if name == "csv":
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    if name == "ndjson":
        return [json.loads(line, parse_float=Decimal) for line in content.splitlines()]
    file = io.BytesIO(content)
    return (pq.read_table(file) if name == "parquet" else pa.ipc.open_stream(file).read_all()).to_pylist()


def as_it_is(value: Any) -> Any:
    return value


def in_csv(value: Any) -> str:
    if value is None:
        return ""
    text = "|".join(cast("list[str]", value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and not isinstance(value, int | Decimal) else text


def in_arrow(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) and TIME.fullmatch(value) else value


@pytest.mark.parametrize("name", MEDIA_TYPES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_format_has_the_rows_of_json(market: Api, view: dict[str, str], name: str) -> None:
    page = market.get("/data", params={**view, "limit": 1000})
    expected = json.loads(page.text, parse_float=Decimal)["data"]
    answer = market.get("/data", params={**view, "format": name, "decimals": "exact"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(MEDIA_TYPES[name])
    assert answer.headers["content-disposition"].endswith(f'.{name}"')
    rows = rows_of(name, answer.content)
    assert len(rows) == len(expected) > 2
    convert: Callable[[Any], Any] = {"csv": in_csv, "ndjson": as_it_is}.get(name, in_arrow)
    for row, wanted in zip(rows, expected, strict=True):
        if name == "csv" and "price_usd" in wanted:
            for number in ("price_usd", "market_cap_usd", "confidence"):
                if wanted.get(number) is not None:
                    assert Decimal(row.pop(number)) == wanted.pop(number)
        assert row == {key: convert(value) for key, value in wanted.items() if key in row}


def test_accept_chooses_and_format_goes_before_it(market: Api) -> None:
    for name, media_type in MEDIA_TYPES.items():
        answer = market.get("/data", headers={"Accept": f"text/html;q=0.3, {media_type};q=0.9, */*;q=0.1"})
        assert answer.headers["content-type"].startswith(media_type), name
        assert market.get("/data?format=json", headers={"Accept": media_type}).json()["data"]
    for accept in (
        "*/*",
        "application/json",
        "application/*",
        "text/html,*/*;q=0.8",
        "text/csv;q=0.1, application/json",
    ):
        assert market.get("/data", headers={"Accept": accept}).headers["content-type"] == "application/json"
    for path in ("/data", "/data?source=coingecko"):
        refused = market.get(path, headers={"Accept": "image/png, text/html;q=nonsense"})
        assert refused.status_code == 406
        assert "text/csv" in refused.json()["detail"]


def test_formats_are_cached_apart(market: Api) -> None:
    tags = {
        market.get("/data", headers={"Accept": accept}).headers["etag"] for accept in ("*/*", *MEDIA_TYPES.values())
    }
    assert len(tags) == 5
    answer = market.get("/data?source=coingecko&format=csv")
    again = market.get("/data?source=coingecko&format=csv", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_filters_fields_and_decimals_apply(market: Api, name: str) -> None:
    query = {"symbol": "one", "fields": "name,price_usd", "decimals": "string", "format": name}
    rows = rows_of(name, market.get("/data", params=query).content)
    assert rows == [
        {"name": "Harmony", "price_usd": "0.0123"},
        {"name": "BigONE Token", "price_usd": "0.00000000001234"},
    ]


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_nothing_found_is_an_empty_file_with_its_columns(market: Api, name: str) -> None:
    for view in ({}, {"source": "coingecko"}):
        content = market.get("/data", params={**view, "symbol": "nosuch", "format": name}).content
        assert rows_of(name, content) == []
        assert name == "ndjson" or b"price_usd" in content


@pytest.mark.parametrize("view", ["limit=2", "limit=2&name=%D7%A2&offset=0", "source=coingecko&limit=2"])
@pytest.mark.parametrize("name", ["ndjson", "csv", "arrow"])
def test_a_page_in_another_format_links_to_the_next(market: Api, view: str, name: str) -> None:
    whole = [row["canonical_id"] for row in market.get(f"/data?{view}".replace("limit=2", "limit=100")).json()["data"]]
    url, seen = f"/data?{view}&format={name}", list[str]()
    while url:
        answer = market.get(url)
        seen += [row["canonical_id"] for row in rows_of(name, answer.content)]
        url = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == whole


def test_head_of_an_export_has_no_body(market: Api) -> None:
    answer = market.head("/data?start_date=2026-01-01&format=csv")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.fixture
def spreadsheet(empty: Warehouse, api_settings: Settings) -> Generator[Api]:
    """A market whose texts are formulas."""
    Marts(empty).publish(
        1,
        coins=[
            coin("a", name="=1+1", symbol="@SUM(A1)", percent_change_24h=Decimal("-1.5"), rank=1),
            coin("b", name='-2"', symbol="+3,4", rank=2),
            coin("c", name="plain", symbol="\tTAB", price_usd=Decimal("1e-60"), rank=3),
        ],
    )
    with serving(api_settings, lambda: empty.url("reader")) as api:
        api.wait_for(1)
        yield api


def test_cells_are_no_formulas(spreadsheet: Api) -> None:
    query = {"fields": "name,symbol,percent_change_24h", "format": "csv"}
    text = spreadsheet.get("/data", params=query).text
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1:] == [["'=1+1", "'@SUM(A1)", "-1.5"], ["'-2\"", "'+3,4", ""], ["plain", "'\tTAB", ""]]
    assert text.endswith("\r\n")


def test_numbers_too_fine_for_a_column_are_rounded_not_refused(spreadsheet: Api) -> None:
    content = spreadsheet.get("/data?format=parquet&fields=price_usd&decimals=exact").content
    assert rows_of("parquet", content)[2]["price_usd"] == 0
    for decimals in ("number", "string"):  # every digit, as text
        text = spreadsheet.get(f"/data?format=parquet&fields=price_usd&decimals={decimals}").content
        assert rows_of("parquet", text)[2]["price_usd"] == f"0.{'0' * 59}1"


QUOTES = 120_000


@pytest.fixture(scope="module")
def archive(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """Many quotes of one coin."""
    from tests.conftest import own_database

    with own_database(warehouse, api_settings) as own:
        marts = Marts(own)
        marts.publish(1, coins=[coin("btc", rank=1)], listings=[listing("coingecko", "bitcoin", "btc")])
        marts.execute(
            "insert into marts.coin_quotes (source, source_coin_id, observed_at, canonical_id, price_usd, fetched_at) "
            "select 'coingecko', 'bitcoin', timestamptz '2026-03-01 12:00Z' - n * interval '1 second', 'btc', n + 0.5, "
            "timestamptz '2026-03-01 12:00Z' "
            f"from generate_series(0, {QUOTES - 1}) as n"
        )
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(1)
            yield api


@pytest.mark.parametrize("name", ["csv", "arrow"])
def test_a_long_export_is_whole_and_memory_flat(archive: Api, name: str) -> None:
    """Read a little at a time; at no time is more than a few stretches in memory."""
    process = psutil.Process()
    with archive.stream("GET", f"/data?start_date=2026-01-01&fields=price_usd,observed_at&format={name}") as answer:
        parts = [next(pieces := answer.iter_bytes())]
        before = process.memory_info().rss
        parts += pieces
    size = sum(map(len, parts))
    assert process.memory_info().rss - before < size + 60 * 2**20
    rows = rows_of(name, b"".join(parts))
    assert len(rows) == QUOTES
    assert Decimal(str(rows[-1]["price_usd"])) == Decimal(QUOTES) - Decimal("0.5")
    last = NOON - timedelta(seconds=QUOTES - 1)
    assert rows[-1]["observed_at"] == (last if name == "arrow" else last.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_exports_that_nobody_reads_leave_room_for_everything_else(archive: Api) -> None:
    """Each holds a place until it is read or given up; the rest of the API does not notice."""
    uncompressed = {"Accept-Encoding": "identity"}  # and a small buffer on the way: what is not read is not sent
    narrow = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)])
    with contextlib.ExitStack() as held:
        slow = held.enter_context(httpx.Client(base_url=archive.base_url, transport=narrow, headers=uncompressed))
        for _ in range(AT_ONCE):
            answer = held.enter_context(slow.stream("GET", "/data?start_date=2026-01-01&format=ndjson"))
            assert answer.status_code == 200
        refused = archive.get("/data?start_date=2026-01-01&format=csv")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert archive.data(source="coingecko")["pagination"]["total_items"] == 1
        assert archive.data()["pagination"]["total_items"] == 1
    eventually(lambda: archive.get("/data?format=csv").status_code == 200, "their places are given back")
