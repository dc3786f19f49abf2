"""The coins of a generated market: who is who at which provider."""

from providers.generated.assets import Asset, Quoter
from providers.generated.universe import Founder


class Registry:
    """Assets and their listings."""

    def __init__(self, coins: int, seed: int, minute: int) -> None:
        self._founder = Founder(seed, minute)
        self.assets: list[Asset] = self._founder.found(coins)

    def find(self, coin_id: str, quoter: Quoter) -> Asset | None:
        """The asset behind a provider's id, listed now or once."""
        return next((asset for asset in self.assets if _id(asset, quoter) == coin_id), None)

    def truth(self) -> list[tuple[str, str]]:
        """Which listings are the same coin: pairs of CoinGecko's and CoinPaprika's id."""
        both = [asset.listings for asset in self.assets if len(asset.listings) == 2]
        return [(listings["coingecko"].id, listings["coinpaprika"].id) for listings in both]


def _id(asset: Asset, quoter: Quoter) -> str | None:
    listing = asset.listings.get(quoter)
    return listing.id if listing else None
