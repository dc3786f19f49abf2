"""`python -m flows.elt`: one pass without Prefect, for `make elt`, cron and the first pass of `make run`.

Exit codes: 0 all sources good, 3 some source failed and the rest was published, 1 nothing published.
"""

import argparse
import logging
import os
import sys

from flows.console import stoppable
from flows.steps import run_pass
from flows.turns import BusyError, TurnLostError
from kasparro import logs
from kasparro.settings import SettingsError, load_settings
from kasparro.warehouse import WarehouseError

logger = logging.getLogger("flows")


def main() -> int:
    """Run one pass; every failure is one line that says what to do."""
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")  # a stopped pass is no news
    parser = argparse.ArgumentParser(prog="python -m flows.elt", description="One extract-then-transform pass.")
    parser.add_argument("--trigger", default="manual", help="what started it, for the ledger (default: manual)")
    trigger = parser.parse_args().trigger
    try:
        settings = load_settings()
        logs.configure(settings)
        with stoppable("stopped: the next pass completes the work"):
            outcome = run_pass(settings, trigger)
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
