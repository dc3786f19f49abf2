"""Who the coins are: ids, symbols, names. That seldom changes, so versions share it: its indexes are dear to build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from api.readmodel import numbers
from api.readmodel.filters import Filters
from api.readmodel.numbers import Numbers
from api.readmodel.substrings import SubstringIndex


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The coins numbered by canonical_id; symbols and names folded, for comparing without regard to case."""

    ids: Mapping[str, int]
    symbols: Mapping[str, tuple[int, ...]]
    symbol_parts: SubstringIndex
    name_parts: SubstringIndex

    def named(self, filters: Filters) -> Sequence[int] | None:
        """The few coins that an exact id or symbol leaves, or None when there is no such filter."""
        if filters.canonical_id is not None:
            number = self.ids.get(filters.canonical_id.casefold())
            return () if number is None else (number,)
        if filters.symbol is not None:
            return self.symbols.get(filters.symbol.casefold(), ())
        return None

    def satisfies(self, number: int, filters: Filters) -> bool:
        """Whether a coin satisfies all filters on texts; the one way to ask, for coins that are few."""
        symbol, name = self.symbol_parts.texts[number], self.name_parts.texts[number]
        if filters.symbol is not None and filters.symbol.casefold() != symbol:
            return False
        if filters.name is not None and filters.name.casefold() not in name:
            return False
        piece = None if filters.search is None else filters.search.casefold()
        return piece is None or piece in symbol or piece in name

    def containing(self, filters: Filters) -> Numbers:
        """The coins whose texts contain what is asked for; there must be such a filter."""
        found: list[Numbers] = []
        if filters.name is not None:
            found.append(self.name_parts.find(filters.name.casefold()))
        if filters.search is not None:
            piece = filters.search.casefold()
            found.append(numbers.either(self.symbol_parts.find(piece), self.name_parts.find(piece)))
        return reduce(numbers.both, found)


def catalogue(ids: Sequence[str], symbols: Sequence[str], names: Sequence[str], known: Catalogue | None) -> Catalogue:
    """The catalogue of coins given in the order of their ids: the known one, if nothing in it has changed."""
    folded_symbols = tuple([symbol.casefold() for symbol in symbols])
    folded_names = tuple([name.casefold() for name in names])
    if (
        known is not None
        and list(known.ids) == list(ids)
        and known.symbol_parts.texts == folded_symbols
        and known.name_parts.texts == folded_names
    ):
        return known
    by_symbol: dict[str, tuple[int, ...]] = {}
    for number, symbol in enumerate(folded_symbols):
        by_symbol[symbol] = (*by_symbol.get(symbol, ()), number)
    return Catalogue(
        ids={canonical_id: number for number, canonical_id in enumerate(ids)},
        symbols=by_symbol,
        symbol_parts=SubstringIndex(folded_symbols),
        name_parts=SubstringIndex(folded_names),
    )
