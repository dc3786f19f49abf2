"""Which coin a row is of, and in what money it is quoted: as the cells say it, for headers promise more than they hold.

A column `name` may hold the number of a currency, a column `currency` what prices are counted in, and a symbol the pair
of an exchange. So the cells of the whole file are looked at before a row is read.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from extract.csv_files.headers import Mapping, currency_named, mapped
from extract.csv_files.pairs import Pair, currencies, pair_in, pair_of

NO_COIN = frozenset({"", "-", "--", "—", "n/a", "#n/a"})
NUMERIC = re.compile(r"[\d.,]+")
ROLES = ("symbol", "name")
NEARLY_ALL = 0.9
MOST_SYMBOLS = 5000
# A list of so many coins is of a whole market, where hardly any symbol is taken by one coin only
WHOLE_MARKET = 500
FEWEST_PAIRS = 3
MOSTLY = 0.8
# What a coin costs that stands for a dollar or a euro: with such prices, `XYZUSD` is a coin and no pair
STABLE = (Decimal("0.5"), Decimal(2))
# Hardly any coin costs as much as these: what costs more than so many dollars is no price in them
MOST_IN = {"BTC": Decimal(2), "XBT": Decimal(2), "ETH": Decimal(100)}
BITCOIN = frozenset({"BTC", "XBT", "BITCOIN", "SATS", "SATOSHI"})
ETHEREUM = frozenset({"ETH", "ETHEREUM"})
# Words of a file's name that can hardly mean anything else
PLAIN_MONEY = frozenset({"EUR", "EURO", "EUROS", "GBP", "JPY", "KRW", "INR", "CHF", "AUD", "BRL", "RUB", "CNY"})


@dataclass(frozen=True)
class Coin:
    """A row's coin. `money` says in what it is quoted and how we know, where that is not the US dollar."""

    symbol: str | None
    name: str | None
    money: str | None = None


@dataclass(frozen=True)
class CoinReader:
    """How the rows of a file say their coin and their money. `assumed` is what the file says of them all.

    `is_of_exchange` tells that most rows are of an exchange's markets, which count volumes in coins.
    """

    columns: dict[str, int]
    headers: tuple[str, ...] = ()
    currencies: tuple[int, ...] = ()
    pairs: tuple[int, ...] = ()
    believed: frozenset[str] = frozenset()
    whole_market: bool = False
    assumed: str | None = None
    is_of_exchange: bool = False

    def read(self, cells: list[str]) -> Coin:
        """The coin of a row."""
        texts = {role: cells[column] for role, column in self.columns.items()}
        symbol, name = texts.get("symbol", ""), texts.get("name", "")
        cell, pair = symbol or name, self.pair(symbol)
        if pair:
            symbol, name = _half(symbol, pair), _without(name, pair.quote)
        elif named := self.pair(name) or _named_pair(name):
            cell, pair, name = name, named, _half(name, named)
        money = self._money(cells, pair, cell, symbol or name)
        return Coin(_named(symbol), _named(name), money)

    def pair(self, text: str) -> Pair | None:
        """The pair that a cell names, as far as it is one in this file."""
        pair = pair_of(text) if text else None
        if not pair or (self.whole_market and "/" not in text):
            return None
        return pair if pair.is_known or text.upper() in self.believed else None

    def _money(self, cells: list[str], pair: Pair | None, cell: str, coin: str) -> str | None:
        said = [(pair.quote, f'"{cell}"')] if pair else []
        said += [
            (code, f'"{self.headers[column]}" is "{cells[column]}"')
            for column in self.currencies
            if (code := _code(cells[column])) and code != coin.upper()
        ]
        said += [(other.quote, f'"{cells[column]}"') for column in self.pairs if (other := pair_of(cells[column]))]
        for code, where in said:
            if code not in currencies()["dollars"]:
                return f"{code}: {where}"
        return None if said else self.assumed


