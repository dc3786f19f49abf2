"""CoinPaprika.

Data flow: `/tickers` → `raw_coinpaprika.tickers`
"""

from collections.abc import Iterator
from typing import Any

import dlt
from dlt.extract import DltResource

from extract.coinpaprika.models import Ticker, flatten_ticker
from extract.http import Client, RateLimiter, SourceError
from extract.landing import Landing
from extract.records import as_array
from kasparro.settings import Settings


def client(settings: Settings) -> Client:
    """The client of CoinPaprika's API; a key goes into `Authorization`, without a scheme."""
    key = settings.coinpaprika_api_key
    return Client(
        "CoinPaprika",
        settings.coinpaprika_url,
        limiter=RateLimiter(settings.coinpaprika_rate_limit),
        headers={"Authorization": key} if key else {},
        base_url_variable="COINPAPRIKA_BASE_URL",
    )


@dlt.source(name="coinpaprika")
def source(settings: Settings, landing: Landing) -> DltResource:
    """All of CoinPaprika that a pass reads."""
    return landing.resource(Ticker, lambda: tickers(client(settings), landing))


def tickers(api: Client, landing: Landing) -> Iterator[Any]:
    """Every coin that the plan serves, with its USD quote: one call."""
    payload, origin = api.get_json("/tickers", {"quotes": "USD"})
    coins = as_array(payload)
    if not coins:
        raise SourceError("CoinPaprika answered /tickers with no coins: nothing is taken over, it is tried next pass")
    yield from landing.land(Ticker, map(flatten_ticker, coins), origin)
