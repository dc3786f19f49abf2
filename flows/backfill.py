"""`python -m flows.backfill btc --from 2025-01-01`: the past of coins, as far as it has not landed before.

A coin is read in windows, each once, so that a backfill that was stopped goes on where it was. The turn to write is
taken for each coin anew: scheduled passes go on in between, and publish what has landed. Exit codes: 0 all of it has
landed, 3 a part could not be read, 1 nothing was.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple, get_args

import psycopg2

from extract import pipeline
from extract.errors import SourceError
from extract.landing import Past
from extract.pipeline import Extracted
from flows.console import stoppable
from flows.ledger import BACKFILL, open_run
from flows.turns import BusyError
from kasparro import failures, logs
from kasparro.settings import Settings, SettingsError, load_settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse

HistorySource = Literal["coingecko", "coinpaprika"]
SOURCES: tuple[HistorySource, ...] = get_args(HistorySource)
PATIENCE_SECONDS = 30 * 60
SHARE_OF_CALLS = 0.5
"""Of the calls that the month still had when it began, a backfill leaves the other half to the passes."""

logger = logging.getLogger("flows")


class BackfillError(Exception):
    """What was asked for can't be read; the message says what to ask for instead."""


class Unit(NamedTuple):
    """A coin as one source calls it."""

    source: HistorySource
    coin: str


@dataclass(frozen=True)
class Request:
    """Which coins (`btc`, or `coingecko:bitcoin`), from when until when (UTC), of which sources."""

    coins: Sequence[str]
    start: datetime
    end: datetime
    sources: Sequence[HistorySource] = SOURCES


@dataclass
class Outcome:
    """What a backfill did: records taken, and what could not be read of which unit."""

    records: int = 0
    done: int = 0
    problems: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def exit_code(self) -> int:
        """0 all has landed, 3 a part could not be read, 1 nothing was."""
        return 0 if not self.problems else 3 if self.done else 1


def request(coins: Sequence[str], start: date, end: date | None, sources: Sequence[HistorySource] = SOURCES) -> Request:
    """A request for whole days, the last one included. Raises BackfillError."""
    last = end or datetime.now(UTC).date()
    if not coins:
        raise BackfillError(
            "name at least one coin, by its canonical_id (btc) or as a source calls it (coingecko:bitcoin)"
        )
    if start > last:
        raise BackfillError(f"it would begin on {start} and end on {last}: give an end after its beginning")
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
    return Request(
        tuple(coins), begin, datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1), sources
    )


def units(asked: Request, warehouse: Warehouse) -> list[Unit]:
    """The listings behind the coins, each once. Raises BackfillError for a coin that nobody knows."""
    found: dict[Unit, None] = {}
    with closing(psycopg2.connect(warehouse.url("reader"))) as connection, connection.cursor() as cursor:
        for coin in asked.coins:
            source, _, its_id = coin.partition(":")
            if its_id:
                listings = [Unit(name, its_id) for name in asked.sources if name == source]
            else:
                cursor.execute(
                    "select source, source_coin_id from marts.coin_listings "
                    "where canonical_id = %s and source = any (%s) order by source",
                    (coin, list(asked.sources)),
                )
                listings = [Unit(name, listing) for name, listing in cursor.fetchall()]
            if not listings:
                raise BackfillError(
                    f"no source with a past knows {coin!r}: name a coin by its canonical_id in marts.coins (btc), "
                    f"or as a source calls it (coingecko:bitcoin)"
                )
            found.update(dict.fromkeys(listings))
    return list(found)


class Calls:
    """How many calls each source has left for a backfill."""

    def __init__(self) -> None:
        self._least: dict[str, float] = {}
        self._left: dict[str, int] = {}

    def note(self, source: str, extracted: Extracted) -> None:
        """What the budget says after a unit."""
        if extracted.calls_budget:
            self._left[source] = extracted.calls_budget - extracted.calls_this_month
            self._least.setdefault(source, self._left[source] * SHARE_OF_CALLS)

    def refusal(self, source: str) -> str | None:
        """Why no further unit of a source is read, or None when it may be."""
        if source not in self._left or self._left[source] > self._least[source]:
            return None
        return (
            f"half of the calls that were left for {source} this month are spent: the rest is for the passes. "
            f"Run it again next month, or raise {source.upper()}_MONTHLY_CALLS"
        )


def read(
    unit: Unit,
    asked: Request,
    settings: Settings,
    warehouse: Warehouse,
    calls: Calls,
    *,
    flow_run_id: str | None = None,
) -> Extracted:
    """Land what has not landed of a coin's past, as a run of the ledger.

    Raises SourceError when nothing is read, BusyError.
    """
    if refusal := calls.refusal(unit.source):
        raise SourceError(refusal)
    past = Past(unit.coin, asked.start, asked.end)
    subject = f"{unit.source}:{unit.coin} from {asked.start:%Y-%m-%d} to {asked.end - timedelta(days=1):%Y-%m-%d}"
    with open_run(settings, warehouse, BACKFILL, flow_run_id, subject=subject, patience=PATIENCE_SECONDS) as ledger:
        extracted = ledger.turn.work(lambda: pipeline.run(unit.source, settings, warehouse, backfill=past))
        status = "partial" if extracted.problem else "success"
        ledger.finish(status, records=extracted.accepted, error=extracted.problem)
    calls.note(unit.source, extracted)
    return extracted


Read = Callable[[Unit, Request, Settings, Warehouse, Calls], Extracted]


def run(asked: Request, settings: Settings, warehouse: Warehouse, read: Read = read) -> Outcome:
    """Read every unit in turn, and say how far it is. Raises BackfillError, BusyError."""
    outcome, calls = Outcome(), Calls()
    wanted = units(asked, warehouse)
    for number, unit in enumerate(wanted, 1):
        name = f"{unit.source} {unit.coin}"
        try:
            extracted = read(unit, asked, settings, warehouse, calls)
        except SourceError as error:
            problem = str(error)
        else:
            problem = extracted.problem
            outcome.done += 1
            outcome.records += extracted.accepted
            logger.info("%d of %d: %s: %s records", number, len(wanted), name, f"{extracted.accepted:,}")
        if problem:
            outcome.problems[name] = problem
            logger.warning("%d of %d: %s: %s", number, len(wanted), name, problem)
    return outcome


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{given!r} is no day: expected one such as 2025-01-31") from None


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m flows.backfill", description="The past of coins.")
    parser.add_argument("coins", nargs="+", help="canonical ids (btc), or ids of a source (coingecko:bitcoin)")
    parser.add_argument("--from", dest="start", required=True, type=_day, help="first day, 2025-01-31")
    parser.add_argument("--to", dest="end", type=_day, help="last day (default: today)")
    parser.add_argument("--source", action="append", choices=SOURCES, help="only this source; may be repeated")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run a backfill; every failure is one line that says what to do."""
    arguments = _arguments(given)
    try:
        settings = load_settings()
        logs.configure(settings)
        failures.arm(settings)
        asked = request(arguments.coins, arguments.start, arguments.end, tuple(arguments.source or SOURCES))
        with stoppable("stopped: the same command goes on where it was"):
            outcome = run(asked, settings, ensure_warehouse(settings))
    except (SettingsError, WarehouseError, BackfillError, BusyError) as error:
        print(error, file=sys.stderr)
        return 1
    logger.info("%s records landed; the next pass publishes them", f"{outcome.records:,}")
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
