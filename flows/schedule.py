"""`python -m flows.schedule pause|resume`: switch the schedules of all deployments off, and on again."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from kasparro.environment import prefect_environment
from kasparro.settings import SettingsError, load_settings

DEPLOYMENTS = ("elt", "catalogue", "maintenance")


async def _switch(*, paused: bool) -> None:
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        for name in DEPLOYMENTS:
            deployment = await client.read_deployment_by_name(f"{name}/{name}")
            await (client.pause_deployment if paused else client.resume_deployment)(deployment.id)


def main(given: Sequence[str] | None = None) -> int:
    """Switch; says what is in force then."""
    parser = argparse.ArgumentParser(prog="python -m flows.schedule")
    parser.add_argument("what", choices=("pause", "resume"))
    what = parser.parse_args(given).what
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    os.environ.update({**prefect_environment(settings), **os.environ})
    import httpx
    from prefect.exceptions import ObjectNotFound

    try:
        asyncio.run(_switch(paused=what == "pause"))
    except ObjectNotFound:
        print("Prefect knows no deployments yet: start them with make run", file=sys.stderr)
        return 1
    except httpx.HTTPError as error:
        print(f"Prefect can't be reached ({error}): start it with make run", file=sys.stderr)
        return 1
    print("nothing runs by schedule until it is resumed" if what == "pause" else "the schedule is in force again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
