"""CoinGecko.

Data flow: `/coins/markets`, page by page → `raw_coingecko.markets`; once a day `/coins/list` → `.coins_list`
"""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dlt
from dlt.extract import DltResource

from extract.calls import Calls
from extract.coingecko.history import market_chart, ohlc
from extract.coingecko.models import ChartPoint, ListedCoin, Market, OhlcCandle
from extract.endpoint import Endpoint, array
from extract.http import Client, RateLimiter, SourceError
from extract.landing import Landing
from extract.plan import in_words
from extract.records import Payload, as_object, dumps
from kasparro.settings import Settings, is_demo

COINS_LIST = Endpoint(ListedCoin, "/coins/list", {"include_platform": "true"})
PER_PAGE = 250
MARKETS = {"vs_currency": "usd", "order": "market_cap_desc", "per_page": PER_PAGE}
MOST_PAGES = 1000
TOTAL = re.compile(r"[0-9]{1,9}")
CATALOGUE_CALLS = 1
"""A day."""

KEY_HEADERS = {"public": "x-cg-demo-api-key", "demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}

GET_A_KEY = (
    "without a key CoinGecko answers fewer and fewer addresses: get a free demo key at "
    "https://www.coingecko.com/en/api/pricing, then set COINGECKO_API_KEY to it and COINGECKO_PLAN=demo"
)


def client(settings: Settings, calls: Calls | None = None, until: float = math.inf) -> Client:
    """The client of CoinGecko's API; the plan decides the header of the key."""
    key = settings.coingecko_api_key
    return Client(
        "CoinGecko",
        settings.coingecko_url,
        limiter=RateLimiter(settings.coingecko_rate_limit),
        secrets={KEY_HEADERS[settings.coingecko_plan]: key} if key else {},
        base_url_variable="COINGECKO_BASE_URL",
        is_stand_in=is_demo(settings),
        without_key=None if key else GET_A_KEY,
        calls=calls,
        until=until,
    )


@dlt.source(name="coingecko")
def source(settings: Settings, landing: Landing) -> list[DltResource]:
    """All of CoinGecko that a pass reads, and what a backfill asks for."""
    api = client(settings, landing.calls, landing.until)
    depth = settings.coingecko_max_coins
    return [
        landing.resource(Market, lambda: markets(api, landing, depth, dlt.current.resource_state())),
        landing.resource(ListedCoin, lambda: COINS_LIST.read_daily(api, landing, dlt.current.resource_state())),
        *landing.presence(),
        landing.past(ChartPoint, lambda past, state: market_chart(api, landing, past, settings.coingecko_plan, state)),
        landing.past(OhlcCandle, lambda past, state: ohlc(api, landing, past, state)),
    ]


def markets(api: Client, landing: Landing, max_coins: int, state: Payload) -> Iterator[Any]:
    """The coins with the largest market caps, `max_coins` of them (0 = all), in pages of 250.

    Where the month's budget does not allow all pages in every pass, those that are due. Coins move between pages while
    we page: a coin met twice is taken once, with its first quote. A page that has none but those of earlier pages
    is the last: a server that knows no `page` would answer for ever.
    """
    pages: int = -(-max_coins // PER_PAGE) or state.get("pages", 0)
    read_at: dict[str, str] = state.setdefault("read_at", {})
    due = _due(landing, pages, read_at, max_coins)
    seen: set[str] = set()
    read = 0
    full = True
    for page in range(1, MOST_PAGES + 1):
        if page > pages > 0 and (max_coins or not full):
            return
        if page <= pages and not due[page - 1]:
            full = False
            continue
        answer, coins = array(api, "/coins/markets", {**MARKETS, "page": page}, {})
        total = _pages(answer.headers.get("Total", ""))
        expected = total or pages
        if not coins and (page == 1 or page < expected):
            state.pop("pages", None)
            raise SourceError(f"CoinGecko answered page {page} of /coins/markets with no coins: it is asked again")
        met = len(seen)
        wanted = coins[: max_coins - PER_PAGE * (page - 1)] if max_coins else coins
        yield from landing.land(Market, _first_met(wanted, seen), answer.origin)
        if wanted and len(seen) == met:
            raise SourceError(
                f"CoinGecko answered page {page} of /coins/markets with coins of the pages before only: what came is "
                "kept, no further page is asked for; check COINGECKO_BASE_URL, for its server seems to know no pages"
            )
        read_at[str(page)] = answer.origin.fetched_at.isoformat()
        read += 1
        full = page < expected or (len(coins) == PER_PAGE and not total)
        if not full or page * PER_PAGE >= max_coins > 0:
            state["pages"] = page
            if read == page:
                everything = not full and len(wanted) == len(coins)
                yield from landing.finished(
                    Market, "/coins/markets", answer.origin, everything=everything, asked=max_coins or None
                )
            return


def _due(landing: Landing, pages: int, read_at: dict[str, str], max_coins: int) -> list[bool]:
    """Whether each page is to be read in this pass. Says the plan."""
    periods = landing.budget.periods(pages or 1, daily_calls=CATALOGUE_CALLS)
    landing.plan = in_words(periods, PER_PAGE, max_coins)
    now = datetime.now(UTC)
    return [landing.budget.is_due(period, read_at.get(str(page)), now) for page, period in enumerate(periods, 1)]


def _pages(total: str) -> int:
    """How many pages the header `Total` speaks of; 0 when it is not there."""
    return -(-int(total) // PER_PAGE) if TOTAL.fullmatch(total) else 0


def _first_met(coins: list[Any], seen: set[str]) -> Iterator[Any]:
    """The coins whose id was not `seen` on an earlier page; what has no usable id is told apart by its content."""
    for coin in coins:
        identity = (as_object(coin) or {}).get("id")
        known_by = identity if isinstance(identity, str) else dumps(coin)
        if known_by not in seen:
            seen.add(known_by)
            yield coin
