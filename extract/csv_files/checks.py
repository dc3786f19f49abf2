"""Whether a file's values can be true: what contradicts itself within a row, a coin or the whole file."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from extract.csv_files.bitcoin import ShiftEvidence
from extract.csv_files.coins import CoinReader
from extract.csv_files.dates import FIRST_DAY
from extract.csv_files.headers import Kind, Mapping
from extract.csv_files.legibility import Before, Doubt, Legibility
from extract.csv_files.peers import Closes, MonthlyCloses, contradictions
from extract.csv_files.reading import Quote, Style
from extract.csv_files.volumes import UnitEvidence

PRICES = ("price", "open", "high", "low", "close")
ALL_MONEY = frozenset({*PRICES, "volume", "market_cap"})
# Prices of one coin on one day do not differ so much; a lost decimal point makes them
LARGEST_RANGE = 500
# No coin has ever cost this many dollars
LARGEST_PRICE = Decimal(10) ** 8
# Files round differently: a close a little above the high is no contradiction
ROUNDING = Decimal("1.001")
MOST_ABSURD = 0.01
MOST_DISORDERED = 0.05
FEWEST_ROWS = 3
# Market cap / price is the number of coins, which does not change a thousandfold in a file
MOST_DECADES = 3
MOST_COINS = 5000
MOST_SUBDAILY = 0.1
# So many rows of each coin, none with a time, are a history whose dates went missing
MOST_ROWS_PER_COIN = 5

ABSURD = "a price that is thousands of times too large or small"
MISMATCH = "market cap and price contradict each other"
NOT_LOADED = frozenset({ABSURD, MISMATCH})


@dataclass(frozen=True)
class Verdict:
    """What may be taken over of a file: not these roles, and nothing if `refusal`, for the sake of the files `against`.

    With `is_withheld` its rows are kept in raw, and not believed. `fields` are those of which it says something.
    `supplies` has the usual decade of market cap / price of each coin, `closes` some of a history for later comparison.
    """

    doubts: tuple[Doubt, ...] = ()
    withheld: frozenset[str] = frozenset()
    refusal: Doubt | None = None
    against: frozenset[str] = frozenset()
    is_withheld: bool = False
    fields: frozenset[str] = frozenset()
    supplies: dict[tuple[object, object], int] = field(default_factory=dict[tuple[object, object], int])
    closes: Closes = field(default_factory=dict[str, dict[str, float]])


@dataclass
class _Findings:
    """What was counted over the rows of a file."""

    rows: int = 0
    rows_of_coins: int = 0
    """Those by which `coins` were told, which are no more than MOST_COINS."""
    absurd: int = 0
    disordered: int = 0
    priced: int = 0
    untimely: int = 0
    same_day: int = 0
    example: str = ""
    coins: set[tuple[object, object]] = field(default_factory=set[tuple[object, object]])
    legible: Legibility = field(default_factory=Legibility)
    units: UnitEvidence = field(default_factory=UnitEvidence)
    supplies: dict[tuple[object, object], Counter[int]] = field(
        default_factory=dict[tuple[object, object], Counter[int]]
    )


def row_flags(quote: Quote, supply: int | None = None) -> list[str]:
    """What is wrong with the prices of one row; `supply` is the usual decade of its coin's market cap / price."""
    flags = list(_order_flags(quote))
    prices = [value for role in PRICES if (value := quote.decimal(role)) and value > 0]
    if prices and (max(prices) > LARGEST_RANGE * min(prices) or max(prices) > LARGEST_PRICE):
        flags.append(ABSURD)
    own = _supply_decade(quote)
    if own is not None and supply is not None and abs(own - supply) >= MOST_DECADES:
        flags.append(MISMATCH)
    return flags


@dataclass(frozen=True)
class Claims:
    """How a file is read: what its columns mean, how it writes values, and how it says its coins."""

    mapping: Mapping
    kind: Kind
    style: Style
    coins: CoinReader


