"""From a file's headers to our fields: by exact name, by alias, then by similarity with a stated confidence."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Reasons
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from rapidfuzz.distance import OSA

Kind = Literal["snapshot", "ohlcv"]
How = Literal["name", "alias", "similarity", "values"]

ALIASES = Path(__file__).with_name("aliases.toml")
# One edit in a word of five letters; shorter words differ too little from others ("low" and "flow")
LEAST_SIMILARITY = 0.8
SHORTEST_SIMILAR = 5
# A table of quotes has a few dozen columns; in one of thousands, everything resembles something
MOST_SIMILAR = 100
# The runner-up must be clearly behind
LEAST_LEAD = 0.05
ALIAS_CONFIDENCE = 0.95
DOLLAR_WORDS = frozenset({"usd", "us", "dollar", "dollars", "usdt", "usdc", "busd"})
OTHER_CURRENCIES = frozenset(
    "aed ars aud bdt bhd bmd brl btc cad chf clp cny czk dkk eth eur euro gbp hkd huf idr ils inr jpy krw kwd lkr mmk "
    "mxn myr ngn nok nzd php pkr pln rub sar sats satoshi sek sgd thb try twd uah vef vnd xdr yen yuan zar".split()
)
SYMBOLS = str.maketrans(
    {"$": " usd ", "%": " percent ", "#": " rank ", "€": " eur ", "£": " gbp ", "¥": " jpy ", "₿": " btc "}
)
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
WORDS = re.compile(r"[^\W_]+")
DIGITS = re.compile(r"\d+")

COLUMNS: dict[Kind, dict[str, str]] = {
    "snapshot": {
        "symbol": "symbol",
        "name": "name",
        "time": "observed_at",
        "price": "price_usd",
        "volume": "volume_24h_usd",
        "market_cap": "market_cap_usd",
        "percent_change_24h": "percent_change_24h",
        "circulating_supply": "circulating_supply",
        "rank": "rank",
    },
    "ohlcv": {
        "symbol": "symbol",
        "name": "name",
        "time": "date",
        "open": "open_usd",
        "high": "high_usd",
        "low": "low_usd",
        "close": "close_usd",
        "volume": "volume_usd",
        "market_cap": "market_cap_usd",
    },
}
NOT_NUMBERS = frozenset({"symbol", "name", "time"})
MONEY = frozenset({"price", "open", "high", "low", "close", "volume", "market_cap"})
# What a column is called that says, row by row, in what money the others are; and one of an exchange's pairs
CURRENCY_HEADERS = frozenset(
    "currency currencyname currencycode currencysymbol quote quotecurrency quoteasset quotesymbol quotecoin vs "
    "vscurrency pricecurrency priceunit unit convert convertcurrency counter countercurrency countercoin tsym".split()
)
PAIR_HEADERS = frozenset(
    "pair market marketpair tradingpair currencypair coinpair instrument instid product productid symbolpair".split()
)


@dataclass(frozen=True)
class Match:
    """The column that holds a field, and how sure that is."""

    column: int
    header: str
    how: How
    confidence: float
    says_dollar: bool


@dataclass(frozen=True)
class Mapping:
    """A file's fields by role (`symbol`, `time`, `close` …), and what was left open, in plain words.

    `currencies` and `pairs` are columns that may say in what money a row is. `elsewhere` has the headers, with their
    currency, of money that the file has in another currency only.
    """

    headers: tuple[str, ...]
    matches: dict[str, Match]
    doubts: tuple[str, ...]
    currencies: tuple[int, ...] = ()
    pairs: tuple[int, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> Kind | None:
        """What the columns make: daily history, a snapshot of quotes, or neither."""
        if not self.matches.keys() & {"symbol", "name"}:
            return None
        if self.matches.keys() >= {"time", "close"}:
            return "ohlcv"
        return "snapshot" if "price" in self.matches else None

    @property
    def missing(self) -> str:
        """What a file without a kind lacks."""
        wanted: list[str] = []
        if not self.matches.keys() & {"symbol", "name"}:
            wanted.append("a column for the coin (symbol or name)")
        if not self.matches.keys() & {"price", "close"}:
            wanted.append("a column for the price (price, or close)")
        elif "price" not in self.matches and "time" not in self.matches:
            wanted.append("a column for the date")
        return " and ".join(wanted)

    @property
    def columns(self) -> dict[str, int]:
        """The column number of each role that the kind of file has."""
        roles = COLUMNS[self.kind] if self.kind else {}
        return {role: match.column for role, match in self.matches.items() if role in roles}


@dataclass(frozen=True)
class _Header:
    column: int
    text: str
    key: str
    currency: str | None
    says_dollar: bool


@cache
def aliases() -> dict[str, tuple[str, ...]]:
    """The normalised aliases of each role, its own name first."""
    with ALIASES.open("rb") as file:
        return {role: tuple(_words(each)[0] for each in names) for role, names in tomllib.load(file).items()}


def mapped(headers: Sequence[str], without: Reasons[int, str] | None = None) -> Mapping:
    """Map headers to roles; each role gets one column at most, and each column one role.

    Columns `without` are no fields, for the reasons given.
    """
    read = [_read(column, header) for column, header in enumerate(headers)]
    known = {alias for names in aliases().values() for alias in names}
    doubts = [
        f'"{header.text}" is in {header.currency.upper()}, not in US dollars'
        for header in read
        if header.currency and header.key in known
    ]
    doubts += (without or {}).values()
    usable = [header for header in read if header.key and not header.currency and header.column not in (without or {})]
    matches: dict[str, Match] = {}
    for role, names in aliases().items():
        fitting = sorted((header for header in usable if header.key in names), key=lambda each: names.index(each.key))
        if fitting:
            first, *others = fitting
            by_name = first.key == names[0]
            matches[role] = _match(first, "name" if by_name else "alias", 1.0 if by_name else ALIAS_CONFIDENCE)
            doubts += [
                f'several columns fit {role}: "{first.text}" (column {first.column + 1}) is taken, '
                f'"{other.text}" (column {other.column + 1}) is kept aside'
                for other in others
            ]
    left = [header for header in usable if header.key not in known]
    matches |= _similar(left[:MOST_SIMILAR], aliases().keys() - matches.keys())
    if "close" not in matches and "price" in matches and matches.keys() >= {"time", "open", "high", "low"}:
        matches["close"] = matches.pop("price")
    return Mapping(
        tuple(headers),
        matches,
        tuple(doubts),
        tuple(header.column for header in read if header.key in CURRENCY_HEADERS),
        tuple(header.column for header in read if header.key in PAIR_HEADERS),
        tuple(_elsewhere(read, matches)),
    )


def currency_named(text: str) -> str | None:
    """The currency that words such as `Euro`, `US Dollar` or `€` mean, by its code or name in upper case."""
    words = {*_words(text[:50])[1]} - {"us"}
    if len(words) != 1:
        return None
    word = words.pop().removesuffix("s")
    return "USD" if word in DOLLAR_WORDS else _code(word) if word in OTHER_CURRENCIES else None


def _elsewhere(read: list[_Header], matches: dict[str, Match]) -> Iterator[tuple[str, str]]:
    """Headers of money in another currency that no column has without one, or in dollars."""
    for role in MONEY - matches.keys() - ({"price", "close"} if matches.keys() & {"price", "close"} else set()):
        for header in read:
            if header.currency and header.key in aliases()[role]:
                yield header.text, _code(header.currency)


def _code(currency: str) -> str:
    return {"euro": "EUR", "yen": "JPY", "yuan": "CNY"}.get(currency, currency.upper())


def _similar(headers: list[_Header], roles: Iterable[str]) -> dict[str, Match]:
    """The best unclaimed header of each unclaimed role, where nothing else comes close."""
    scores = sorted(
        (
            (max(_similarity(header.key, alias) for alias in aliases()[role]), role, header)
            for role in roles
            for header in headers
        ),
        key=lambda each: -each[0],
    )
    matches: dict[str, Match] = {}
    taken: set[int] = set()
    for score, role, header in scores:
        if score < LEAST_SIMILARITY or role in matches or header.column in taken:
            continue
        close = [(other, its) for each, other, its in scores if each > score - LEAST_LEAD]
        if not any((its is header) != (other == role) for other, its in close):
            matches[role] = _match(header, "similarity", round(score, 2))
            taken.add(header.column)
    return matches


def _similarity(key: str, alias: str) -> float:
    """0 to 1; 0 for short words, and where a number differs: 7d is not 24h."""
    if min(len(key), len(alias)) < SHORTEST_SIMILAR or DIGITS.findall(key) != DIGITS.findall(alias):
        return 0.0
    return OSA.normalized_similarity(key, alias)


def _match(header: _Header, how: How, confidence: float) -> Match:
    return Match(header.column, header.text, how, confidence, header.says_dollar)


def _read(column: int, header: str) -> _Header:
    key, words = _words(header[:200])
    currency = next((word for word in words if word in OTHER_CURRENCIES), None)
    return _Header(column, header, key, currency, not DOLLAR_WORDS.isdisjoint(words))


def _words(header: str) -> tuple[str, list[str]]:
    """A header without case, spaces, punctuation and currency, and its words."""
    text = CAMEL.sub(" ", unicodedata.normalize("NFKC", header).translate(SYMBOLS))
    words = WORDS.findall(text.casefold())
    bare = [word for word in words if word not in DOLLAR_WORDS and word not in OTHER_CURRENCIES]
    return "".join(bare), words
