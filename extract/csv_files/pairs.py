"""What is quoted in what: the pairs of exchanges, such as BTC/EUR, ADAUSDT, XXBTZEUR or BINANCE:BTCUSD."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

CURRENCIES = Path(__file__).with_name("currencies.toml")
LONGEST = 40
TICKER = re.compile(r"[A-Z0-9]{1,12}")
# What exchanges write about a market behind its pair: Yahoo's `=X`, TradingView's `.P`, `-SWAP` of a derivative
SUFFIX = re.compile(r"(?:=X|\.P|[-_/.]?(?:PERP|PERPETUAL|SWAP|SPOT))$|(?<=[A-Z0-9]/)([A-Z0-9]+)(?::[A-Z0-9]+)$")
BITFINEX = re.compile(r"t[A-Z0-9:]{5,}")
KRAKEN = re.compile(r"X([A-Z]{3})(?:Z(USD|EUR|GBP|CAD|JPY|AUD|CHF|KRW)|X(XBT|ETH))")
MARK = re.compile(r"[/\-_:. ]")
SPACED = re.compile(r"\s*([/\-_:])\s*")
# With these at its end, a symbol without a mark may be a pair though nobody knows its coin
FREQUENT = ("FDUSD", "BUSD", "USDT", "USDC", "USD", "EUR", "GBP")


@dataclass(frozen=True)
class Pair:
    """A coin and what it is quoted in, as written. Unless `is_known`, a coin might be called so, too."""

    base: str
    quote: str
    is_known: bool = True

    @property
    def other(self) -> str | None:
        """The currency, when it is not the dollar."""
        return None if self.quote in currencies()["dollars"] else self.quote


@cache
def currencies() -> dict[str, frozenset[str]]:
    """Codes of currencies: `dollars`, `fiat`, `coins` that others are quoted in, and well-known `bases`."""
    with CURRENCIES.open("rb") as file:
        return {name: frozenset(codes) for name, codes in tomllib.load(file).items()}


@lru_cache(10_000)
def pair_of(text: str) -> Pair | None:
    """The pair that a symbol names; None when it names a coin, or something else."""
    if len(text) > LONGEST:
        return None
    symbol = text.strip()
    symbol = symbol[1:] if BITFINEX.fullmatch(symbol) else symbol
    bare = SUFFIX.sub(r"\1", SPACED.sub(r"\1", symbol.upper()))
    return _marked(bare) or _unmarked(bare)


def pair_in(stem: str) -> Pair | None:
    """The pair that a file is named after, such as Binance_BTCEUR_d or eth-eur: of well-known coins only."""
    words = [word.upper() for word in re.findall(r"[A-Za-z0-9]+", stem)]
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word in currencies()["bases"] and is_money(after):
            return Pair(word, after, after not in currencies()["coins"])
        if (pair := _unmarked(word)) and pair.base in currencies()["bases"]:
            return pair
    return None


def is_money(code: str) -> bool:
    """Whether prices are counted in what this code means."""
    return any(code in currencies()[kind] for kind in ("dollars", "fiat", "coins"))


def _marked(text: str) -> Pair | None:
    """A pair with a mark between its halves, perhaps behind the name of its exchange."""
    words = MARK.split(text)
    if len(words) < 2 or not all(TICKER.fullmatch(word) for word in words):
        return None
    *before, base, quote = words
    bases, fiat = currencies()["bases"], currencies()["fiat"]
    if base in fiat and quote in bases:
        return Pair(quote, base)  # Upbit: KRW-BTC
    if (base in bases or not before) and base not in fiat and is_money(quote):
        if base in bases or "/" in text or quote not in currencies()["coins"]:
            return Pair(base, quote) if base in bases or not {".", " "} & set(text) else None
        return Pair(base, quote, False)
    if "/" in text and base in bases and quote in bases:
        return Pair(base, quote)
    return _unmarked(quote) if ":" in text and not before else None  # BINANCE:BTCUSD


def _unmarked(text: str) -> Pair | None:
    """A pair without a mark."""
    if match := KRAKEN.fullmatch(text):
        return Pair(match[1], match[2] or match[3])
    if not TICKER.fullmatch(text):
        return None
    halves = [(text[:-length], text[-length:]) for length in (5, 4, 3)]
    for base, quote in halves:
        if base in currencies()["bases"] and is_money(quote):
            return Pair(base, quote, quote not in currencies()["coins"])
    for base, quote in halves:
        if len(base) > 1 and quote in FREQUENT and base not in currencies()["fiat"]:
            return Pair(base, quote, False)
    return None