def judged(rows: Iterable[Quote], claims: Claims, others: dict[str, Closes], before: Before, now: datetime) -> Verdict:
    """Read all rows once and tell what of them can be trusted.

    `others` are the closes of other files, `before` is what the file's content says that stands.
    """
    found, shift, monthly = _Findings(), ShiftEvidence(), MonthlyCloses()
    last: tuple[tuple[object, object], date] | None = None
    for quote in rows:
        found.legible.add(quote)
        if quote.unusable:
            continue
        _count(found, quote, now)
        moment = quote.moment()
        if moment and claims.kind == "ohlcv":
            here = (quote.coin, moment.date())
            found.same_day += here == last
            last = here
            shift.add(quote.coin, moment.date(), quote.decimal("market_cap"), quote.decimal("close"))
            monthly.add(quote.coin, moment.date(), quote.decimal("close"))
    if refusal := _refusal(found, shift, claims):
        return Verdict(refusal=refusal)
    objections = tuple(found.legible.objections(claims.mapping, claims.style, before))
    if _contradictory(found):
        return Verdict((*objections, _price_doubt(found, all_rows=True)), ALL_MONEY, is_withheld=True)
    if objections:
        return Verdict(objections, is_withheld=True)
    if apart := dict(contradictions(monthly.closes, others)):
        return Verdict(refusal=Doubt("contradicts_file", ". ".join(apart.values())), against=frozenset(apart))
    supplies = {coin: decades.most_common(1)[0][0] for coin, decades in found.supplies.items()}
    is_history = claims.kind == "ohlcv"
    aside = dict(found.units.doubts(claims.mapping, is_history=is_history, is_of_exchange=claims.coins.is_of_exchange))
    return Verdict(
        (*_doubts(found, shift), *aside.values(), *found.legible.remarks(claims.mapping, claims.style, before)),
        frozenset(aside),
        fields=found.legible.fields,
        supplies=supplies if is_history else {},
        closes=monthly.closes,
    )


def _count(found: _Findings, quote: Quote, now: datetime) -> None:
    found.rows += 1
    flags = row_flags(quote)
    close = quote.decimal("close") or quote.decimal("price")
    moment = quote.moment()
    found.units.add(quote)
    if len(found.coins) < MOST_COINS:
        found.coins.add(quote.coin)
        found.rows_of_coins = found.rows
    found.priced += close is not None
    found.absurd += ABSURD in flags
    found.disordered += any(flag not in NOT_LOADED for flag in flags)
    if flags and not found.example:
        found.example = f"row {quote.number} has {flags[0]}"
    found.untimely += bool(moment and not FIRST_DAY <= moment <= now + timedelta(days=1))
    decade = _supply_decade(quote)
    if decade is not None and (quote.coin in found.supplies or len(found.supplies) < MOST_COINS):
        found.supplies.setdefault(quote.coin, Counter())[decade] += 1


def _refusal(found: _Findings, shift: ShiftEvidence, claims: Claims) -> Doubt | None:
    if "time" not in claims.mapping.matches and found.rows_of_coins > MOST_ROWS_PER_COIN * len(found.coins):
        return Doubt(
            "time_missing",
            f"the file has {found.rows_of_coins} rows of {len(found.coins)} coins, and no column for their time: "
            "add one, or rename one",
        )
    if found.same_day >= FEWEST_ROWS and found.same_day > MOST_SUBDAILY * found.rows:
        return Doubt(
            "not_daily",
            "the file has several rows of a coin for one day, and only daily history is read: "
            "bring it to one row a day",
        )
    told = shift.told()
    return Doubt("dates_shifted", told) if told else None


def _doubts(found: _Findings, shift: ShiftEvidence) -> Iterator[Doubt]:
    if found.absurd or found.disordered:
        yield _price_doubt(found, all_rows=False)
    if found.untimely:
        yield Doubt("dates_impossible", f"{found.untimely} rows are dated in the future, or before there was Bitcoin")
    if found.same_day:
        yield Doubt("days_repeated", f"{found.same_day} rows repeat the day of the row before")
    if doubt := shift.doubt():
        yield Doubt("market_caps_doubtful", doubt)


def _contradictory(found: _Findings) -> bool:
    """Whether so many prices are impossible that no number of the file can be trusted."""
    return (found.absurd >= FEWEST_ROWS and found.absurd > MOST_ABSURD * found.priced) or (
        found.disordered >= FEWEST_ROWS and found.disordered > MOST_DISORDERED * found.priced
    )


def _price_doubt(found: _Findings, *, all_rows: bool) -> Doubt:
    rows = max(found.absurd, found.disordered)
    told = f"prices contradict each other in {rows} of {found.priced} rows ({found.example})"
    if not all_rows:
        return Doubt("prices_flagged", f"{told}: these are flagged")
    return Doubt(
        "prices_contradictory",
        f"{told}: no number is taken over. Check that each column holds what its header says, and that no spreadsheet "
        "changed the numbers",
    )


def _order_flags(quote: Quote) -> Iterator[str]:
    high, low = quote.decimal("high"), quote.decimal("low")
    if high is not None and low is not None and high < low:
        yield "a high below its low"
        return
    for role in ("open", "close"):
        value = quote.decimal(role)
        if value is not None and value > 0 and (
            (high is not None and value > high * ROUNDING) or (low is not None and value * ROUNDING < low)
        ):  # fmt: skip
            yield f"{'an' if role == 'open' else 'a'} {role} outside of low to high"


def _supply_decade(quote: Quote) -> int | None:
    cap, price = quote.decimal("market_cap"), quote.decimal("close") or quote.decimal("price")
    return (cap / price).adjusted() if cap and price and cap > 0 and price > 0 else None
