"""Exports open in pandas, polars and DuckDB as they come: with numbers, each column of one type on every page."""
# pyarrow's schema is typed for fields of any kind:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import io
from collections.abc import Generator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.marts import NOON, Marts, coin, listing, quote
from tests.api.serving import Api, serving

PRICES = [Decimal("64231.12"), None, Decimal("0.00000000001234"), Decimal("0.0000000000004206931751298715")]
CAPS = [Decimal("1260000000000.5"), Decimal(0), None, Decimal("17.25")]
VIEWS = ["/data?", "/data?source=coingecko", "/data?start_date=2026-01-01", "/coins/c0/history?interval=raw"]


@pytest.fixture(scope="module")
def market(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """A market with numbers as real ones have them: up to 28 places, in one column with those of five digits before."""
    from tests.conftest import own_database

    ids = [f"c{number}" for number in range(4)]
    numbers = [{"price_usd": price, "market_cap_usd": cap} for price, cap in zip(PRICES, CAPS, strict=True)]
    with own_database(warehouse, api_settings) as own:
        Marts(own).publish(
            1,
            coins=[coin(name, rank=place + 1, **numbers[place]) for place, name in enumerate(ids)],
            listings=[listing("coingecko", name, name) for name in ids],
            quotes=[
                *[quote("coingecko", name, name, NOON, **numbers[place]) for place, name in enumerate(ids)],
                quote("coingecko", "c0", "c0", NOON - timedelta(hours=1), price_usd=Decimal("NaN")),
            ],
        )
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(1)
            yield api


def table(content: bytes) -> pa.Table:
    return pa.ipc.open_stream(io.BytesIO(content)).read_all()


@pytest.mark.parametrize("view", VIEWS)
def test_pandas_polars_and_duckdb_read_the_same_numbers(market: Api, view: str, tmp_path: Path) -> None:
    parquet = tmp_path / "export.parquet"
    parquet.write_bytes(market.get(f"{view}&format=parquet").content)
    arrow = table(market.get(f"{view}&format=arrow").content)
    expected: Any = arrow.column("price_usd").to_pylist()
    assert [value for value in expected if value is not None]
    assert pq.read_table(parquet).column("price_usd").to_pylist() == expected
    for frame in (pl.read_parquet(parquet), pl.from_arrow(arrow)):
        assert isinstance(frame, pl.DataFrame)
        assert frame["price_usd"].to_list() == expected
        assert frame["price_usd"].dtype.is_numeric()
    for source in (f"'{parquet}'", "arrow"):
        rows = duckdb.sql(f"select price_usd, typeof(price_usd) from {source}").fetchall()
        assert ([row[0] for row in rows], {row[1].partition("(")[0] for row in rows}) == (expected, {"DECIMAL"})
    assert list(pd.read_parquet(parquet)["price_usd"]) == expected


@pytest.mark.parametrize("view", VIEWS)
def test_doubles_are_what_pandas_describes(market: Api, view: str) -> None:
    content = market.get(f"{view}&format=parquet&decimals=float").content
    described = pd.read_parquet(io.BytesIO(content)).describe()
    assert {"price_usd", "market_cap_usd"} <= set(described.columns)
    assert described.loc["max", "price_usd"] == 64231.12


def test_a_columns_type_is_that_of_all_rows_not_of_the_page(market: Api) -> None:
    for view in ("/data?", "/data?source=coingecko", "/data?start_date=2026-01-01"):
        url, types = f"{view}&limit=1&format=arrow", list[str]()
        while url:
            answer = market.get(url)
            types.append(str(table(answer.content).schema.field("price_usd").type))
            url = answer.links["next"]["url"] if "next" in answer.links else ""
        assert len(types) >= 4
        assert set(types) == {"decimal128(38, 30)"}
        whole = table(market.get(f"{view}&format=arrow").content).schema
        assert str(whole.field("price_usd").type) == types[0]
        assert str(whole.field("market_cap_usd").type) == "decimal128(38, 18)"


@pytest.mark.parametrize(
    ("decimals", "kind"),
    [("string", "string"), ("float", "double"), ("exact", "decimal256(76, 38)"), ("number", "decimal128(38, 30)")],
)
def test_decimals_chooses_the_type(market: Api, decimals: str, kind: str) -> None:
    for view in VIEWS[:3]:
        schema = table(market.get(f"{view}&format=arrow&decimals={decimals}").content).schema
        assert str(schema.field("price_usd").type) == kind


@pytest.mark.parametrize("view", ["/data?", "/data?source=coingecko", "/coins/c3?"])
def test_decimals_are_the_same_choice_in_every_format(market: Api, view: str) -> None:
    texts = {
        "number": '"price_usd":0.0000000000004206931751298715',
        "exact": '"price_usd":0.0000000000004206931751298715',
        "string": '"price_usd":"0.0000000000004206931751298715"',
        "float": '"price_usd":0.0000000000004206931751298715',
    }
    for decimals, text in texts.items():
        assert text in market.get(f"{view}&decimals={decimals}").text, decimals
        if view.startswith("/data"):
            assert text in market.get(f"{view}&decimals={decimals}&format=ndjson").text, decimals
            assert "64231.12" in market.get(f"{view}&decimals={decimals}&format=csv").text, decimals
