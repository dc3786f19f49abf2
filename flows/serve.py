"""`python -m flows.serve`: registers the deployments with Prefect and runs them, until told to stop."""

import os
import sys
from datetime import timedelta
from typing import Any

from kasparro import logs
from kasparro.environment import prefect_environment
from kasparro.settings import SettingsError, load_settings


def main() -> int:
    """Serve the deployments; Prefect's environment is set before Prefect is imported."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    os.environ.update({**prefect_environment(settings), **os.environ, "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,extract"})
    scratch = settings.kasparro_home / "prefect" / "tmp"  # Prefect's runner storage is one folder for all users else
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(scratch)
    logs.configure(settings)

    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy

    from flows.prefect_flows import elt

    deployment: Any = elt.to_deployment(
        "elt",
        interval=timedelta(minutes=settings.etl_interval_minutes),
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        description="Reads every source, then builds, audits and publishes the marts.",
        tags=["elt"],
    )
    serve(deployment, pause_on_shutdown=False, print_starting_message=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
