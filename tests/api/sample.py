"""A small market with what is awkward in a real one: tiny prices, shared symbols, missing values, odd names."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.api.marts import NOON, Marts, article, coin, listing, quote

BOTH = ["coingecko", "coinpaprika"]
COINS = [
    coin(
        "btc",
        name="Bitcoin",
        rank=1,
        price_usd=Decimal("64231.120000"),
        market_cap_usd=Decimal("1260000000000.50"),
        volume_24h_usd=Decimal(30000000000),
        percent_change_24h=Decimal("-1.2500"),
        circulating_supply=Decimal(19700000),
        max_supply=Decimal(21000000),
        source_count=2,
        sources=BOTH,
        updated_at=datetime(2026, 3, 1, 11, 59, 30, 125000, UTC),
    ),
    coin(
        "eth",
        name="Ethereum",
        rank=2,
        price_usd=Decimal("3312.4"),
        market_cap_usd=Decimal(400000000000),
        percent_change_24h=Decimal("2.5"),
        source_count=2,
        sources=BOTH,
    ),
    coin("usdt", name="Tether", rank=3, price_usd=Decimal("1.00"), market_cap_usd=Decimal(110000000000), sources=BOTH),
    coin("one", name="Harmony", rank=90, price_usd=Decimal("0.0123"), market_cap_usd=Decimal(150000000)),
    coin("one-bigone", symbol="ONE", name="BigONE Token", price_usd=Decimal("0.00000000001234"), sources=["csv:mine"]),
    coin("tiny", name="Tiny", price_usd=Decimal("1E-24"), market_cap_usd=Decimal(0)),
    coin(
        "huge",
        name="Huge",
        rank=4,
        price_usd=Decimal("123456789012345678901234567890.123456789"),
        market_cap_usd=Decimal(150000000),
    ),
    coin("none", name="No Price", price_usd=None, updated_at=None, status="delisted", source_count=0, sources=[]),
    coin("rtl", symbol="שלום", name='עברית "<b>&amp;</b>" 🚀\u2028', rank=5, market_cap_usd=Decimal(5)),
]

LISTINGS = [
    listing("coingecko", "bitcoin", "btc", rank=1),
    listing("coingecko", "ethereum", "eth", rank=2),
    listing("coingecko", "harmony", "one", rank=88, confidence=Decimal("0.700")),
    listing("coingecko", "unquoted", "none"),
    listing("coinpaprika", "btc-bitcoin", "btc", rank=1),
    listing("coinpaprika", "eth-ethereum", "eth", rank=2),
    listing("csv:mine", "ONE", "one-bigone"),
    listing("csv:other", "BTC", "btc"),
]
QUOTES = [
    *(
        quote(
            "coingecko",
            "bitcoin",
            "btc",
            NOON - timedelta(hours=hour),
            price_usd=Decimal(64231 - hour),
            market_cap_usd=Decimal(1_260_000_000_000 - hour),
        )
        for hour in range(48)
    ),
    *(quote("coinpaprika", "btc-bitcoin", "btc", NOON - timedelta(hours=hour)) for hour in range(24)),
    quote("coingecko", "ethereum", "eth", NOON, price_usd=Decimal("3312.40"), market_cap_usd=Decimal(400000000000)),
    quote("coinpaprika", "eth-ethereum", "eth", NOON - timedelta(days=3), price_usd=Decimal(3000)),
    quote("coingecko", "harmony", "one", NOON - timedelta(minutes=5), price_usd=Decimal("0.0123")),
    quote("csv:mine", "ONE", "one-bigone", NOON - timedelta(days=40), price_usd=Decimal("0.00000000001234")),
    quote("csv:other", "BTC", "btc", NOON - timedelta(days=41), price_usd=Decimal(60000)),
]
ARTICLES = [
    article("a1", title="Bitcoin <script>alert(1)</script>", coins=["btc"], published_at=NOON),
    article("a2", title="Ether and bitcoin", coins=["btc", "eth"], published_at=NOON - timedelta(hours=1)),
    article("a3", title="Nothing in particular", published_at=NOON - timedelta(days=2), summary="Short."),
    article("a4", title="Undated", published_at=None),
]


def write_runs(marts: Marts) -> None:
    """Four passes: CoinGecko fails in the last two, CoinPaprika in the first; CSV and RSS always come through."""
    start = datetime.now(UTC) - timedelta(minutes=20)
    for number in range(4):
        failing = "coinpaprika" if number == 0 else "coingecko" if number > 1 else None
        rows: list[dict[str, object]] = [
            {"source": source} for source in ("coinpaprika", "coingecko", "csv", "rss") if source != failing
        ]
        if failing:
            rows.append({"source": failing, "status": "failed", "records_processed": 0, "error": "HTTP 503 from /x"})
        marts.run(
            start + timedelta(minutes=5 * number),
            rows,
            "partial" if failing else "success",
            run_id=f"00000000-0000-0000-0000-00000000000{number}",
            version=4 + number,
        )
