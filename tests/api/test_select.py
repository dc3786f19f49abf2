"""The read model's selection agrees with the plain way of doing it, whatever the coins and the question."""

import gc
import weakref
from array import array
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.readmodel import COLUMNS, SORTABLE, Filters, Page, Snapshot, Texts, select
from api.readmodel.numbers import code
from api.readmodel.queries import Publication
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
            "status": draw(st.sampled_from(["active", "inactive"])),
            "price_usd": draw(AMOUNTS),
            "market_cap_usd": draw(AMOUNTS),
            "sources": ["coingecko"],
            "source_count": 1,
            "updated_at": draw(st.none() | st.just(NOW)),
        }
        rows.append(tuple(values.get(column) for column in COLUMNS))
    rank = COLUMNS.index("rank")
    return sorted(rows, key=lambda row: (row[rank] is None, row[rank] or 0, row[0]))


def expected(rows: list[tuple[Any, ...]], filters: Filters, sort: str) -> list[str]:
    """The ids of the same by brute force: filter, then sort by value with the missing ones last."""
    texts = filters.texts

    def of(number: int, column: str) -> Any:
        return rows[number][COLUMNS.index(column)]

    def keeps(number: int) -> bool:
        symbol, name = of(number, "symbol").casefold(), of(number, "name").casefold()
        cap = of(number, "market_cap_usd")
        low, high = filters.min_market_cap, filters.max_market_cap
        return (
            (texts.canonical_id is None or texts.canonical_id.casefold() == of(number, "canonical_id"))
            and (texts.symbol is None or texts.symbol.casefold() == symbol)
            and (texts.name is None or texts.name.casefold() in name)
            and (texts.search is None or texts.search.casefold() in symbol or texts.search.casefold() in name)
            and ((low is None and high is None) or cap is not None)
            and (low is None or cap >= low)
            and (high is None or cap <= high)
            and filters.status in (None, of(number, "status"))
            and filters.priced in (None, of(number, "price_usd") is not None)
        )

    column = sort.removeprefix("-")
    kept = [number for number in range(len(rows)) if keeps(number)]
    present = [number for number in kept if of(number, column) is not None]
    absent = [number for number in kept if of(number, column) is None]

    def key(number: int) -> Any:
        value = of(number, column)
        return value.casefold() if column in ("symbol", "name") else value

    def is_dead(number: int) -> bool:
        return of(number, "status") != "active" or of(number, "price_usd") is None

    ordered = sorted(present, key=key, reverse=sort.startswith("-")) + sorted(absent, key=is_dead)
    return [of(number, "canonical_id") for number in ordered]


def ids(snapshot: Snapshot, page: Page) -> list[str]:
    """The ids on a page."""
    return [snapshot.read(number)[0] for number in page.coins]


@given(
    rows=coin_rows(),
    filters=st.builds(
        Filters,
        texts=st.builds(
            Texts,
            canonical_id=st.none() | st.sampled_from(["coin-03", "COIN-04", "nothing"]),
            symbol=st.none() | LETTERS,
            name=st.none() | LETTERS,
            search=st.none() | LETTERS,
        ),
        min_market_cap=st.none() | st.integers(0, 9).map(Decimal),
        max_market_cap=st.none() | st.integers(0, 9).map(Decimal),
        status=st.none() | st.sampled_from(["active", "inactive"]),
        priced=st.none() | st.booleans(),
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
    snapshot = build(Publication(1, NOW, "1-1a2b3c4d"), rows, None)
    page = select(snapshot, filters, sort, offset, limit)
    assert (ids(snapshot, page), page.total) == (whole[offset : offset + limit], len(whole))


@pytest.fixture(scope="module")
def many() -> list[tuple[Any, ...]]:
    """So many coins that none of the ways to a page is left out; a third has no market cap."""
    rows: list[tuple[Any, ...]] = []
    for number in range(2400):
        values: dict[str, Any] = {
            "canonical_id": f"c{number}",
            "symbol": "S" if number % 2 else f"T{number % 900}",
            "name": f"{'early' if number < 1200 else 'late'} coin {number % 7}",
            "rank": number + 1,
            "price_usd": Decimal((number * 7919) % 5003) if number % 11 else None,
            "status": "inactive" if number % 5 == 2 else "active",
            "market_cap_usd": Decimal(number % 800) if number % 3 else None,
            "sources": ["coingecko"],
        }
        rows.append(tuple(values.get(column) for column in COLUMNS))
    return rows


FILTERS = [
    Filters(texts, low, high, *state)
    for state in ((None, None), ("active", True), ("inactive", None))
    for texts in (
        Texts(), Texts(name="coin"), Texts(name="late"), Texts(name="n 3"), Texts(search="s"), Texts(search="t12"),
        Texts(name="ly", search="coin 4"), Texts(symbol="s"), Texts(symbol="s", name="late"), Texts(canonical_id="c7"),
    )
    for low, high in ((None, None), (Decimal(600), None), (None, Decimal(9)), (Decimal(10), Decimal(700)))
]  # fmt: skip


@pytest.mark.parametrize("sort", ["rank", "-rank", "name", "-price_usd", "market_cap_usd", "-market_cap_usd"])
def test_every_way_to_a_page_leads_to_the_same_one(many: list[tuple[Any, ...]], sort: str) -> None:
    """Where what is asked for stands together in the order, and where it is scattered; first pages and last ones."""
    snapshot = build(Publication(1, NOW, "1-1a2b3c4d"), many, None)
    for filters in FILTERS:
        whole = expected(many, filters, sort)
        for offset in (0, 30, 500, len(whole) // 2, max(0, len(whole) - 20), len(whole), len(whole) + 5):
            page = select(snapshot, filters, sort, offset, 100)
            assert (ids(snapshot, page), page.total) == (whole[offset : offset + 100], len(whole)), (filters, offset)


def test_a_version_that_is_kept_no_longer_is_gone(many: list[tuple[Any, ...]]) -> None:
    """Nothing of it refers to itself, so memory does not wait for a look for cycles."""
    snapshot = build(Publication(1, NOW, "1-1a2b3c4d"), many, None)
    for texts in (Texts(name="coin"), Texts(name="ly", search="coin 4"), Texts(symbol="s")):
        select(snapshot, Filters(texts), "name", 0, 100)
    names = weakref.ref(snapshot.names)
    gc.disable()
    try:
        del snapshot
        assert names() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("coins", [1, 2**16, 2**16 + 1])
def test_numbers_of_all_coins_fit(coins: int) -> None:
    assert list(array(code(coins), [coins - 1])) == [coins - 1]
