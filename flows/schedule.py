"""`python -m flows.schedule status|pause|resume`: what runs when; switch all schedules off, and on again."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kasparro.environment import prefect_environment
from kasparro.settings import SettingsError, load_settings

DEPLOYMENTS = ("elt", "catalogue", "maintenance")
RESUME = "python -m flows.schedule resume"


async def _switch(*, paused: bool) -> str:
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        for name in DEPLOYMENTS:
            deployment = await client.read_deployment_by_name(f"{name}/{name}")
            await (client.pause_deployment if paused else client.resume_deployment)(deployment.id)
    return "nothing runs by schedule until it is resumed" if paused else "the schedule is in force again"


async def _status() -> str:
    """A line for each deployment: paused or active, its next run, its last one; then what to do, if need be."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import DeploymentStatus

    paused, lines, is_served = False, list[str](), True
    async with get_client() as client:
        for name in DEPLOYMENTS:
            deployment = await client.read_deployment_by_name(f"{name}/{name}")
            paused = paused or deployment.paused
            is_served = is_served and deployment.status == DeploymentStatus.READY
            coming, last = await _runs(client, deployment.id)
            lines.append(f"{name:<12} {'paused' if deployment.paused else 'active':<7} next {coming}; last {last}")
    if paused:
        lines.append(f"what is paused runs by hand only: {RESUME}")
    if not is_served:
        lines.append("nothing takes the runs: start the system with make run, or python -m flows.serve")
    return "\n".join(lines)


async def _runs(client: Any, deployment_id: object) -> tuple[str, str]:
    """When a deployment runs next, and when and how it ran last, in words."""
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    of_it = DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id]))  # pyright: ignore[reportArgumentType]
    scheduled = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])))
    started = FlowRunFilter(start_time=FlowRunFilterStartTime(is_null_=False))
    coming = await client.read_flow_runs(
        flow_run_filter=scheduled, deployment_filter=of_it, sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=1
    )
    last = await client.read_flow_runs(
        flow_run_filter=started, deployment_filter=of_it, sort=FlowRunSort.START_TIME_DESC, limit=1
    )
    return (
        _clock(coming[0].expected_start_time) if coming else "never",
        f"{_clock(last[0].start_time)}: {last[0].state_name.lower()}" if last else "never",
    )


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def main(given: Sequence[str] | None = None) -> int:
    """Say what is in force, or switch."""
    parser = argparse.ArgumentParser(prog="python -m flows.schedule", description="The schedule, and its switch.")
    parser.add_argument("what", choices=("status", "pause", "resume"))
    what = parser.parse_args(given).what
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    os.environ.update(prefect_environment(settings))
    import httpx
    from prefect.exceptions import ObjectNotFound

    try:
        print(asyncio.run(_status() if what == "status" else _switch(paused=what == "pause")))
    except ObjectNotFound:
        print("Prefect knows no deployments yet: start them with make run", file=sys.stderr)
        return 1
    except httpx.HTTPError as error:
        print(f"Prefect can't be reached ({error}): start it with make run", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
