"""Run the stand-in providers as a process: `python -m providers --port 9000`.

Prints one line of JSON with the base URLs once it listens, then nothing. Ends on SIGTERM or SIGINT with status 0.
"""

import argparse
import json
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from providers.generated import GeneratedMarket
from providers.recorded import RecordedMarket
from providers.scenario import Event, Scenario
from providers.server import running
from providers.stand_in import StandIn

TICK_SECONDS = 60.0
DEMO = Scenario(
    events=[
        Event.model_validate({"tick": tick, "do": do, "with": arguments})
        for tick, do, arguments in (
            (3, "migrate", ["matic-network", "POL (ex-MATIC)", "pol"]),
            (6, "rename", ["crypto-com-chain", "Cronos Chain"]),
            (9, "list_coin", ["Kasparro Demo Coin", "kdc", 0.42]),
            (12, "delist", ["okb"]),
            (15, "split", ["usd-coin", "polygon-pos"]),
            (21, "relist", ["okb"]),
        )
    ]
)
"""What happens in the first twenty minutes unless a plan is given: something to see in a demo."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop. Returns the exit status: 2 when an argument or the plan is wrong."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    try:
        market = _market(options)
        with running(market, port=options.port, host=options.host) as stand_in:
            _scenario(options).apply(stand_in)
            stand_in.keeps_requests = False
            print(json.dumps(_addresses(stand_in)), flush=True)
            _serve(market, options.speed, stop)
    except (OSError, ValueError, LookupError) as error:
        print(f"providers: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m providers", description="Stand-ins for CoinPaprika, CoinGecko and news feeds."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=9000, help="port to listen on, 0 for a free one (%(default)s)")
    add("--market", choices=["generated"], default="generated", help="an invented market, the default")
    add("--folder", type=Path, help="serve this folder of recorded responses instead")
    add("--coins", type=int, default=2000, help="coins at CoinGecko in the invented market (%(default)s)")
    add("--seed", type=int, default=1, help="the same seed invents the same market (%(default)s)")
    add("--start", type=datetime.fromisoformat, help="the market's time at first, ISO 8601, UTC (now)")
    add("--speed", type=float, default=1.0, help="market minutes per minute, 0 stands still (%(default)s)")
    add("--faults", type=Path, help="fault rules, rate limits and market events as JSON")
    return parser


def _market(options: argparse.Namespace) -> GeneratedMarket | RecordedMarket:
    if options.folder:
        return RecordedMarket(options.folder)
    start: datetime | None = options.start
    return GeneratedMarket(options.coins, options.seed, start.replace(tzinfo=start.tzinfo or UTC) if start else None)


def _scenario(options: argparse.Namespace) -> Scenario:
    """The plan given; else, in an invented market, the demo's events."""
    if options.faults:
        return Scenario.read(options.faults)
    return Scenario() if options.folder or options.coins < 50 else DEMO


def _addresses(stand_in: StandIn) -> dict[str, object]:
    feeds = [stand_in.rss_url(name) for name in stand_in.market.feed_names()]
    return {"coinpaprika": stand_in.coinpaprika_url, "coingecko": stand_in.coingecko_url, "rss": feeds}


def _serve(market: GeneratedMarket | RecordedMarket, speed: float, stop: threading.Event) -> None:
    """Wait for the stop. A generated market moves meanwhile, and has its rows ready before they are asked for."""
    if isinstance(market, RecordedMarket):
        stop.wait()
        return
    market.prepare()
    if speed <= 0:
        stop.wait()
        return
    began, ticks = time.monotonic(), 0
    while not stop.wait(max(began + (ticks + 1) * TICK_SECONDS / speed - time.monotonic(), 0)):
        passed = max(int((time.monotonic() - began) * speed / TICK_SECONDS) - ticks, 1)
        market.advance(passed)
        market.prepare()
        ticks += passed


if __name__ == "__main__":
    sys.exit(main())