@dataclass
class _Column:
    """What the cells of a column are, counted."""

    filled: int = 0
    numeric: int = 0
    fiat: int = 0
    money: int = 0
    coins: int = 0
    example: str = ""

    def add(self, text: str, coin: str) -> None:
        """Take a cell into account, of a row of this coin."""
        if text.casefold() in NO_COIN:
            return
        self.filled += 1
        self.example = self.example or text
        self.numeric += bool(NUMERIC.fullmatch(text))
        if code := _code(text):
            self.money += 1
            self.fiat += code == "USD" or code in currencies()["fiat"]
            self.coins += code == coin.upper()

    def is_mostly(self, count: int) -> bool:
        """Whether nearly all of its cells are what was counted."""
        return self.filled > 0 and count >= NEARLY_ALL * self.filled


@dataclass
class CoinEvidence:
    """What the cells of a file say of its coins, row by row; prices tell pairs from coins that are spelt alike."""

    mapping: Mapping
    stem: str
    rows: int = 0
    columns: dict[int, _Column] = field(default_factory=dict[int, _Column])
    symbols: Counter[str] = field(default_factory=Counter[str])
    prices: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict[str, tuple[Decimal, Decimal]])
    highest: Decimal = Decimal(0)

    def add(self, cells: list[str], price: Decimal | None) -> None:
        """Take a row into account."""
        self.rows += 1
        coin = self._column_of("symbol")
        symbol = cells[coin] if coin is not None else ""
        for column in self._watched():
            self.columns.setdefault(column, _Column()).add(cells[column], symbol)
        text = symbol or cells[self._column_of("name") or 0]
        if text in self.symbols or len(self.symbols) < MOST_SYMBOLS:
            self.symbols[text] += 1
            if price and price > 0:
                self.highest = max(self.highest, price)
                low, high = self.prices.get(text.upper(), (price, price))
                self.prices[text.upper()] = (min(low, price), max(high, price))

    def mapped(self) -> tuple[Mapping, CoinReader]:
        """The mapping without columns that hold no coins, and how to read what remains."""
        money = tuple(column for column in self.mapping.currencies if self._is_money(column))
        not_coins = dict(self._not_coins(money))
        mapping = mapped(self.mapping.headers, not_coins) if not_coins else self.mapping
        columns = {role: match.column for role, match in mapping.matches.items() if role in ROLES}
        believed, whole_market = self._believed()
        reader = CoinReader(
            columns, mapping.headers, (*money, *self._fiat_columns(money)), mapping.pairs, believed, whole_market
        )
        # Yahoo writes BTC-USD, too, and gives its volumes in dollars
        traded = sum(count for text, count in self.symbols.items() if reader.pair(text) and text[-4:].upper() != "-USD")
        return mapping, replace(
            reader, assumed=self._assumed(mapping, reader), is_of_exchange=traded * 2 > self.symbols.total()
        )

    def _column_of(self, role: str) -> int | None:
        match = self.mapping.matches.get(role)
        return match.column if match else None

    def _watched(self) -> set[int]:
        own = {column for role in ROLES if (column := self._column_of(role)) is not None}
        return own | {*self.mapping.currencies}

    def _is_money(self, number: int) -> bool:
        """Whether a column says in what prices are counted: dollars, euros; or other coins than the rows are of."""
        column = self.columns.get(number)
        if not column:
            return False
        if column.is_mostly(column.fiat):
            return True
        symbol = self._column_of("symbol")
        is_beside = symbol is not None and symbol != number
        return is_beside and column.is_mostly(column.money) and column.coins * 2 < column.filled

    def _fiat_columns(self, money: tuple[int, ...]) -> Iterator[int]:
        """Columns for the coin that hold money, whatever they are called."""
        for role in ROLES:
            number = self._column_of(role)
            if number is not None and number not in money and number in self.columns:
                column = self.columns[number]
                if column.is_mostly(column.fiat):
                    yield number

    def _not_coins(self, money: tuple[int, ...]) -> Iterator[tuple[int, str]]:
        for role in ROLES:
            number = self._column_of(role)
            column = self.columns.get(number) if number is not None else None
            if number is None or column is None:
                continue
            header = self.mapping.headers[number]
            if number in money or column.is_mostly(column.fiat):
                yield number, f'"{header}" holds money such as "{column.example}", and no {role} of a coin'
            elif column.is_mostly(column.numeric):
                yield number, f'"{header}" holds numbers such as "{column.example}", and no {role} of a coin'

    def _believed(self) -> tuple[frozenset[str], bool]:
        """Which of the symbols that may be pairs are; and whether the file is a list of so many coins that few are."""
        pairs = {text.upper(): pair for text in self.symbols if (pair := pair_of(text))}
        is_mostly = len(pairs) >= max(FEWEST_PAIRS, MOSTLY * len(self.symbols))
        priced = frozenset(text for text, pair in pairs.items() if not pair.is_known and self._is_priced_as(text, pair))
        known = sum(pair.is_known for pair in pairs.values()) + len(priced)
        if is_mostly and known * 2 >= len(pairs):
            return frozenset(pairs), False
        return priced, len(self.symbols) > WHOLE_MARKET

    def _is_priced_as(self, text: str, pair: Pair) -> bool:
        """Whether a symbol's prices are those of a pair, rather than of a coin of that name."""
        low, high = self.prices.get(text, STABLE)
        if pair.quote in MOST_IN:
            return high < MOST_IN[pair.quote]
        if pair.quote == "USD" or pair.other:
            return high > STABLE[1]  # such coins stand for money, and some of them have lost their worth
        return low < STABLE[0] or high > STABLE[1]

    def _assumed(self, mapping: Mapping, reader: CoinReader) -> str | None:
        """The other money that headers or the file's name speak of, where nothing speaks of dollars."""
        if any(match.says_dollar for match in mapping.matches.values()):
            return None
        coins = {pair.base if (pair := reader.pair(text)) else text.upper() for text in self.symbols}
        is_one_coin = len(coins) == 1
        for header, currency in mapping.elsewhere:
            if coins.isdisjoint(_called(currency)) and (is_one_coin or currency in currencies()["fiat"]):
                return f'{currency}: the column "{header}"'
        pair = pair_in(self.stem)
        if (
            pair
            and pair.other
            and (coins <= _called(pair.base) or (is_one_coin and pair.quote in currencies()["fiat"]))
        ):
            is_fitting = pair.is_known or self.highest < MOST_IN.get(pair.quote, Decimal(0))
            return f"{pair.quote}: the name of the file" if is_fitting else None
        words = {word.upper() for word in re.findall(r"[A-Za-z]+", self.stem)}
        named = words & PLAIN_MONEY
        if named and not words & (currencies()["dollars"] | {"DOLLAR", "DOLLARS"}) and not named & coins:
            return f"{min(named)}: the name of the file"
        return None


