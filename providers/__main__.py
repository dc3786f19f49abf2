"""Run the stand-in providers as a process: `python -m providers --port 9000`.

Prints one line of JSON with the base URLs once it listens, then nothing. Ends on SIGTERM or SIGINT with status 0.
"""

import argparse
import json
import signal
import sys
import threading
import time
from pathlib import Path

from pydantic import ValidationError

from providers.faults import PlanFile
from providers.generated import GeneratedMarket
from providers.recorded import RecordedMarket
from providers.server import StandIn, running

TICK_SECONDS = 60.0


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop. Returns the exit status: 2 when an argument is wrong."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        file = PlanFile.read(options.faults) if options.faults else PlanFile()
        market = RecordedMarket(options.folder) if options.folder else GeneratedMarket(options.coins, options.seed)
        with running(market, file.plan(), options.port, options.host, file.doors) as stand_in:
            stand_in.keeps_requests = False
            print(json.dumps(_addresses(stand_in)), flush=True)
            _serve(market, options.speed, stop)
    except (OSError, ValueError, ValidationError) as error:
        print(f"providers: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m providers", description="Stand-ins for CoinPaprika, CoinGecko and news feeds."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=9000, help="port to listen on, 0 for a free one (%(default)s)")
    parser.add_argument("--market", choices=["generated"], default="generated", help="an invented market (the default)")
    parser.add_argument("--folder", type=Path, help="serve this folder of recorded responses instead")
    parser.add_argument(
        "--coins", type=int, default=2000, help="coins at CoinGecko in the invented market (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed invents the same market (%(default)s)")
    parser.add_argument("--faults", type=Path, help="a fault plan as JSON")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="market minutes per minute; 0 stands still (%(default)s)"
    )
    return parser


def _addresses(stand_in: StandIn) -> dict[str, object]:
    feeds = [stand_in.rss_url(name) for name in stand_in.market.feed_names()]
    return {"coinpaprika": stand_in.coinpaprika_url, "coingecko": stand_in.coingecko_url, "rss": feeds}


def _serve(market: GeneratedMarket | RecordedMarket, speed: float, stop: threading.Event) -> None:
    """Wait for the stop. A generated market moves meanwhile, and has its rows ready before they are asked for."""
    if isinstance(market, RecordedMarket) or speed <= 0:
        stop.wait()
        return
    began, ticks = time.monotonic(), 0
    while not stop.is_set():
        market.prepare()
        due = began + (ticks + 1) * TICK_SECONDS / speed
        if stop.wait(max(due - time.monotonic(), 0)):
            return
        passed = max(int((time.monotonic() - began) * speed / TICK_SECONDS) - ticks, 1)
        market.advance(passed)
        ticks += passed


if __name__ == "__main__":
    sys.exit(main())
