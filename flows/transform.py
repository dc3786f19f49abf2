"""Transformation: `dbt build`, in this process, with its nodes' results as data."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kasparro.environment import dbt_environment
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse

GOOD = ("success", "pass", "no-op", "warn")


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, test or hook."""

    name: str
    kind: str
    layer: str
    status: str
    seconds: float
    message: str


class TransformError(Exception):
    """dbt did not build every model and pass every audit; `nodes` has the results that there are."""

    def __init__(self, message: str, nodes: tuple[NodeResult, ...] = ()) -> None:
        super().__init__(message)
        self.nodes = nodes


def build(
    settings: Settings, warehouse: Warehouse, progress: Callable[[str], None], *, run_id: str, turn: int
) -> tuple[NodeResult, ...]:
    """Build and audit the candidate marts and publish them; `progress` is told each node's name as it ends.

    They are published only while the session that holds the turn (by the key `turn`) is there.

    Raises TransformError, saying in one line which node failed and where the log is; nothing is published then.
    """
    os.environ.update(dbt_environment(settings, warehouse), KASPARRO_RUN_ID=run_id, KASPARRO_TURN=str(turn))
    from dbt.cli.main import dbtRunner  # 3 s to import: only a pass pays for it

    def on_event(event: Any) -> None:
        if event.info.name in ("LogModelResult", "LogTestResult", "LogSeedResult"):
            progress(event.data.node_info.node_name)

    outcome = dbtRunner(callbacks=[on_event]).invoke(
        [
            "build",
            "--exclude-resource-type",
            "unit_test",
            "--quiet",
            "--log-level",
            "none",
            "--log-level-file",
            "info",
            "--no-use-colors",
        ]
    )
    nodes = tuple(_node_result(result) for result in getattr(outcome.result, "results", None) or ())
    log = settings.kasparro_home / "logs" / "dbt.log"
    if outcome.exception is not None:
        raise TransformError(f"dbt stopped: {_first_line(str(outcome.exception))} (see {log})", nodes)
    failed = [node for node in nodes if node.status in ("error", "fail", "runtime error")]
    if failed or not outcome.success:
        first = failed[0] if failed else None
        what = f"{first.kind} {first.name}: {_first_line(first.message)}" if first else "dbt failed"
        raise TransformError(f"{what} (see {log})", nodes)
    return nodes


def _node_result(result: Any) -> NodeResult:
    node = result.node
    path = str(getattr(node, "original_file_path", ""))
    parts = path.split("/")
    return NodeResult(
        name=node.name,
        kind=str(node.resource_type),
        layer=parts[1] if parts[0] == "models" and len(parts) > 2 else "",
        status=str(result.status),
        seconds=float(result.execution_time),
        message=str(result.message or ""),
    )


def _first_line(text: str) -> str:
    """The first lines of a dbt message, which says the place on one and the reason on the next, as one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:2])
