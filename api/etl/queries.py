"""All SQL of `POST /etl/trigger`."""

from typing import NamedTuple

from sqlalchemy import Connection, text

from kasparro.warehouse import PASS_LOCK


class Running(NamedTuple):
    """What is writing: a pass, or something else, which has no id, nor has a pass before it is in the ledger.

    `flow_run_id` is Prefect's, if Prefect runs it.
    """

    run_id: str | None
    flow_run_id: str | None
    work: str = "pass"


# A pass holds this session lock of its database for as long as it lives: the ledger's word of one that died is worth
# nothing. A lock of 64 bits is shown as two halves.
RUNNING = text("""
    select
        run.run_id::text,
        run.prefect_flow_run_id,
        coalesce(substring(activity.application_name from '^kasparro (.*)$'), 'pass') as work
    from pg_locks
    left join pg_stat_activity as activity on activity.pid = pg_locks.pid
    left join lateral (
        select run_id, prefect_flow_run_id
        from ops.etl_runs
        where status = 'running'
        order by started_at desc
        limit 1
    ) as run on true
    where locktype = 'advisory' and granted and objsubid = 1
        and database = (select oid from pg_database where datname = current_database())
        and (classid::bigint << 32) | objid::bigint = :lock
""")


def running(connection: Connection) -> Running | None:
    """What is running, whoever started it."""
    row = connection.execute(RUNNING, {"lock": PASS_LOCK}).first()
    return None if row is None else Running(*row)
