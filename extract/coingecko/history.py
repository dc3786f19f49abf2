"""The past of CoinGecko's coins, on demand.

Data flow: `/coins/{id}/market_chart/range` → `raw_coingecko.market_chart`; `/coins/{id}/ohlc` → `raw_coingecko.ohlc`

The public and demo plans reach back 365 days. A window of 90 days or less comes in hours.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from extract import history
from extract.coingecko.models import ChartPoint, OhlcCandle
from extract.endpoint import array
from extract.errors import SourceError
from extract.http import Client
from extract.landing import Landing, Past
from extract.records import Payload, as_array, as_object

WINDOW = timedelta(days=90)
SERIES = {"prices": "price_usd", "market_caps": "market_cap_usd", "total_volumes": "volume_24h_usd"}
OHLC_DAYS = (1, 7, 14, 30, 90, 180, 365)


def market_chart(api: Client, landing: Landing, past: Past, plan: str, state: Payload) -> Iterator[Any]:
    """Prices, market caps and volumes of a coin, window by window."""

    def window(start: datetime, end: datetime) -> Iterator[Any]:
        path = f"/coins/{quote(past.coin, safe='')}/market_chart/range"
        params = {"vs_currency": "usd", "from": int(start.timestamp()), "to": int(end.timestamp())}
        payload, origin = api.get_json(path, params)
        yield from landing.land(ChartPoint, _points(past.coin, payload), origin)

    yield from history.read(past, WINDOW, state, landing, plan, window)


def ohlc(api: Client, landing: Landing, past: Past, state: Payload) -> Iterator[Any]:
    """A coin's candles. The endpoint counts its days back from now: one answer of the right length holds them all."""
    now = datetime.now(UTC)
    back = (now - past.start).days + 1
    days = next((days for days in OHLC_DAYS if days >= back), OHLC_DAYS[-1])
    today = f"{now:%Y-%m-%d}, {days} days"
    if state.get(past.coin) == today:
        landing.unchanged += 1
        return
    params = {"vs_currency": "usd", "days": days}
    answer, rows = array(api, f"/coins/{quote(past.coin, safe='')}/ohlc", params, {})
    yield from landing.land(OhlcCandle, (_candle(past.coin, days, row) for row in rows), answer.origin)
    state[past.coin] = today


def _points(coin: str, payload: object) -> Iterator[Payload]:
    """One record per moment of the three series; what a series says twice of a moment is said by its last value."""
    chart = as_object(payload) or {}
    if not all(as_array(chart.get(name)) is not None for name in SERIES):
        raise SourceError(f"CoinGecko answered the history of {coin} without its series: nothing is taken over")
    points: dict[object, Payload] = {}
    for name, field in SERIES.items():
        for pair in chart[name]:
            values = as_array(pair)
            if values is None or len(values) != 2:
                yield {"id": coin, name: pair}
                continue
            points.setdefault(values[0], {"id": coin, "observed_at": values[0]})[field] = values[1]
    yield from points.values()


def _candle(coin: str, days: int, row: Any) -> object:
    values = as_array(row)
    if values is None or len(values) != 5:
        return row
    return {"id": coin, "days": days, **dict(zip(("closed_at", "open", "high", "low", "close"), values, strict=True))}
