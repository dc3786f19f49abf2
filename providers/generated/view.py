"""The generated market at one moment, as rows of JSON text. Each kind of row is made when it is first asked for."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import orjson

from providers.generated.assets import CHAINS, EMPTY_PLATFORMS, Asset
from providers.generated.quotes import Prices, Quote, coingecko_row, coinpaprika_row, quotes
from providers.generated.walk import DAY
from providers.market import Rows

NEW_FOR = 5 * DAY
"""CoinPaprika calls a coin new for five days."""


class View:
    """Rows of all providers at a minute since the epoch."""

    def __init__(self, assets: Sequence[Asset], minute: int, prices: Prices) -> None:
        self._assets = assets
        self._minute = minute
        self._prices = prices

    @cached_property
    def coingecko_markets(self) -> Rows:
        """Wrapped coins have no rank, as since February 2026; nor have those without a market cap."""
        rows: dict[str, bytes] = {}
        rank = 0
        for quote in quotes(self._assets, self._minute, "coingecko", self._prices):
            ranked = quote.market_cap is not None and quote.asset.kind != "wrapped"
            rank += ranked
            row = coingecko_row(quote, rank if ranked else None)
            rows[row["id"]] = orjson.dumps(row)
        return rows

    def coingecko_list(self, active: bool) -> Rows:
        return self._active_list if active else self._inactive_list

    @cached_property
    def _active_list(self) -> Rows:
        return self._list(True)

    @cached_property
    def _inactive_list(self) -> Rows:
        return self._list(False)

    def _list(self, active: bool) -> Rows:
        listed = [(asset.listings["coingecko"], asset) for asset in self._assets if "coingecko" in asset.listings]
        chosen = sorted((listing.id, listing, asset) for listing, asset in listed if listing.active == active)
        return {
            coin_id: orjson.dumps(
                {"id": coin_id, "symbol": listing.symbol, "name": listing.name, "platforms": asset.contracts}
            )
            for coin_id, listing, asset in chosen
        }

    @cached_property
    def _paprika_ranks(self) -> dict[int, tuple[int, Quote]]:
        """Asset key to rank and quote at CoinPaprika, which ranks every active coin, by market cap."""
        ranked = quotes(self._assets, self._minute, "coinpaprika", self._prices)
        return {quote.asset.key: (rank, quote) for rank, quote in enumerate(ranked, 1)}

    def coinpaprika_tickers(self, paid: bool) -> Rows:
        return self._paid_tickers if paid else self._free_tickers

    @cached_property
    def _free_tickers(self) -> Rows:
        return self._tickers(False)

    @cached_property
    def _paid_tickers(self) -> Rows:
        return self._tickers(True)

    def _tickers(self, paid: bool) -> Rows:
        """In no order that means anything, as CoinPaprika serves them."""
        rows = (
            coinpaprika_row(quote, rank, paid, self._prices) for _, (rank, quote) in sorted(self._paprika_ranks.items())
        )
        return {row["id"]: orjson.dumps(row) for row in rows}

    @cached_property
    def coinpaprika_coins(self) -> Rows:
        """Active coins by rank, then the inactive ones, whose rank is 0."""
        rows: list[dict[str, Any]] = []
        for asset in self._assets:
            if listing := asset.listings.get("coinpaprika"):
                rank = self._paprika_ranks[asset.key][0] if listing.active else 0
                rows.append(
                    {
                        "id": listing.id,
                        "name": listing.name,
                        "symbol": listing.symbol,
                        "rank": rank,
                        "is_new": listing.active and self._minute - listing.since < NEW_FOR,
                        "is_active": listing.active,
                        "type": "token" if asset.contracts else "coin",
                    }
                )
        rows.sort(key=lambda row: (not row["is_active"], row["rank"]))
        return {row["id"]: orjson.dumps(row) for row in rows}

    @cached_property
    def coinpaprika_contracts(self) -> Mapping[str, list[bytes]]:
        """CoinPaprika knows four of five contracts, and writes one in four of Ethereum's kin in mixed case."""
        found: dict[str, list[bytes]] = {chain.coinpaprika: [] for chain in CHAINS.values()}
        found |= {platform: [] for platform in EMPTY_PLATFORMS}
        for asset in self._assets:
            listing = asset.listings.get("coinpaprika")
            if listing is None:
                continue
            for number, (chain, address) in enumerate(asset.contracts.items()):
                if (asset.key + number) % 5 == 4 and not asset.is_major:
                    continue
                mixed = address.startswith("0x") and asset.key % 4 == 1
                written = _mixed_case(address) if mixed else address
                contract = {"address": written, "type": CHAINS[chain].contract_type, "id": listing.id}
                found[CHAINS[chain].coinpaprika].append(orjson.dumps(contract | {"active": listing.active}))
        return found


def _mixed_case(address: str) -> str:
    """Every other letter in upper case: the same address to a chain that ignores case."""
    return "0x" + "".join(sign.upper() if at % 2 else sign for at, sign in enumerate(address[2:]))
