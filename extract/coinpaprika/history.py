"""The past of CoinPaprika's coins, on demand.

Data flow: `/tickers/{id}/historical` → `raw_coinpaprika.historical_tickers`

The free plan reaches back one year in days; what lies before is refused with 402.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from extract import history
from extract.coinpaprika.models import HistoricalTicker
from extract.endpoint import array
from extract.http import Client
from extract.landing import Landing, Past
from extract.records import Payload, as_object

WINDOW = timedelta(days=90)
INTERVAL = "24h"


def historical_tickers(api: Client, landing: Landing, past: Past, plan: str, state: Payload) -> Iterator[Any]:
    """A coin's daily quotes, window by window."""

    def window(start: datetime, end: datetime) -> Iterator[Any]:
        path = f"/tickers/{quote(past.coin, safe='')}/historical"
        bounds = {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        answer, rows = array(api, path, {**bounds, "interval": INTERVAL, "limit": 5000}, {})
        yield from landing.land(HistoricalTicker, (_named(past.coin, row) for row in rows), answer.origin)

    yield from history.read(past, WINDOW, state, landing, plan, window)


def _named(coin: str, row: object) -> object:
    fields = as_object(row)
    return row if fields is None else {**fields, "id": coin, "interval": INTERVAL}
