"""CoinGecko's histories of one coin: `/market_chart`, `/market_chart/range` and `/ohlc`.

Granularity is CoinGecko's: five minutes up to one day, hours up to 90 days, then days at 00:00 UTC. The public and demo
plans reach back 365 days. Candles are of 30 minutes up to 2 days, 4 hours up to 30, else 4 days, stamped with their
close.
"""

from datetime import UTC, datetime, timedelta

from providers.market import Market, Point
from providers.messages import Answer, Request, answer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REACH = timedelta(days=365)
OHLC_DAYS = ("1", "7", "14", "30", "90", "180", "365")
STEPS_PER_CANDLE = 8
CURRENCIES = {"usd": None, "btc": "bitcoin", "eth": "ethereum"}
"""What prices can be given in, and the coin whose price divides."""


def respond(coin_id: str, rest: str, request: Request, market: Market) -> Answer | None:
    """The history asked for, or its refusal; None when there is no such coin or no such history."""
    if rest not in ("/market_chart", "/market_chart/range", "/ohlc"):
        return None
    now = market.now
    span = _range(request) if rest == "/market_chart/range" else _days(request, rest, now)
    if isinstance(span, Answer):
        return span
    start, end = span
    if start < now - REACH - DAY:
        return _beyond_plan(now)
    end = min(end, now)
    return (
        _ohlc(coin_id, request, market, start, end) if rest == "/ohlc" else _chart(coin_id, request, market, start, end)
    )


def _days(request: Request, rest: str, now: datetime) -> tuple[datetime, datetime] | Answer:
    days = request.query.get("days", "")
    if rest == "/ohlc" and days not in OHLC_DAYS:
        return answer(422, {"error": "Invalid days parameter"})
    if days == "max":
        return _beyond_plan(now)
    if not days.isdecimal():
        return answer(422, {"error": "Missing parameter days"})
    return now - timedelta(days=int(days)), now


def _range(request: Request) -> tuple[datetime, datetime] | Answer:
    bounds = [request.query.get(name, "") for name in ("from", "to")]
    if not all(bound.isdecimal() for bound in bounds):
        return answer(422, {"error": "Missing parameter from or to"})
    start, end = (datetime.fromtimestamp(int(bound), UTC) for bound in bounds)
    return (start, end) if start <= end else answer(422, {"error": "Invalid date range"})


def _beyond_plan(now: datetime) -> Answer:
    message = (
        "Your request exceeds the allowed time range. Public API users are limited to querying historical data within "
        "the past 365 days. Upgrade to a paid plan to enjoy full historical data access."
    )
    status = {"timestamp": now.isoformat(timespec="milliseconds"), "error_code": 10012, "error_message": message}
    return answer(401, {"error": {"status": status}})


def _aligned(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Every multiple of the step from start to end."""
    seconds = int(step.total_seconds())
    first = -(-int(start.timestamp()) // seconds) * seconds
    return [datetime.fromtimestamp(at, UTC) for at in range(first, int(end.timestamp()) + 1, seconds)]


def _chart(coin_id: str, request: Request, market: Market, start: datetime, end: datetime) -> Answer | None:
    length = end - start
    step = 5 * MINUTE if length <= DAY else HOUR if length <= 90 * DAY else DAY
    step = {"hourly": HOUR, "daily": DAY}.get(request.query.get("interval", ""), step)
    moments = _aligned(start, end, step)
    if end == market.now and (not moments or moments[-1] != end):
        moments.append(end)
    points = _history(coin_id, request, market, moments)
    if points is None:
        return None
    stamped = [(int(point.at.timestamp() * 1000), point) for point in points]
    series = {
        "prices": [[at, point.price] for at, point in stamped],
        "market_caps": [[at, point.market_cap] for at, point in stamped],
        "total_volumes": [[at, point.volume] for at, point in stamped],
    }
    return answer(200, series, Cache_Control="max-age=30, public")


def _ohlc(coin_id: str, request: Request, market: Market, start: datetime, end: datetime) -> Answer | None:
    length = end - start
    step = 30 * MINUTE if length <= 2 * DAY else 4 * HOUR if length <= 30 * DAY else 4 * DAY
    closes = _aligned(start, end, step)
    parts = [step / STEPS_PER_CANDLE * part for part in range(STEPS_PER_CANDLE, -1, -1)]
    points = _history(coin_id, request, market, [close - part for close in closes for part in parts])
    if points is None:
        return None
    prices = [point.price for point in points]
    candles = [prices[at : at + len(parts)] for at in range(0, len(prices), len(parts))]
    rows = [
        [int(close.timestamp() * 1000), prices[0], max(prices), min(prices), prices[-1]]
        for close, prices in zip(closes, candles, strict=True)
    ]
    return answer(200, rows, Cache_Control="max-age=30, public")


def _history(coin_id: str, request: Request, market: Market, moments: list[datetime]) -> list[Point] | None:
    """The coin's points, in the currency asked for."""
    points = market.history("coingecko", coin_id, moments)
    base = CURRENCIES[request.query["vs_currency"].lower()]
    if points is None or base is None:
        return points
    return [
        Point(point.at, point.price / unit.price, point.volume / unit.price, point.market_cap / unit.price)
        for point, unit in zip(points, market.history("coingecko", base, moments) or [], strict=True)
    ]
