"""Who the coins are: ids, symbols, names. That seldom changes, so versions share it: it is dear to build."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.readmodel.filters import Texts
from api.readmodel.numbers import Ints
from api.readmodel.substrings import Pieces, SubstringIndex, among, memory, renumbered


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The coins in the order of their ids; symbols and names folded, for comparing without regard to case."""

    ids: Mapping[str, int]
    symbols: Mapping[str, tuple[int, ...]]
    names: tuple[str, ...]
    searched: Pieces
    """Symbol and name of each coin, a line of its own each: what is looked for has no line break."""


class Names:
    """The catalogue in the numbers of one version: `number` gives each of its coins the one it has there."""

    def __init__(self, catalogue: Catalogue, number: "array[int]") -> None:
        self.catalogue = catalogue
        self._number = number
        self._names = renumbered(catalogue.names, number)
        self._searched = SubstringIndex(catalogue.searched, number)
        self._found = memory()

    def coin(self, canonical_id: str) -> int | None:
        """The number of a coin."""
        place = self.catalogue.ids.get(canonical_id)
        return None if place is None else self._number[place]

    def holding(self, texts: Texts) -> "Ints | None":
        """The coins that have the texts, ascending; None when no text is asked for."""
        if texts.canonical_id is not None or texts.symbol is not None:
            return self._exactly(texts)
        name, search = texts.name, texts.search
        if name is None:
            return None if search is None else self._searched.find(search.casefold())
        return self._found.of((name, search), lambda: self._named(name.casefold(), search and search.casefold()))

    def having(self, texts: Texts, coins: Sequence[int]) -> Sequence[int]:
        """Those of the coins that have the texts, in the order given, by a look at each."""
        if texts.canonical_id is not None or texts.symbol is not None:
            exactly = frozenset(self._exactly(texts))
            return [coin for coin in coins if coin in exactly]
        if texts.name is not None:
            coins = among(self._names, coins, texts.name.casefold())
        return coins if texts.search is None else self._searched.among(coins, texts.search.casefold())

    def _named(self, name: str, search: str | None) -> Ints:
        """The coins with a name that holds a piece, of those that hold it anywhere; and those of them with another."""
        named = among(self._names, self._searched.find(name), name)
        return array("i", named if search is None else self._searched.among(named, search))

    def _exactly(self, texts: Texts) -> Ints:
        """The few coins that an exact id or symbol leaves, and the other texts."""
        few: Sequence[int] = ()
        if texts.symbol is not None:
            holders = self.catalogue.symbols.get(texts.symbol.casefold(), ())
            few = sorted([self._number[place] for place in holders])
        if texts.canonical_id is not None:
            number = self.coin(texts.canonical_id.casefold())
            few = () if number is None or (texts.symbol is not None and number not in few) else (number,)
        if texts.name is not None:
            few = among(self._names, few, texts.name.casefold())
        if texts.search is not None:
            few = self._searched.among(few, texts.search.casefold())
        return array("i", few)


def catalogue(ids: Sequence[str], symbols: Sequence[str], names: Sequence[str], known: Catalogue | None) -> Catalogue:
    """The catalogue of coins given in the order of their ids: the known one, if nothing in it has changed."""
    folded_symbols = [symbol.casefold() for symbol in symbols]
    folded_names = tuple([name.casefold() for name in names])
    searched = tuple([f"{symbol}\n{name}" for symbol, name in zip(folded_symbols, folded_names, strict=True)])
    if (
        known is not None
        and list(known.ids) == list(ids)
        and known.names == folded_names
        and known.searched.texts == searched
    ):
        return known
    by_symbol: dict[str, tuple[int, ...]] = {}
    for place, symbol in enumerate(folded_symbols):
        by_symbol[symbol] = (*by_symbol.get(symbol, ()), place)
    return Catalogue(
        ids={canonical_id: place for place, canonical_id in enumerate(ids)},
        symbols=by_symbol,
        names=folded_names,
        searched=Pieces(searched),
    )
