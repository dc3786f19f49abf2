"""CoinPaprika's records, as the provider really sends them (https://docs.coinpaprika.com).

- Zero means unknown, in supplies, market caps and ranks: kept as it came here, made null in staging.
- The free plan sends no `circulating_supply` since 2024.
- `max_supply` reaches 9223372036854775807; prices go below 1e-8: all numbers are exact decimals.
- Symbols may carry blanks; `quotes` holds one object per currency.
- A coin that is no longer traded stays in `/coins` with `is_active` false and leaves `/tickers`.
- Contracts can be wrong: a token's address has been listed for Bitcoin.
"""

from typing import ClassVar

from extract.records import Integer, Keeps, Key, Moment, Number, Record, Text, as_object


class Ticker(Record):
    """`GET /tickers`: one coin with its USD quote, flattened to `usd_*`."""

    table: ClassVar[str] = "tickers"
    keeps: ClassVar[Keeps] = "changes"
    versioned_by: ClassVar[str | None] = "last_updated"

    id: Key
    symbol: Text | None = None
    name: Text | None = None
    rank: Integer | None = None
    circulating_supply: Number | None = None
    total_supply: Number | None = None
    max_supply: Number | None = None
    beta_value: Number | None = None
    first_data_at: Moment | None = None
    last_updated: Moment | None = None
    usd_price: Number | None = None
    usd_volume_24h: Number | None = None
    usd_volume_24h_change_24h: Number | None = None
    usd_market_cap: Number | None = None
    usd_market_cap_change_24h: Number | None = None
    usd_percent_change_15m: Number | None = None
    usd_percent_change_30m: Number | None = None
    usd_percent_change_1h: Number | None = None
    usd_percent_change_6h: Number | None = None
    usd_percent_change_12h: Number | None = None
    usd_percent_change_24h: Number | None = None
    usd_percent_change_7d: Number | None = None
    usd_percent_change_30d: Number | None = None
    usd_percent_change_1y: Number | None = None
    usd_ath_price: Number | None = None
    usd_ath_date: Moment | None = None
    usd_percent_from_price_ath: Number | None = None


class Coin(Record):
    """`GET /coins`: a coin or token that CoinPaprika knows, traded or not. `is_new` holds for five days."""

    table: ClassVar[str] = "coins"
    keeps: ClassVar[Keeps] = "changes"

    id: Key
    name: Text | None = None
    symbol: Text | None = None
    rank: Integer | None = None
    is_new: bool | None = None
    is_active: bool | None = None
    type: Text | None = None


class Contract(Record):
    """`GET /contracts/{platform}`: a token's contract on a platform. `id` is the coin's, of the platform as well."""

    table: ClassVar[str] = "contracts"
    keeps: ClassVar[Keeps] = "changes"

    platform: Key
    address: Key
    id: Text | None = None
    type: Text | None = None
    active: bool | None = None


class HistoricalTicker(Record):
    """`GET /tickers/{id}/historical`: a coin's quote in USD at one moment."""

    table: ClassVar[str] = "historical_tickers"

    id: Key
    interval: Key
    timestamp: Moment
    price: Number | None = None
    volume_24h: Number | None = None
    market_cap: Number | None = None


def flatten_ticker(payload: object) -> object:
    """Lift `quotes.USD.*` to `usd_*`; other currencies and anything unexpected stay where they are."""
    ticker = as_object(payload)
    quotes = as_object(ticker.get("quotes")) if ticker else None
    in_usd = as_object(quotes.get("USD")) if quotes else None
    if ticker is None or quotes is None or in_usd is None:
        return payload
    flat = {name: value for name, value in ticker.items() if name != "quotes"}
    flat.update({f"usd_{name}": value for name, value in in_usd.items()})
    if len(quotes) > 1:
        flat["quotes"] = {currency: quote for currency, quote in quotes.items() if currency != "USD"}
    return flat
