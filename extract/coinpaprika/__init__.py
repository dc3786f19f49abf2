"""CoinPaprika.

Data flow: `/tickers` → `raw_coinpaprika.tickers`; once a day
`/coins` → `raw_coinpaprika.coins`, `/contracts/{platform}` → `raw_coinpaprika.contracts`
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import dlt
from dlt.extract import DltResource

from extract.calls import Calls
from extract.coinpaprika.history import historical_tickers
from extract.coinpaprika.models import Coin, Contract, HistoricalTicker, Ticker, flatten_ticker
from extract.endpoint import Endpoint, array, is_due, note
from extract.http import Client, RateLimiter, SourceError
from extract.landing import Landing
from extract.plan import duration
from extract.records import Payload, as_object, storable
from kasparro.settings import Settings, is_demo

TICKERS = Endpoint(Ticker, "/tickers", {"quotes": "USD"}, flatten_ticker)
COINS = Endpoint(Coin, "/coins")
MOST_PLATFORMS = 500
CATALOGUE_CALLS = 40
"""A day: the coins, the platforms, and the contracts of each platform."""


def client(settings: Settings, calls: Calls | None = None, until: float = math.inf) -> Client:
    """The client of CoinPaprika's API; a key goes into `Authorization`, without a scheme."""
    key = settings.coinpaprika_api_key
    return Client(
        "CoinPaprika",
        settings.coinpaprika_url,
        limiter=RateLimiter(settings.coinpaprika_rate_limit),
        secrets={"Authorization": key} if key else {},
        base_url_variable="COINPAPRIKA_BASE_URL",
        is_stand_in=is_demo(settings),
        calls=calls,
        until=until,
    )


@dlt.source(name="coinpaprika")
def source(settings: Settings, landing: Landing) -> list[DltResource]:
    """All of CoinPaprika that a pass reads, and what a backfill asks for."""
    api = client(settings, landing.calls, landing.until)
    plan = "paid" if settings.coinpaprika_api_key else "free"
    return [
        landing.resource(Ticker, lambda: tickers(api, landing, dlt.current.resource_state())),
        landing.resource(Coin, lambda: COINS.read_daily(api, landing, dlt.current.resource_state())),
        landing.resource(Contract, lambda: contracts(api, landing, dlt.current.resource_state())),
        *landing.presence(),
        landing.past(HistoricalTicker, lambda past, state: historical_tickers(api, landing, past, plan, state)),
    ]


def tickers(api: Client, landing: Landing, state: Payload) -> Iterator[Any]:
    """Every coin that the plan serves, with its USD quote: one call, as often as the month's budget allows."""
    (period,) = landing.budget.periods(1, daily_calls=CATALOGUE_CALLS)
    landing.plan = f"tickers every {duration(period)}"
    if landing.budget.is_due(period, state.get("read_at"), datetime.now(UTC)):
        yield from TICKERS.read(api, landing, state)


def contracts(api: Client, landing: Landing, state: Payload) -> Iterator[Any]:
    """Once a day, the contracts of every platform: a call for the platforms, and one for each of them.

    A platform that can't be read is a problem of the pass and stops no other.
    """
    platforms: dict[str, Payload] = state.setdefault("platforms", {})
    if is_due(landing, state):
        answer, names = array(api, "/contracts", {}, state)
        named = dict.fromkeys(storable(name) for name in names if isinstance(name, str))
        platforms.update({name: {} for name in list(named)[:MOST_PLATFORMS] if name not in platforms})
        note(state, answer)
    for name, last in platforms.items():
        try:
            yield from _on_platform(name).read_daily(api, landing, last)
        except SourceError as error:
            landing.problems.append(str(error))


def _on_platform(platform: str) -> Endpoint:
    def shape(payload: object) -> object:
        fields = as_object(payload)
        return payload if fields is None else {**fields, "platform": platform}

    path = f"/contracts/{quote(platform, safe='')}"
    return Endpoint(Contract, path, {}, shape, within=(platform,), may_be_empty=True)
