"""The read model's selection agrees with the plain way of doing it, whatever the coins and the question."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.readmodel import COLUMNS, SORTABLE, Filters, numbers, select
from api.readmodel.snapshot import build

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LETTERS = st.text("abAB é", min_size=1, max_size=6)
AMOUNTS = st.none() | st.integers(0, 9).map(Decimal) | st.just(Decimal("0.00000000001234"))


@st.composite
def coin_rows(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for number in range(draw(st.integers(0, 25))):
        values = {
            "canonical_id": f"coin-{number:02}",
            "symbol": draw(LETTERS),
            "name": draw(LETTERS),
            "rank": draw(st.none() | st.integers(1, 9)),
            "price_usd": draw(AMOUNTS),
            "market_cap_usd": draw(AMOUNTS),
            "sources": ["coingecko"],
            "source_count": 1,
            "updated_at": draw(st.none() | st.just(NOW)),
        }
        rows.append(tuple(values.get(column) for column in COLUMNS))
    rank = COLUMNS.index("rank")
    return sorted(rows, key=lambda row: (row[rank] is None, row[rank] or 0, row[0]))


def expected(rows: list[tuple[Any, ...]], filters: Filters, sort: str) -> list[int]:
    """The same by brute force: filter, then sort by value with the missing ones last."""

    def of(number: int, column: str) -> Any:
        return rows[number][COLUMNS.index(column)]

    def keeps(number: int) -> bool:
        symbol, name = of(number, "symbol").casefold(), of(number, "name").casefold()
        cap = of(number, "market_cap_usd")
        low, high = filters.min_market_cap, filters.max_market_cap
        return (
            (filters.canonical_id is None or filters.canonical_id.casefold() == of(number, "canonical_id"))
            and (filters.symbol is None or filters.symbol.casefold() == symbol)
            and (filters.name is None or filters.name.casefold() in name)
            and (filters.search is None or filters.search.casefold() in symbol or filters.search.casefold() in name)
            and ((low is None and high is None) or cap is not None)
            and (low is None or cap >= low)
            and (high is None or cap <= high)
        )

    column = sort.removeprefix("-")
    kept = [number for number in range(len(rows)) if keeps(number)]
    present = [number for number in kept if of(number, column) is not None]
    absent = [number for number in kept if of(number, column) is None]

    def key(number: int) -> Any:
        value = of(number, column)
        return value.casefold() if column in ("symbol", "name") else value

    return sorted(present, key=key, reverse=sort.startswith("-")) + absent


@given(
    rows=coin_rows(),
    filters=st.builds(
        Filters,
        canonical_id=st.none() | st.sampled_from(["coin-03", "COIN-04", "nothing"]),
        symbol=st.none() | LETTERS,
        name=st.none() | LETTERS,
        search=st.none() | LETTERS,
        min_market_cap=st.none() | st.integers(0, 9).map(Decimal),
        max_market_cap=st.none() | st.integers(0, 9).map(Decimal),
    ),
    sort=st.sampled_from([*SORTABLE, *(f"-{column}" for column in SORTABLE)]),
    offset=st.integers(0, 12),
    limit=st.integers(1, 12),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_selection_is_what_brute_force_finds(
    rows: list[tuple[Any, ...]], filters: Filters, sort: str, offset: int, limit: int
) -> None:
    whole = expected(rows, filters, sort)
    page = select(build(1, NOW, rows, None), filters, sort, offset, limit)
    assert (page.rows, page.total) == (whole[offset : offset + limit], len(whole))


def test_large_selections_take_the_same_way_out() -> None:
    """Past the sizes where the quick ways end, the pages still tile the whole in order."""
    rows: list[tuple[Any, ...]] = []
    for number in range(6000):
        values: dict[str, Any] = {
            "canonical_id": f"c{number}",
            "symbol": "S",
            "name": f"coin {number % 7}",
            "rank": number + 1,
            "price_usd": Decimal((number * 7919) % 5003),
            "market_cap_usd": Decimal(number % 1000),
            "sources": ["coingecko"],
        }
        rows.append(tuple(values.get(column) for column in COLUMNS))
    snapshot = build(1, NOW, rows, None)
    for filters in (
        Filters(name="coin"),
        Filters(min_market_cap=Decimal(900)),
        Filters(search="c", max_market_cap=Decimal(9)),
    ):
        whole = expected(rows, filters, "-price_usd")
        for offset in (0, 300, numbers.FEW - 50, len(whole) - 20, len(whole) + 5):
            page = select(snapshot, filters, "-price_usd", max(0, offset), 100)
            assert page.total == len(whole)
            assert page.rows == whole[max(0, offset) : max(0, offset) + 100]
