"""Which coins there are: the majors, then as many invented ones as asked for, with the flaws of life.

About a third of the invented coins share their symbol with another coin, never that of Bitcoin or Ethereum. CoinPaprika
lists the best half, some under another name, some coins that CoinGecko does not know, and many that are given up. Of
the coins at both, 70 % are quoted within 0.4 %, 20 % 1 to 6 % off, and 10 % are stale at one of them.
"""

from math import log10
from random import Random

from providers.generated.assets import Asset, Listing, slug
from providers.generated.majors import MAJORS, Major
from providers.generated.naming import new_address, new_contracts, new_name, new_symbol, other_name

RESERVED_SYMBOLS = frozenset({"btc", "eth"})
MAX_TICKERS = 2500
LONGEST_SUPPLY = 9_223_372_036_854_775_807
SHARED_SYMBOL_SHARE = 0.2
TINY_PRICES = (0.00000000001234, 0.0000000000008031, 0.000000000456)


class Founder:
    """Makes assets, each different from those before. The same seed makes the same ones."""

    def __init__(self, seed: int, now: int) -> None:
        self.assets: list[Asset] = []
        self.now = now
        self._chance = Random(f"universe/{seed}")
        self._symbols = set(RESERVED_SYMBOLS)
        self._shareable: list[str] = []
        self._ids: set[str] = set()

    def found(self, coins: int, given_up: int | None = None) -> list[Asset]:
        """Assets enough for `coins` rows at CoinGecko: the majors first, then by falling market cap.

        CoinPaprika lists `given_up` more coins as inactive; by default a fraction of `coins`.
        """
        for major in MAJORS[:coins]:
            self._add_major(major)
        tickers = min(coins * 3 // 5, MAX_TICKERS)
        only_paprika = tickers * 8 // 100
        to_share = tickers - only_paprika - sum("coinpaprika" in asset.listings for asset in self.assets)
        for rank in range(len(self.assets) + 1, coins + 1):
            asset = self.invent(rank, coins)
            self._list_at_coingecko(asset)
            if to_share > 0 and (self._chance.random() < 0.8 or asset.key < 2 * len(MAJORS)):
                self._list_at_coinpaprika(asset)
                to_share -= 1
        given_up = max(tickers, coins * 7 // 30) if given_up is None else given_up
        for number in range(only_paprika + given_up):
            asset = self.invent(coins // 2 + number, coins)
            self._list_at_coinpaprika(asset)
            asset.listings["coinpaprika"].active = asset.quoted = number < only_paprika
        return self.assets

    def _add_major(self, major: Major) -> None:
        chance, key = self._chance, len(self.assets)
        follows = next((asset.key for asset in self.assets if asset.listings["coingecko"].id == major.follows), key)
        asset = Asset(
            key=key,
            kind=major.kind,
            price=major.price,
            volatility=0.0003 if major.kind == "stable" else 0.02 + 0.01 * chance.random(),
            circulating=float(major.supply),
            total=float(major.supply),
            maximum=major.max_supply,
            path=follows,
            beta=0.0 if major.kind == "stable" else 1.0,
            turnover=0.03 + 0.1 * chance.random(),
            factors={"coinpaprika": 1 + chance.uniform(-0.002, 0.002)},
            is_major=True,
            contracts=dict(major.contracts),
        )
        if follows != key:
            leader = self.assets[follows]
            asset.volatility, asset.beta = leader.volatility, leader.beta
        asset.listings["coingecko"] = Listing(major.coingecko, major.symbol, major.name)
        if major.coinpaprika:
            symbol = (major.paprika_symbol or major.symbol).upper()
            asset.listings["coinpaprika"] = Listing(major.coinpaprika, symbol, major.paprika_name or major.name)
        self._symbols.add(major.symbol)
        if major.symbol not in RESERVED_SYMBOLS and major.kind != "wrapped":
            self._shareable.append(major.symbol)
        self._ids |= {listing.id for listing in asset.listings.values()}
        self.assets.append(asset)

    def invent(self, rank: int, coins: int) -> Asset:
        """A coin of about that rank, not yet listed anywhere."""
        chance = self._chance
        cap = 6e10 / rank**1.35 * chance.lognormvariate(0, 0.5)
        tiny = chance.random() < 0.003
        price = chance.choice(TINY_PRICES) * chance.uniform(0.5, 2) if tiny else 10 ** chance.uniform(-6.5, 2.0)
        known = rank < coins * 0.65 or chance.random() < 0.15
        supply = round(min(cap / price, 9e18), 2 if chance.random() < 0.5 else 0)
        asset = Asset(
            key=len(self.assets),
            kind="token" if chance.random() < 0.7 else "coin",
            price=price,
            volatility=0.03 + 0.03 * chance.random(),
            circulating=supply if known else None,
            total=round(supply * chance.uniform(1, 2)) if known or chance.random() < 0.3 else None,
            maximum=self._maximum(supply),
            beta=chance.uniform(0.2, 1.2),
            turnover=10 ** chance.uniform(-3.5, -0.5),
            cadence=chance.choice((1, 2, 3, 5, 10) if log10(rank) < 3 else (5, 10, 15, 60)),
            quoted=rank < coins * 0.65 or chance.random() > 0.06,
        )
        self._flaw(asset)
        if asset.kind == "token":
            asset.contracts = new_contracts(chance)
        self.assets.append(asset)
        return asset

    def _maximum(self, supply: float) -> int | None:
        """A maximum supply, now and then the largest that fits 64 bits."""
        if self._chance.random() < 0.004:
            return LONGEST_SUPPLY
        return int(supply * 2) + 1 if self._chance.random() < 0.55 else None

    def _flaw(self, asset: Asset) -> None:
        """How the two providers disagree about it."""
        chance = self._chance
        lot = chance.random()
        if lot < 0.7:
            asset.factors["coinpaprika"] = 1 + chance.uniform(-0.0035, 0.0035)
        elif lot < 0.9:
            asset.factors["coinpaprika"] = 1 + chance.choice((-1, 1)) * chance.uniform(0.011, 0.059)
        else:
            asset.stale = chance.randint(6 * 60, 72 * 60)
            asset.stale_at = chance.choice(("coingecko", "coinpaprika"))

    def _list_at_coingecko(self, asset: Asset) -> None:
        name, symbol = self._name_and_symbol()
        asset.listings["coingecko"] = Listing(self.free_id(slug(name)), symbol, name, self._since())

    def _list_at_coinpaprika(self, asset: Asset) -> None:
        """List it under the name it has at CoinGecko, now and then another form of it."""
        if known := asset.listings.get("coingecko"):
            name, symbol = known.name, known.symbol
            if self._chance.random() < 0.15:
                name = other_name(name, self._chance)
        else:
            name, symbol = self._name_and_symbol()
        coin_id = self.free_id(f"{slug(symbol)}-{slug(name)}")
        asset.listings["coinpaprika"] = Listing(coin_id, symbol.upper(), name, self._since())

    def _since(self) -> int:
        """A minute of the last years; one listing in a hundred is younger than five days."""
        return self.now - (
            self._chance.randint(0, 4 * 1440) if self._chance.random() < 0.01 else self._chance.randint(8000, 3_000_000)
        )

    def _name_and_symbol(self) -> tuple[str, str]:
        name = new_name(self._chance)
        if self._shareable and self._chance.random() < SHARED_SYMBOL_SHARE:
            symbol = self._chance.choice(self._shareable)
            self._shareable.append(symbol)  # what many share is what the next one takes
            return name, symbol
        symbol = new_symbol(name, self._symbols, self._chance)
        self._shareable.append(symbol)
        return name, symbol

    def new_address(self, chain: str) -> str:
        """A contract address that nothing has yet."""
        return new_address(chain, self._chance)

    def free_id(self, wanted: str) -> str:
        """The id itself, or with the first number from 2 that makes it free."""
        found, number = wanted, 1
        while found in self._ids:
            number += 1
            found = f"{wanted}-{number}"
        self._ids.add(found)
        return found
