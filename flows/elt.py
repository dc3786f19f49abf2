"""`python -m flows.elt`: one pass without Prefect, for `make elt`, cron and the first pass of `make run`.

Exit codes: 0 all sources good, 3 some source failed and the rest was published, 1 nothing published, 2 wrong arguments.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import get_args

from flows.console import stoppable
from flows.steps import extract_all, run_pass
from flows.turns import BusyError, TurnLostError
from kasparro import alert_url, logs
from kasparro.settings import SettingsError, SourceName, load_settings
from kasparro.warehouse import WarehouseError

SOURCES: tuple[str, ...] = get_args(SourceName)
logger = logging.getLogger("flows")


def _sources(given: str) -> list[str]:
    """Sources as they are named on the command line, with commas between them."""
    names = [name.strip().lower() for name in given.split(",")]
    for name in names:
        if name not in SOURCES:
            whole = name.partition(":")[0]
            hint = f"; files are read together: name {whole}" if whole in SOURCES else ""
            raise argparse.ArgumentTypeError(f"{name!r} is no source: there are {', '.join(SOURCES)}{hint}")
    return names


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m flows.elt", description="One extract-then-transform pass.")
    parser.add_argument(
        "--sources",
        nargs="+",
        type=_sources,
        metavar="SOURCE",
        help=f"read only these: {', '.join(SOURCES)} (default: all that SOURCES names)",
    )
    parser.add_argument("--catalogue", action="store_true", help="read the catalogues of coins and contracts now, too")
    parser.add_argument("--trigger", help="what started it, for the ledger (default: manual, or catalogue)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run one pass; every failure is one line that says what to do."""
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")  # a stopped pass is no news
    asked = _arguments(given)
    sources = list(dict.fromkeys(name for names in asked.sources or () for name in names))
    trigger = asked.trigger or ("catalogue" if asked.catalogue else "manual")
    try:
        settings = load_settings()
        logs.configure(settings)
        alert_url.require_known(settings)
        with stoppable("stopped: the next pass completes the work"):
            extract = partial(extract_all, catalogue=asked.catalogue)
            outcome = run_pass(settings, trigger, sources=sources or None, extract_all=extract)
    except (SettingsError, WarehouseError, BusyError, TurnLostError) as error:
        print(error, file=sys.stderr)
        return 1
    if outcome.status == "success":
        logger.info("%s", outcome.publication)
    elif outcome.status == "partial":
        logger.warning("%s, without %s", outcome.publication, ", ".join(outcome.failures))
    else:
        logger.error("%s", outcome.error)
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
