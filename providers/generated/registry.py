"""The coins of a generated market, and what may befall them: renamed, delisted, migrated, split, given another id."""

import threading
from dataclasses import replace

from providers.generated.assets import Asset, Listing, Quoter, slug
from providers.generated.universe import Founder

BOTH: tuple[Quoter, ...] = ("coingecko", "coinpaprika")


class Registry:
    """Assets and their listings. A coin is named by either provider's id; each event takes effect at once.

    `at` limits an event to one provider; without it every provider that lists the coin follows. Events raise KeyError
    for a coin that there is not.
    """

    def __init__(self, coins: int, seed: int, minute: int, given_up: int | None = None) -> None:
        self._founder = Founder(seed, minute)
        self._lock = threading.RLock()
        self.assets: list[Asset] = self._founder.found(coins, given_up)
        self.version = 0
        self.minute: int = minute
        """The market's time, in minutes since the epoch."""
        self._index()

    def asset(self, coin: str, quoter: Quoter | None = None) -> Asset:
        """The asset behind a provider's id, listed now or formerly. Raises KeyError for an unknown one."""
        for each in (quoter,) if quoter else BOTH:
            if found := self._by_id.get((each, coin)):
                return found
        raise KeyError(f"no coin {coin!r}")

    def truth(self) -> list[tuple[str, str]]:
        """Which listings are the same coin: pairs of CoinGecko's and CoinPaprika's id."""
        both = [asset.listings for asset in self.assets if len(asset.listings) == len(BOTH)]
        return [(listings["coingecko"].id, listings["coinpaprika"].id) for listings in both]

    def rename(self, coin: str, name: str, at: Quoter | None = None) -> None:
        """Give the coin another name; ids and symbols stay."""
        with self._lock:
            for listing in self._listings(coin, at):
                listing.name = name
            self._changed()

    def change_symbol(self, coin: str, symbol: str, at: Quoter | None = None) -> None:
        """Give the coin another symbol; ids and names stay."""
        with self._lock:
            for quoter, listing in self._named_listings(coin, at):
                listing.symbol = _symbol(symbol, quoter)
            self._changed()

    def delist(self, coin: str, at: Quoter | None = None) -> None:
        """Stop quoting the coin. CoinGecko then lists it as inactive only, CoinPaprika as inactive with rank 0."""
        self._set_active(coin, at, active=False)

    def relist(self, coin: str, at: Quoter | None = None) -> None:
        """Quote a delisted coin again."""
        self._set_active(coin, at, active=True)

    def change_id(self, coin: str, new: str, at: Quoter) -> None:
        """Let a provider give the coin another id. The old one is unknown from then on."""
        with self._lock:
            self.asset(coin, at).listings[at].id = new
            self._index()
            self._changed()

    def reprice(self, coin: str, factor: float, at: Quoter | None = None) -> None:
        """Multiply the coin's price, today's and history's: for everyone, or at one provider, which then disagrees."""
        with self._lock:
            asset = self.asset(coin)
            for quoter in (at,) if at else BOTH:
                asset.factors[quoter] = asset.factors.get(quoter, 1.0) * factor
            self._changed()

    def list_coin(self, name: str, symbol: str, price: float = 1.0, at: Quoter | None = None) -> Asset:
        """List a new coin, with a contract on Ethereum that both providers know."""
        with self._lock:
            asset = self._founder.invent(500, 1000)
            asset.kind, asset.price, asset.quoted, asset.stale, asset.factors = "token", price, True, 0, {}
            asset.contracts = {"ethereum": self._founder.new_address("ethereum")}
            self._list(asset, name, symbol, (at,) if at else BOTH)
            return asset

    def migrate(self, coin: str, name: str, symbol: str) -> Asset:
        """Let a successor take the coin's place, at the same price, with a contract of its own: as POL did with MATIC.

        The old coin stays listed, hardly traded.
        """
        with self._lock:
            old = self.asset(coin)
            addresses = {chain: self._founder.new_address(chain) for chain in old.contracts or ("ethereum",)}
            successor = replace(old, key=len(self.assets), path=old.path, contracts=addresses, listings={})
            old.turnover /= 50
            self.assets.append(successor)
            self._list(successor, name, symbol, tuple(old.listings))
            return successor

    def split(self, coin: str, chain: str) -> Asset:
        """Let CoinGecko give the coin's form on one chain, by CoinGecko's name of it, an id of its own.

        The contract there moves to the new coin, as it did for bridged coins in 2024. CoinPaprika does not follow.
        """
        with self._lock:
            whole = self.asset(coin)
            listing = whole.listings["coingecko"]
            contracts = {chain: whole.contracts.pop(chain)}
            supply = whole.circulating / 20 if whole.circulating else None
            part = replace(
                whole, key=len(self.assets), path=whole.path, kind="wrapped", contracts=contracts, listings={},
                circulating=supply, total=supply, maximum=None,
            )  # fmt: skip
            self.assets.append(part)
            self._list(part, f"{listing.name} ({slug(chain).title()})", listing.symbol, ("coingecko",))
            return part

    def _list(self, asset: Asset, name: str, symbol: str, quoters: tuple[Quoter, ...]) -> None:
        for quoter in quoters:
            wanted = slug(name) if quoter == "coingecko" else f"{slug(symbol)}-{slug(name)}"
            coin_id = self._founder.free_id(wanted)
            asset.listings[quoter] = Listing(coin_id, _symbol(symbol, quoter), name, self.minute)
        self._index()
        self._changed()

    def _set_active(self, coin: str, at: Quoter | None, active: bool) -> None:
        with self._lock:
            for listing in self._listings(coin, at):
                listing.active = active
            self._changed()

    def _listings(self, coin: str, at: Quoter | None) -> list[Listing]:
        return [listing for _, listing in self._named_listings(coin, at)]

    def _named_listings(self, coin: str, at: Quoter | None) -> list[tuple[Quoter, Listing]]:
        return [(quoter, listing) for quoter, listing in self.asset(coin).listings.items() if at in (None, quoter)]

    def _index(self) -> None:
        self._by_id = {
            (quoter, listing.id): asset for asset in self.assets for quoter, listing in asset.listings.items()
        }

    def _changed(self) -> None:
        self.version += 1


def _symbol(symbol: str, quoter: Quoter) -> str:
    """A symbol in the provider's case."""
    return symbol.lower() if quoter == "coingecko" else symbol.upper()
