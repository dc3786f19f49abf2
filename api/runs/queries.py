"""All SQL of `/runs`."""

from typing import Any

from sqlalchemy import Connection, text

from api.database import exists
from api.lists.columns import arranged
from api.lists.conditions import Conditions
from api.lists.listing import Listing, SortKey

COLUMNS = arranged(
    "run_id trigger subject status started_at completed_at duration_seconds records_processed version "
    "prefect_flow_run_id error",
    time="started_at completed_at",
    decimal="duration_seconds",
    integer="records_processed version",
)
# a run of Prefect's may have begun more than once: its id is that of the newest
RUN = text(f"""
    select {", ".join(column.name for column in COLUMNS)}
    from ops.etl_runs
    where run_id = cast(:run_id as uuid) or prefect_flow_run_id = :run_id
    order by (run_id = cast(:run_id as uuid)) desc, started_at desc
    limit 1
""")  # noqa: S608  constants
SOURCES = text("""
    select
        source,
        status,
        records_processed,
        records_rejected,
        started_at,
        completed_at,
        duration_seconds,
        calls_this_month,
        calls_budget,
        plan,
        error
    from ops.etl_source_runs
    where run_id = :run_id
    order by source
""")
ANOMALIES = text("""
    select kind, severity, detail, nullif(source, '') as source
    from ops.run_anomalies
    where run_id = :run_id
    order by kind, detail
""")


def runs(status: str | None, trigger: str | None) -> Listing:
    """Passes, newest first."""
    conditions = Conditions()
    conditions.equal("run.status", "status", status)
    conditions.equal("run.trigger", "trigger", trigger)
    others = ", ".join(f"run.{column.name}" for column in COLUMNS[1:])
    select = f"cast(run.run_id as text) as run_id, {others}"
    key = SortKey("run.started_at", "timestamptz", nullable=False)
    return Listing(COLUMNS, select, "\nfrom ops.etl_runs as run", conditions, key, descending=True, tie=("run.run_id",))


def run(connection: Connection, run_id: str) -> dict[str, Any] | None:
    """A pass, by its own id or that of Prefect's run, with its sources and what was odd about it."""
    found = connection.execute(RUN, {"run_id": run_id}).mappings().first()
    if found is None:
        return None
    own = str(found["run_id"])
    sources = [dict(row) for row in connection.execute(SOURCES, {"run_id": own}).mappings()]
    return {**found, "run_id": own, "sources": sources, "anomalies": anomalies(connection, own)}


def not_begun(run_id: str, status: str, why: str | None) -> dict[str, Any]:
    """A pass that is not in the ledger, as Prefect has it, in the form of one that is."""
    known = {"run_id": run_id, "trigger": "prefect", "status": status, "prefect_flow_run_id": run_id, "error": why}
    return {
        **{column.name: None for column in COLUMNS},
        "records_processed": 0,
        **known,
        "sources": [],
        "anomalies": [],
    }


def anomalies(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """What was odd about a pass; none in a warehouse of an older release."""
    if not exists(connection, "ops.run_anomalies"):
        return []
    return [dict(row) for row in connection.execute(ANOMALIES, {"run_id": run_id}).mappings()]
