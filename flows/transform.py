"""Transformation: `dbt build`, in this process, with its nodes' results as data."""

import gc
import logging
import os
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg2

from flows import builds
from kasparro import failures
from kasparro.environment import dbt_environment, published_state
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse

logger = logging.getLogger("flows")

FAILED = ("error", "fail", "runtime error")
LAYERS = ("seeds", "staging", "intermediate", "marts", "ops", "audits")
QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "info", "--no-use-colors", "--no-write-json")
"""To the log only, and without the JSON of manifest and results, which takes a second and nobody reads after a pass."""

Scope = Literal["everything", "anew", "refill", "part"]
SCOPES: Mapping[Scope, Sequence[str]] = {
    "everything": (),
    "anew": ("--full-refresh",),
    # views and seeds are what they were: they follow from the project alone
    "refill": ("--select", "config.materialized:table", "config.materialized:incremental", "resource_type:test"),
    "part": ("--exclude-resource-type", "test", "--select"),
}
"""How much is built, and the arguments that tell dbt so."""
SELDOM = 50_000
"""New objects between two looks for cycles; usually 700."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, test or hook."""

    name: str
    kind: str
    layer: str
    status: str
    seconds: float
    message: str

    @property
    def has_failed(self) -> bool:
        """Whether it stops the publication."""
        return self.status in FAILED


class Watch:
    """Told how far dbt is; this one tells the log."""

    def expects(self, layers: Mapping[str, int]) -> None:
        """How many nodes each layer has."""

    def ended(self, node: NodeResult) -> None:
        """A node has ended."""
        logger.debug("built %s", node.name)


class TransformError(Exception):
    """dbt did not build every model and pass every audit; `nodes` has the results that there are."""

    def __init__(self, message: str, nodes: tuple[NodeResult, ...] = ()) -> None:
        super().__init__(message)
        self.nodes = nodes


def build(
    settings: Settings,
    warehouse: Warehouse,
    watch: Watch,
    *,
    run_id: str,
    turn: int,
    only: Sequence[str] = (),
    anew: bool = False,
) -> tuple[NodeResult, ...]:
    """Build and audit the candidate marts and publish them; `watch` is told of each node as it ends.

    They are published only while the session that holds the turn (by the key `turn`) is there. Of a warehouse that this
    project has built as a whole, the tables are refilled; any other one gets views and seeds, too. With `only`, what
    these selectors of dbt choose is built, and nothing is published. With `anew`, derivations are made of raw and the
    records alone, not of what is published.

    Raises TransformError, saying in one line which node failed and where the log is; nothing is published then.
    """
    marked, before, built = builds.mark(warehouse), builds.state(warehouse), builds.last(warehouse)
    scope: Scope = "part" if only else "anew" if anew else "everything"
    if scope == "everything" and built and built.project == before.project:
        scope = "refill"
    run = {"KASPARRO_RUN_ID": run_id, "KASPARRO_TURN": str(turn), "KASPARRO_SCOPE": scope}
    # what people's dbt parses with another target, or is interrupted in, costs no pass a moment
    run["DBT_TARGET_PATH"] = str(settings.kasparro_home / "dbt" / "pass")
    os.environ.update(dbt_environment(settings, warehouse), **run)
    with failures.gate("publish", warehouse.url("admin")) as lock, _collecting_seldom():
        os.environ["KASPARRO_FAILURE_LOCK"] = str(lock or "")
        outcome, manifest = _invoke(watch, scope, only)
    try:
        nodes = _results(outcome, settings.kasparro_home / "logs" / "dbt.log")
    except TransformError:
        with suppress(psycopg2.Error):  # the warehouse may be gone, which loses nothing
            builds.forget(warehouse)  # were it for a table that somebody dropped, a refill would never bring it back
        raise
    if scope in ("everything", "refill"):
        builds.record(warehouse, before, run_id if scope == "everything" else marked)
    if scope != "part":
        _keep_manifest(manifest, published_state(settings) / "manifest.json", is_new=scope != "refill")
    return nodes


def _keep_manifest(manifest: Any, path: Path, *, is_new: bool) -> None:
    """Keep the manifest of what is published, for `dbt build --select state:modified`. It takes a second."""
    if is_new or not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.{os.getpid()}")
        manifest.write(str(scratch))
        scratch.replace(path)


def is_needed(warehouse: Warehouse) -> bool:
    """Whether a build could make anything else than the last one did."""
    return builds.last(warehouse) != builds.state(warehouse)


def _results(outcome: Any, log: Path) -> tuple[NodeResult, ...]:
    """What became of each node. Raises TransformError when one failed."""
    nodes = tuple(_node_result(result) for result in getattr(outcome.result, "results", None) or ())
    if outcome.exception is not None:
        raise TransformError(f"dbt stopped: {_first_line(str(outcome.exception))} (see {log})", nodes)
    failed = [node for node in nodes if node.has_failed]
    if failed or not outcome.success:
        first = failed[0] if failed else None
        what = f"{first.kind} {first.name}: {_first_line(first.message)}" if first else "dbt failed"
        raise TransformError(f"{what} (see {log})", nodes)
    return nodes


@contextmanager
def _collecting_seldom() -> Generator[None]:
    """Let Python look for cycles seldom: at its usual rate, that takes half a second of CPU more.

    dbt keeps hundreds of thousands of objects for as long as it runs, and every look goes through them.
    """
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _invoke(watch: Watch, scope: Scope, only: Sequence[str]) -> tuple[Any, Any]:
    """Parse, then build with what was parsed: the same work as a build, but its nodes are known before it begins.

    Returns the outcome, and the manifest if there is one.
    """
    from dbt.cli.main import dbtRunner  # 3 s to import: only a pass pays for it

    parsed = dbtRunner().invoke(["parse", *QUIET])
    if not parsed.success:
        return parsed, None
    manifest: Any = parsed.result
    watch.expects(Counter(layer_of(node) for node in manifest.nodes.values() if _is_built(node, scope)))

    def on_event(event: Any) -> None:
        if event.info.name != "NodeFinished":
            return
        node, result = event.data.node_info, event.data.run_result
        watch.ended(
            NodeResult(
                name=node.node_name,
                kind=node.resource_type,
                layer=layer_of(manifest.nodes[node.unique_id]),
                status=result.status,
                seconds=float(result.execution_time),
                message=result.message,
            )
        )
        failures.point("dbt.node")

    build = ["build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    invocation = [*build, *SCOPES[scope], *only, *QUIET]
    return dbtRunner(manifest=manifest, callbacks=[on_event]).invoke(invocation), manifest


def layer_of(node: Any) -> str:
    """The layer that a node of dbt belongs to, by its folder."""
    parts = str(getattr(node, "original_file_path", "")).split("/")
    if parts[0] == "models" and len(parts) > 2:
        return parts[1]
    return {"seeds": "seeds", "tests": "audits"}.get(parts[0], "")


def _is_built(node: Any, scope: Scope) -> bool:
    is_kept = scope == "refill" and node.config.materialized in ("seed", "view")
    return node.resource_type in ("model", "seed", "test") and not is_kept


def _node_result(result: Any) -> NodeResult:
    return NodeResult(
        name=result.node.name,
        kind=str(result.node.resource_type),
        layer=layer_of(result.node),
        status=str(result.status),
        seconds=float(result.execution_time),
        message=str(result.message or ""),
    )


def _first_line(text: str) -> str:
    """The first lines of a dbt message, which says the place on one and the reason on the next, as one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:2])
