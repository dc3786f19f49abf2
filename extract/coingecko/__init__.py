"""CoinGecko.

Data flow: `/coins/markets`, page by page → `raw_coingecko.markets`; once a day `/coins/list` → `.coins_list`
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

import dlt
from dlt.extract import DltResource

from extract.coingecko.models import ListedCoin, Market
from extract.endpoint import Endpoint
from extract.http import Client, RateLimiter, SourceError
from extract.landing import Landing
from extract.records import as_array, as_object
from kasparro.settings import Settings

COINS_LIST = Endpoint(ListedCoin, "/coins/list", {"include_platform": "true"})
PER_PAGE = 250
KEY_HEADERS = {"public": "x-cg-demo-api-key", "demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}


def client(settings: Settings) -> Client:
    """The client of CoinGecko's API; the plan decides the header of the key."""
    key = settings.coingecko_api_key
    return Client(
        "CoinGecko",
        settings.coingecko_url,
        limiter=RateLimiter(settings.coingecko_rate_limit),
        headers={KEY_HEADERS[settings.coingecko_plan]: key} if key else {},
        base_url_variable="COINGECKO_BASE_URL",
    )


@dlt.source(name="coingecko")
def source(settings: Settings, landing: Landing) -> list[DltResource]:
    """All of CoinGecko that a pass reads."""
    api = client(settings)
    return [
        landing.resource(Market, lambda: markets(api, landing, settings.coingecko_max_coins)),
        landing.resource(ListedCoin, lambda: COINS_LIST.read_daily(api, landing, dlt.current.resource_state())),
        *landing.presence(),
    ]


def markets(api: Client, landing: Landing, max_coins: int) -> Iterator[Any]:
    """The coins with the largest market caps, `max_coins` of them (0 = all), in pages of 250.

    Coins move between pages while we page: a coin met twice is taken once, with its first quote.
    """
    seen: set[str] = set()
    for page in count(1):
        payload, origin = api.get_json(
            "/coins/markets", {"vs_currency": "usd", "order": "market_cap_desc", "per_page": PER_PAGE, "page": page}
        )
        coins = as_array(payload)
        if coins is None or (page == 1 and not coins):
            raise SourceError("CoinGecko answered /coins/markets with no coins: nothing is taken over")
        wanted = coins[: max_coins - PER_PAGE * (page - 1)] if max_coins else coins
        yield from landing.land(Market, _first_met(wanted, seen), origin)
        if len(coins) < PER_PAGE or (max_coins and page * PER_PAGE >= max_coins):
            everything = len(coins) < PER_PAGE and len(wanted) == len(coins)
            yield from landing.finished(Market, "/coins/markets", origin, everything=everything)
            return


def _first_met(coins: list[Any], seen: set[str]) -> Iterator[Any]:
    """The coins whose id was not `seen` on an earlier page; what has no usable id is left to the landing to judge."""
    for coin in coins:
        identity = (as_object(coin) or {}).get("id")
        if not isinstance(identity, str):
            yield coin
        elif identity not in seen:
            seen.add(identity)
            yield coin
