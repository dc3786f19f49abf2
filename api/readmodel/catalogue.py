"""Who the coins are: ids, symbols, names. That seldom changes, so versions share it: its indexes are dear to build."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.readmodel.filters import Filters
from api.readmodel.substrings import SubstringIndex


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The coins numbered by canonical_id; symbols and names folded, for comparing without regard to case."""

    ids: Mapping[str, int]
    symbols: Mapping[str, tuple[int, ...]]
    names: SubstringIndex
    searched: SubstringIndex
    """Symbol and name of each coin, a line of its own each: what is looked for has no line break."""

    def named(self, filters: Filters) -> Sequence[int] | None:
        """The few coins that an exact id or symbol leaves, and the other texts; None when there is no such filter."""
        if filters.canonical_id is None and filters.symbol is None:
            return None
        few: Sequence[int] = self.symbols.get(filters.symbol.casefold(), ()) if filters.symbol is not None else ()
        if filters.canonical_id is not None:
            number = self.ids.get(filters.canonical_id.casefold())
            few = () if number is None or (filters.symbol is not None and number not in few) else (number,)
        if filters.name is not None:
            few = self.names.among(few, filters.name.casefold())
        return few if filters.search is None else self.searched.among(few, filters.search.casefold())

    def containing(self, filters: Filters) -> "array[int]":
        """The coins whose texts contain what is asked for; there must be such a filter."""
        if filters.name is None:
            assert filters.search is not None
            return self.searched.find(filters.search.casefold())
        found = self.names.find(filters.name.casefold())
        return found if filters.search is None else self.searched.among(found, filters.search.casefold())


def catalogue(ids: Sequence[str], symbols: Sequence[str], names: Sequence[str], known: Catalogue | None) -> Catalogue:
    """The catalogue of coins given in the order of their ids: the known one, if nothing in it has changed."""
    folded_symbols = [symbol.casefold() for symbol in symbols]
    folded_names = tuple([name.casefold() for name in names])
    searched = tuple([f"{symbol}\n{name}" for symbol, name in zip(folded_symbols, folded_names, strict=True)])
    if (
        known is not None
        and list(known.ids) == list(ids)
        and known.names.texts == folded_names
        and known.searched.texts == searched
    ):
        return known
    by_symbol: dict[str, tuple[int, ...]] = {}
    for number, symbol in enumerate(folded_symbols):
        by_symbol[symbol] = (*by_symbol.get(symbol, ()), number)
    return Catalogue(
        ids={canonical_id: number for number, canonical_id in enumerate(ids)},
        symbols=by_symbol,
        names=SubstringIndex(folded_names),
        searched=SubstringIndex(searched),
    )