def _named(text: str) -> str | None:
    return None if text.casefold() in NO_COIN else text


def _called(code: str) -> frozenset[str]:
    """What a coin is called that other coins are quoted in."""
    return next((names for names in (BITCOIN, ETHEREUM) if code in names), frozenset({code}))


def _code(text: str) -> str | None:
    """The currency that a cell names, in upper case."""
    upper = text.strip().upper()
    if any(upper in currencies()[kind] for kind in ("dollars", "fiat", "coins")):
        return upper
    return currency_named(text) if upper else None


def _half(text: str, pair: Pair) -> str:
    """The coin's half of a pair, as it is written there."""
    return text[: len(pair.base)] if text.upper().startswith(pair.base) else pair.base


def _without(name: str, quote: str) -> str:
    """A name such as `Bitcoin EUR` without the money."""
    return name[: -len(quote)].rstrip(" -/") if name.upper().endswith((f" {quote}", f"-{quote}", f"/{quote}")) else name


def _named_pair(text: str) -> Pair | None:
    """A pair of a name with blanks in it: `Ethereum Classic/EUR`."""
    for mark in "/-":
        base, found, quote = text.rpartition(mark)
        code = quote.strip().upper()
        if found and base.strip() and (code in currencies()["dollars"] or code in currencies()["fiat"]):
            return Pair(base.strip().upper(), code)
    return None
