"""CoinGecko's records, as the provider really sends them (https://docs.coingecko.com).

- Nearly every number may be null, and comes as an integer on one row and a float on the next.
- `market_cap_rank` is null for wrapped, bridged and staked coins since 2026-02.
- `roi` is an object or null.
- `platforms` maps a platform's id to the contract's address there; an address may be blank or null. A delisted coin is
  no longer in the list.
"""

from typing import ClassVar

from extract.records import Integer, Json, Keeps, Key, Moment, Number, Record, Text


class Market(Record):
    """`GET /coins/markets`: one coin with its quote in USD."""

    table: ClassVar[str] = "markets"
    keeps: ClassVar[Keeps] = "changes"
    versioned_by: ClassVar[str | None] = "last_updated"

    id: Key
    symbol: Text | None = None
    name: Text | None = None
    image: Text | None = None
    current_price: Number | None = None
    market_cap: Number | None = None
    market_cap_rank: Integer | None = None
    fully_diluted_valuation: Number | None = None
    total_volume: Number | None = None
    high_24h: Number | None = None
    low_24h: Number | None = None
    price_change_24h: Number | None = None
    price_change_percentage_24h: Number | None = None
    market_cap_change_24h: Number | None = None
    market_cap_change_percentage_24h: Number | None = None
    circulating_supply: Number | None = None
    total_supply: Number | None = None
    max_supply: Number | None = None
    ath: Number | None = None
    ath_change_percentage: Number | None = None
    ath_date: Moment | None = None
    atl: Number | None = None
    atl_change_percentage: Number | None = None
    atl_date: Moment | None = None
    roi: Json | None = None
    last_updated: Moment | None = None


class ListedCoin(Record):
    """`GET /coins/list?include_platform=true`: a coin that CoinGecko knows, and its contracts."""

    table: ClassVar[str] = "coins_list"
    keeps: ClassVar[Keeps] = "changes"

    id: Key
    symbol: Text | None = None
    name: Text | None = None
    platforms: Json | None = None


class ChartPoint(Record):
    """`GET /coins/{id}/market_chart/range`: a coin's market at one moment, joined from the answer's three series."""

    table: ClassVar[str] = "market_chart"

    id: Key
    observed_at: Moment
    price_usd: Number | None = None
    market_cap_usd: Number | None = None
    volume_24h_usd: Number | None = None


class OhlcCandle(Record):
    """`GET /coins/{id}/ohlc`: a candle by the time of its close. How long it is follows from the `days` asked for."""

    table: ClassVar[str] = "ohlc"

    id: Key
    days: Integer
    closed_at: Moment
    open: Number | None = None
    high: Number | None = None
    low: Number | None = None
    close: Number | None = None
