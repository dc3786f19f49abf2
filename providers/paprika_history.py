"""CoinPaprika's histories of one coin: `/tickers/{id}/historical` and `/coins/{id}/ohlcv/historical`.

What the free plan refuses is refused with 402: daily ticks older than a year, hourly ones older than a day, shorter
intervals altogether, and OHLCV older than 24 hours.
"""

from datetime import UTC, datetime, timedelta

from providers.market import Market, Point
from providers.messages import Answer, Request, answer

DAY = timedelta(days=1)
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": DAY}
TICK_INTERVALS = (
    *("5m", "10m", "15m", "30m", "45m"),
    *("1h", "2h", "3h", "6h", "12h"),
    *("24h", "1d", "7d", "14d", "30d", "90d", "365d"),
)
OHLCV_INTERVALS = ("5m", "15m", "30m", "1h", "6h", "12h", "24h")
CURRENCIES = {"usd": None, "btc": "btc-bitcoin"}
STEPS_PER_CANDLE = 8


def ticks(coin_id: str, request: Request, market: Market, paid: bool) -> Answer | None:
    """`timestamp, price, volume_24h, market_cap` at each interval; None for an unknown coin."""
    interval = request.query.get("interval", "5m")
    if interval not in TICK_INTERVALS:
        return _bad("invalid interval")
    step = _step(interval)
    reach = timedelta(days=365) if step >= DAY else DAY if step >= UNITS["h"] else timedelta(0)
    limit = min(request.number("limit", 1000), 5000)
    span = _span(request, market.now, step, limit, None if paid else reach, "ticks")
    if isinstance(span, Answer):
        return span
    points = _history(coin_id, request, market, span)
    if points is None or isinstance(points, Answer):
        return points
    rows = [
        {
            "timestamp": _text(point.at),
            "price": round(point.price, 2) if point.price > 1 else point.price,
            "volume_24h": int(point.volume),
            "market_cap": int(point.market_cap),
        }
        for point in points
    ]
    return answer(200, rows)


def ohlcv(coin_id: str, request: Request, market: Market, paid: bool) -> Answer | None:
    """`time_open, time_close, open, high, low, close, volume, market_cap` of each interval; None for no such coin."""
    interval = request.query.get("interval", "24h")
    if interval not in (OHLCV_INTERVALS if paid else ("24h",)):
        return _bad("invalid interval")
    step = _step(interval)
    limit = min(request.number("limit", 1), 366)
    opens = _span(request, market.now, step, limit, None if paid else DAY, "OHLCV data")
    if isinstance(opens, Answer):
        return opens
    parts = [step / STEPS_PER_CANDLE * part for part in range(STEPS_PER_CANDLE + 1)]
    moments = [min(start + part, market.now) for start in opens for part in parts]
    points = _history(coin_id, request, market, moments)
    if points is None or isinstance(points, Answer):
        return points
    chunks = [points[at : at + len(parts)] for at in range(0, len(points), len(parts))]
    return answer(200, [_candle(start, step, chunk) for start, chunk in zip(opens, chunks, strict=True)])


def _candle(start: datetime, step: timedelta, points: list[Point]) -> dict[str, object]:
    prices = [point.price for point in points]
    return {
        "time_open": _text(start),
        "time_close": _text(start + step - timedelta(seconds=1)),
        "open": prices[0],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "volume": int(points[-1].volume),
        "market_cap": int(points[-1].market_cap),
    }


def _span(
    request: Request, now: datetime, step: timedelta, limit: int, reach: timedelta | None, what: str
) -> list[datetime] | Answer:
    """The moments asked for, at most `limit`, aligned to the step; or the refusal of them."""
    start, end = (_moment(request.query.get(name, "")) for name in ("start", "end"))
    if start is None:
        return _bad("invalid start parameter")
    if reach is not None and start < now - reach - timedelta(minutes=1):
        earliest = (now - reach).strftime("%Y-%m-%d %H:%M:%S.%f +0000 UTC")
        message = f"Getting historical {what} before {earliest} is not allowed in this plan. "
        return answer(402, {"error": message + "Check plans on coinpaprika.com/api"})
    seconds = int(step.total_seconds())
    first = -(-int(start.timestamp()) // seconds) * seconds
    last = int(min(end or now, now).timestamp())
    return [datetime.fromtimestamp(at, UTC) for at in range(first, last + 1, seconds)][:limit]


def _moment(text: str) -> datetime | None:
    """Read RFC 3339, a plain date or Unix seconds; None for anything else."""
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _history(coin_id: str, request: Request, market: Market, moments: list[datetime]) -> list[Point] | Answer | None:
    quote = request.query.get("quote", "usd").lower()
    if quote not in CURRENCIES:
        return _bad("invalid quote")
    points = market.history("coinpaprika", coin_id, moments)
    base = CURRENCIES[quote]
    if points is None or base is None:
        return points
    return [
        Point(point.at, point.price / unit.price, point.volume / unit.price, point.market_cap / unit.price)
        for point, unit in zip(points, market.history("coinpaprika", base, moments) or [], strict=True)
    ]


def _step(interval: str) -> timedelta:
    return int(interval[:-1]) * UNITS[interval[-1]]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _bad(message: str) -> Answer:
    return answer(400, {"error": message})
