"""All SQL of `POST /etl/trigger`."""

from sqlalchemy import Connection, text

# one that is older died without saying so: it must not block passes for ever
RUNNING = text("""
    select coalesce(prefect_flow_run_id, run_id::text) as run_id
    from ops.etl_runs
    where status = 'running' and started_at > now() - interval '1 hour'
    order by started_at desc
    limit 1
""")


def running(connection: Connection) -> str | None:
    """The id of the pass that is running, whoever started it."""
    return connection.execute(RUNNING).scalar()
