"""How CoinPaprika's v1 API speaks: tickers, coins, contracts, histories, and its errors.

Paths, limits and errors after CoinPaprika's OpenAPI document (1.7.10) and recorded answers. On the free plan tickers
carry no `circulating_supply`, and OHLCV history is refused with 402. 0 stands for unknown; there are no nulls.
"""

import re
from collections.abc import Mapping

from providers import jsontext, paprika_history
from providers.market import Market
from providers.messages import Answer, Body, Request, answer, array

CURRENCIES = {"USD": None, "BTC": "btc-bitcoin", "ETH": "eth-ethereum"}
"""What prices can be quoted in, and the coin whose price divides."""

MAX_QUOTES = 3
MONEY_FIELDS = ("price", "volume_24h", "market_cap", "ath_price")
CACHED = {
    "Cache-Control": "public, max-age=60, s-maxage=60, stale-while-revalidate=10, stale-if-error=600",
    "Access-Control-Allow-Origin": "*",
}
CONTRACT_TYPES = {"eth-ethereum": "ERC20", "trx-tron": "TRC20"}


def respond(request: Request, market: Market, paid: bool = False) -> Answer:
    """Answer one request as CoinPaprika would; a wrong request gets CoinPaprika's error."""
    if len(request.path) > 1 and request.path.endswith("/"):
        return _moved("/v1" + request.path.rstrip("/"))
    match request.path.split("/")[1:]:
        case ["tickers"]:
            return _tickers(request, market, paid)
        case ["tickers", coin_id]:
            return _ticker(coin_id, request, market, paid)
        case ["tickers", coin_id, "historical"]:
            return paprika_history.ticks(coin_id, request, market, paid) or error(404, "id not found")
        case ["coins"]:
            return _found(array(market.coinpaprika_coins().values()))
        case ["coins", coin_id]:
            return _coin(coin_id, market)
        case ["coins", coin_id, "ohlcv", "historical"]:
            return paprika_history.ohlcv(coin_id, request, market, paid) or error(404, "id not found")
        case ["contracts"]:
            return _found(jsontext.dumps(list(market.coinpaprika_contracts())))
        case ["contracts", platform]:
            return _found(array(market.coinpaprika_contracts().get(platform, [])))
        case ["contracts", platform, address]:
            return _contract(platform, address, market)
        case _:
            return error(404, "page not found")


def error(status: int, message: str) -> Answer:
    """CoinPaprika's error shape."""
    return answer(status, {"error": message})


def _found(content: bytes) -> Answer:
    return Answer(200, Body(content), headers=CACHED)


def _moved(location: str) -> Answer:
    page = f'<a href="{location}">Moved Permanently</a>.\n\n'
    return Answer(301, Body(page.encode()), "text/html; charset=utf-8", CACHED | {"Location": location})


def _tickers(request: Request, market: Market, paid: bool) -> Answer:
    quotes = _quotes(request.query, market)
    if isinstance(quotes, Answer):
        return quotes
    rows = market.coinpaprika_tickers(paid).values()
    if quotes != ["USD"]:
        prices = _usd_prices(quotes, market)
        rows = [_requoted(row, prices) for row in rows]
    return _found(array(rows))


def _ticker(coin_id: str, request: Request, market: Market, paid: bool) -> Answer:
    row = market.coinpaprika_tickers(paid).get(coin_id)
    if row is None:
        return error(404, "id not found")
    quotes = _quotes(request.query, market)
    if isinstance(quotes, Answer):
        return quotes
    return _found(row if quotes == ["USD"] else _requoted(row, _usd_prices(quotes, market)))


def _quotes(query: Mapping[str, str], market: Market) -> list[str] | Answer:
    """The currencies asked for in `quotes`, or the refusal of one that is unknown or has no price in this market."""
    known = {quote for quote, base in CURRENCIES.items() if base is None or base in market.coinpaprika_tickers(False)}
    quotes = [quote.strip().upper() for quote in query.get("quotes", "USD").split(",")]
    if len(quotes) > MAX_QUOTES:
        return error(400, f"too many quotes, maximum is {MAX_QUOTES}")
    unknown = [quote for quote in quotes if quote not in known]
    return error(400, f"unsupported quote: {unknown[0]}") if unknown else quotes


Prices = Mapping[str, jsontext.Decimal | None]


def _usd_prices(quotes: list[str], market: Market) -> Prices:
    """Each currency's price in USD; None for USD itself."""
    tickers = market.coinpaprika_tickers(paid=False)
    bases = {quote: CURRENCIES[quote] for quote in quotes}
    return {
        quote: None if base is None else jsontext.decimal_of(jsontext.loads(tickers[base])["quotes"]["USD"]["price"])
        for quote, base in bases.items()
    }


def _requoted(row: bytes, prices: Prices) -> bytes:
    fields = jsontext.loads(row)
    usd = fields["quotes"]["USD"]
    fields["quotes"] = {
        quote: usd if price is None else jsontext.in_currency(usd, MONEY_FIELDS, price)
        for quote, price in prices.items()
    }
    return jsontext.dumps(fields)


def _coin(coin_id: str, market: Market) -> Answer:
    row = market.coinpaprika_coins().get(coin_id)
    if row is None:
        return error(404, "id not found")
    contracts = [
        {"contract": found["address"], "platform": platform, "type": found["type"]}
        for platform, rows in market.coinpaprika_contracts().items()
        for found in map(jsontext.loads, rows)
        if found["id"] == coin_id
    ]
    details: dict[str, object] = {
        "contracts": contracts,
        "tags": [],
        "team": [],
        "description": "",
        "message": "",
        "links": {},
    }
    return _found(jsontext.dumps(jsontext.loads(row) | details))


def _contract(platform: str, address: str, market: Market) -> Answer:
    for row in map(jsontext.loads, market.coinpaprika_contracts().get(platform, [])):
        if re.fullmatch(re.escape(address), row["address"], re.IGNORECASE):
            return _moved(f"/v1/tickers/{row['id']}")
    return error(404, "id not found")
