"""What a run did, as artifacts in Prefect's UI."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

import psycopg2
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.steps import Outcome
from flows.transform import NodeResult
from kasparro.warehouse import Warehouse

SOURCES = """
    select source, status, records_processed, records_rejected, round(duration_seconds, 1), coalesce(error, plan, '')
    from ops.etl_source_runs where run_id = %s order by source
"""
CHANGES = """
    select
        mart.key, counted.inserted, counted.updated, counted.deleted
    from ops.publications
    cross join lateral jsonb_each(changes) as mart
    cross join lateral jsonb_to_record(mart.value) as counted (inserted bigint, updated bigint, deleted bigint)
    where run_id = %s and (counted.inserted, counted.updated, counted.deleted) <> (0, 0, 0)
    order by mart.key
"""
ANOMALIES = "select kind, severity, detail from ops.run_anomalies where run_id = %s order by severity, kind"
IDENTITY = """
    select truth, method, market_cap_band, pairs, round(precision, 4), round(recall, 4)
    from ops.identity_quality where method = 'all' or market_cap_band = 'all' order by truth, method, market_cap_band
"""
DRIFT = """
    select concat_ws('.', source, table_name, nullif(field, '*')), kind, severity, evidence, suggested_mapping
    from ops.schema_drift_events where status = 'open' order by severity, source, table_name, field limit 20
"""


def show_nodes(nodes: Sequence[NodeResult]) -> None:
    """Every model and audit of dbt, the slowest first; what failed before all others."""
    ordered = sorted(nodes, key=lambda node: (not node.has_failed, -node.seconds))
    rows = [
        {
            "layer": node.layer,
            "node": node.name,
            "kind": node.kind,
            "status": node.status,
            "seconds": round(node.seconds, 2),
            "message": node.message,
        }
        for node in ordered
    ]
    create_table_artifact(table=rows, key="dbt-nodes", description="Every model and audit of this run's `dbt build`")


def show_pass(outcome: Outcome, warehouse: Warehouse) -> None:
    """How a pass ended: its sources, what it changed, what was unusual, how sure the identities are."""
    parts = [f"# {outcome.status}: {outcome.publication}" if outcome.version else f"# {outcome.status}"]
    if outcome.error and outcome.status == "failed":
        parts.append(outcome.error)
    parts.append(f"Run `{outcome.run_id}`")
    sections = (
        ("Sources", SOURCES, True, ("source", "status", "records", "quarantined", "seconds", "remarks")),
        ("What changed in the marts", CHANGES, True, ("mart", "added", "changed", "removed")),
        ("Unusual", ANOMALIES, True, ("what", "severity", "detail")),
        ("Drift that is open", DRIFT, False, ("field", "what", "severity", "evidence", "suggested mapping")),
        (
            "How sure the identities are",
            IDENTITY,
            False,
            ("truth", "method", "cap band", "pairs", "precision", "recall"),
        ),
    )
    with closing(psycopg2.connect(warehouse.url("reader"))) as connection:
        connection.autocommit = True
        for title, query, is_of_run, header in sections:
            rows = _rows(connection, query, (outcome.run_id,) if is_of_run else ())
            if rows:
                parts.append(f"## {title}\n\n{markdown_table(header, rows)}")
    create_markdown_artifact(key="pass", description="What this pass did", markdown="\n\n".join(parts) + "\n")


def show_report(key: str, title: str, facts: Mapping[str, object]) -> None:
    """What a backfill or maintenance did."""
    table = markdown_table(("what", "result"), [(name, value) for name, value in facts.items()])
    create_markdown_artifact(key=key, description=title, markdown=f"# {title}\n\n{table}\n")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown; what a cell holds can't break out of it."""
    lines = [[*header], ["---"] * len(header)]
    lines += [[_cell(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return str("" if value is None else value).replace("|", "\\|").replace("\n", " ")


def _rows(connection: Any, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    """Rows of a query; none where the table is not there yet."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
        return []
