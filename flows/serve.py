"""`python -m flows.serve`: registers the deployments with Prefect and runs them, until told to stop."""

import os
import sys
from datetime import timedelta
from typing import Any

from flows import orphans
from kasparro import alert_url, interrupts, logs
from kasparro.environment import prefect_environment
from kasparro.settings import Settings, SettingsError, load_settings

CATALOGUE_CRON = "10 3 * * *"
MAINTENANCE_CRON = "40 4 * * *"


def deployments(settings: Settings) -> list[Any]:
    """The four deployments. Each runs once at a time; that no two write at once is the warehouse's to see to."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy

    from flows.prefect_flows import backfill_flow, catalogue, elt, maintenance_flow

    once = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    in_turn = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
    passes: Any = elt.to_deployment(
        "elt",
        interval=timedelta(minutes=settings.etl_interval_minutes),
        concurrency_limit=once,
        description="Reads every source, then builds, audits and publishes the marts.",
        tags=["pass"],
    )
    daily: Any = catalogue.to_deployment(
        "catalogue",
        cron=CATALOGUE_CRON,
        concurrency_limit=once,
        description="A pass that reads the catalogues, too: coins and contracts. Daily, at night (UTC).",
        tags=["pass"],
    )
    past: Any = backfill_flow.to_deployment(
        "backfill",
        concurrency_limit=in_turn,
        description="The past of coins, by hand: name the coins and the first day. Goes on where it was stopped.",
        tags=["by-hand"],
    )
    upkeep: Any = maintenance_flow.to_deployment(
        "maintenance",
        cron=MAINTENANCE_CRON,
        concurrency_limit=once,
        description="Removes what RAW_RETENTION_DAYS and QUOTES_RETENTION_DAYS no longer keep. Daily, at night (UTC).",
        tags=["upkeep"],
    )
    return [passes, daily, past, upkeep]


def main() -> int:
    """Serve the deployments; Prefect's environment is set before Prefect is imported."""
    try:
        settings = load_settings()
        alert_url.require_known(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    os.environ.update(prefect_environment(settings), PREFECT_LOGGING_EXTRA_LOGGERS="flows,extract")
    scratch = settings.kasparro_home / "prefect" / "tmp"  # Prefect's runner storage is one folder for all users else
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(scratch)
    logs.configure(settings)

    from prefect import serve

    interrupts.be_told()
    orphans.close(settings)
    serve(*deployments(settings), pause_on_shutdown=False, print_starting_message=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
