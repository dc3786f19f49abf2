"""`python -m flows.rebuild`: make every derivation anew from raw and the records, and publish what differs.

The records are what can't be made again: the ledger of ids, the history of links, the feed of changes, quotes, candles,
snapshots, articles with what they mention, and the events of drift. Everything else (the tables between raw and marts,
coins, listings, relations, deployments, hours and days) is made without a look at what is published of it, audited, and
published as the next version, if it differs. Exit codes: 0 rebuilt, 1 not: what was published stays.
"""

import argparse
import sys
from contextlib import closing
from typing import Any

import psycopg2

from flows import transform
from flows.console import stoppable
from flows.transform import TransformError, Watch
from flows.turns import BusyError, take
from kasparro import logs
from kasparro.settings import Settings, SettingsError, load_settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse

PATIENCE_SECONDS = 15 * 60
NEWEST = "select version, changes from ops.publications order by version desc limit 1"


def run(settings: Settings, warehouse: Warehouse, *, patience: float = 0) -> list[str]:
    """Rebuild, once nothing else writes. Returns what differed, as lines for people.

    Raises BusyError, and TransformError when a model or an audit fails: nothing is published then.
    """
    with take(settings, warehouse, "rebuild", patience=patience) as turn:
        before, _ = _newest_version(warehouse)
        turn.work(lambda: transform.build(settings, warehouse, Watch(), run_id="", turn=turn.key, anew=True))
        version, changes = _newest_version(warehouse)
    if version == before:
        return [f"everything was made anew and equals version {version}, which stays"]
    return [
        f"everything was made anew; what differs is published as version {version}",
        *(_difference(mart, counts) for mart, counts in sorted(changes.items()) if any(counts.values())),
    ]


def _newest_version(warehouse: Warehouse) -> tuple[int, dict[str, Any]]:
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return cursor.fetchone() or (0, {})


def _difference(mart: str, counts: dict[str, int]) -> str:
    said = (f"{count:,} rows {what}" for what, count in counts.items() if count)
    return f"  {mart}: {', '.join(said)}"


def main() -> int:
    """Rebuild; every failure is one line that says what to do."""
    argparse.ArgumentParser(prog="make rebuild", description="Make every derivation anew.").parse_args()
    try:
        settings = load_settings()
        logs.configure(settings)
        with stoppable("stopped: what was published stays"):
            report = run(settings, ensure_warehouse(settings), patience=PATIENCE_SECONDS)
    except (SettingsError, WarehouseError, BusyError, TransformError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
