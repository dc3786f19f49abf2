"""Runs that Prefect takes for running though their process is gone: their end is told to it before it runs others.

Such a run keeps its place among those that may run at once, also when it was killed together with Prefect's server, and
every run after it would be cancelled.
"""

import asyncio
import logging
from contextlib import closing
from uuid import UUID

import psycopg2

from kasparro import turn
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse

MESSAGE = "killed before its end: the next pass completes its work"
# a run of the ledger is open while it has the turn; nothing has it, so what is open died
DEAD = f"""
    select distinct prefect_flow_run_id from ops.etl_runs
    where prefect_flow_run_id = any (%s)
        and (status in ('crashed', 'cancelled') or status = 'running' and not exists ({turn.HOLDER}))
"""  # noqa: S608  # a query of our own

logger = logging.getLogger("flows")


def close(settings: Settings) -> None:
    """Tell Prefect of every run that died; what can't be known now, or told, is left to its leases."""
    try:
        told = asyncio.run(_close(ensure_warehouse(settings)))
    except (WarehouseError, psycopg2.Error) as error:
        logger.warning("the warehouse does not say which runs were killed: %s", error)
        return
    for name in told:
        logger.warning("the run %s was %s", name, MESSAGE)


async def _close(warehouse: Warehouse) -> list[str]:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    unfinished = FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING])
    async with get_client() as client:
        runs = await client.read_flow_runs(flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=unfinished)))
        dead = _dead(warehouse, [run.id for run in runs])
        for run in runs:
            if run.id in dead:
                await client.set_flow_run_state(run.id, Crashed(message=MESSAGE), force=True)
    return [run.name for run in runs if run.id in dead]


def _dead(warehouse: Warehouse, runs: list[UUID]) -> set[UUID]:
    with closing(psycopg2.connect(warehouse.url("reader"))) as connection, connection.cursor() as cursor:
        cursor.execute(DEAD, ([str(run) for run in runs],))
        return {UUID(run) for (run,) in cursor.fetchall()}
