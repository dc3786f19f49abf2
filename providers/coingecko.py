"""How CoinGecko's v3 API speaks: `/coins/markets`, `/coins/list`, histories, `/ping`, and its errors.

Paths, limits and errors after CoinGecko's OpenAPI document and recorded answers. Prices are in USD, or in BTC or ETH.
"""

import re
from collections.abc import Iterable, Mapping

import orjson

from providers import jsontext, market_chart
from providers.market import Market, Rows
from providers.messages import Answer, Body, Request, answer, array

MAX_PER_PAGE = 250
CURRENCIES = market_chart.CURRENCIES
MONEY_FIELDS = (
    "current_price", "market_cap", "fully_diluted_valuation", "total_volume", "high_24h", "low_24h",
    "price_change_24h", "market_cap_change_24h", "ath", "atl",
)  # fmt: skip
SORT_FIELDS = {"market_cap": "market_cap", "volume": "total_volume", "id": "id"}
CONTENT_TYPE = "application/json; charset=utf-8"
CACHED = {"Cache-Control": "public, max-age=30, s-maxage=300"}
ONE_COIN = re.compile(r"^/coins/([^/]+)(/.*)?$")


def respond(request: Request, market: Market) -> Answer:
    """Answer one request as CoinGecko would; a wrong request gets CoinGecko's error."""
    match request.path:
        case "/ping":
            return answer(200, {"gecko_says": "(V3) To the Moon!"})
        case "/coins/markets":
            return markets_page(request, market)
        case "/coins/list":
            return _list(request, market)
        case path if coin := ONE_COIN.match(path):
            return _coin(coin[1], coin[2] or "", request, market)
        case _:
            return error(404, "Incorrect path. Please check https://www.coingecko.com/api/")


def error(status: int, message: str) -> Answer:
    """CoinGecko's error shape."""
    return answer(status, {"error": message}, CONTENT_TYPE, Cache_Control="no-cache")


def markets_page(request: Request, market: Market, shift: int = 0) -> Answer:
    """A page of `/coins/markets`; `shift` starts it so many rows later, as when ranks moved while a client paged."""
    if refusal := _currency_refusal(request.query):
        return refusal
    rows = market.coingecko_markets()
    base = CURRENCIES[request.query["vs_currency"].lower()]
    if base and base not in rows:
        return error(422, "invalid vs_currency")
    chosen = _selected(rows, request.query)
    per_page = min(max(request.number("per_page", 100), 1), MAX_PER_PAGE)
    page = max(request.number("page", 1), 1)
    start = max((page - 1) * per_page + shift, 0)
    served = chosen[start : start + per_page]
    if base:
        served = _converted(served, rows[base])
    headers = CACHED | {
        "Per-Page": str(per_page),
        "Total": str(len(chosen)),
        "Link": _links(request, page, -(-len(chosen) // per_page)),
        "Access-Control-Expose-Headers": "link, per-page, total",
    }
    return Answer(200, Body(array(served)), CONTENT_TYPE, headers)


def _currency_refusal(query: Mapping[str, str]) -> Answer | None:
    if "vs_currency" not in query:
        return error(422, "Missing parameter vs_currency")
    return None if query["vs_currency"].lower() in CURRENCIES else error(422, "invalid vs_currency")


def _selected(rows: Rows, query: Mapping[str, str]) -> list[bytes]:
    """The rows asked for, in the order asked for; rows without a value to sort by come last."""
    if "ids" in query:
        chosen = [rows[coin] for coin in dict.fromkeys(query["ids"].split(",")) if coin in rows]
    else:
        chosen = list(rows.values())
    field, _, direction = query.get("order", "market_cap_desc").rpartition("_")
    if (field, direction) == ("market_cap", "desc") and "ids" not in query:
        return chosen
    keyed = [(orjson.loads(row)[SORT_FIELDS.get(field, "market_cap")], row) for row in chosen]
    known = [pair for pair in keyed if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=direction == "desc")
    return [row for _, row in known] + [row for value, row in keyed if value is None]


def _converted(rows: Iterable[bytes], base_row: bytes) -> list[bytes]:
    base = jsontext.decimal_of(jsontext.loads(base_row)["current_price"])
    return [jsontext.dumps(jsontext.in_currency(jsontext.loads(row), MONEY_FIELDS, base)) for row in rows]


def _links(request: Request, page: int, pages: int) -> str:
    """The Link header: first, previous, last and next page, as far as they exist."""
    targets = ({"first": 1, "prev": page - 1} if page > 1 else {}) | (
        {"last": pages, "next": page + 1} if page < pages else {}
    )
    others = "".join(f"{name}={value}&" for name, value in request.query.items() if name != "page")
    base = f"http://{request.headers.get('host', 'localhost')}/coingecko/api/v3{request.path}?{others}page="
    return ", ".join(f'<{base}{number}>; rel="{name}"' for name, number in targets.items())


def _list(request: Request, market: Market) -> Answer:
    rows: Iterable[bytes] = market.coingecko_list(active=request.query.get("status") != "inactive").values()
    if request.query.get("include_platform", "false").lower() != "true":
        rows = map(_without_platforms, rows)
    return Answer(200, Body(array(rows)), CONTENT_TYPE, CACHED)


def _without_platforms(row: bytes) -> bytes:
    fields = jsontext.loads(row)
    fields.pop("platforms", None)
    return jsontext.dumps(fields)


def _coin(coin_id: str, rest: str, request: Request, market: Market) -> Answer:
    if not rest:
        return _details(coin_id, market)
    if refusal := _currency_refusal(request.query):
        return refusal
    return market_chart.respond(coin_id, rest, request, market) or error(404, "Could not find coin with the given id")


def _details(coin_id: str, market: Market) -> Answer:
    """The part of `/coins/{id}` that the lists know too: names, platforms, and the price in USD."""
    listed = market.coingecko_list(active=True).get(coin_id)
    if listed is None:
        return error(404, "Could not find coin with the given id")
    coin = jsontext.loads(listed)
    quote = jsontext.loads(market.coingecko_markets().get(coin_id, b"{}"))
    coin["asset_platform_id"] = next(iter(coin.get("platforms", {})), None)
    coin["market_cap_rank"] = quote.get("market_cap_rank")
    coin["market_data"] = {
        name: {"usd": quote.get(name)} for name in ("current_price", "market_cap", "total_volume", "ath", "atl")
    }
    coin["last_updated"] = quote.get("last_updated")
    return Answer(200, Body(jsontext.dumps(coin)), CONTENT_TYPE, CACHED)
