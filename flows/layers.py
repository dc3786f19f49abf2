"""dbt's layers as tasks of Prefect: one `dbt build`, and a task for each layer that ends when its last node does."""

import threading
from collections import defaultdict
from collections.abc import Mapping

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.transform import NodeResult, TransformError, Watch


class LayerWatch(Watch):
    """Knows of each layer what has ended, and lets others wait for the rest."""

    def __init__(self) -> None:
        self._nodes: defaultdict[str, list[NodeResult]] = defaultdict(list)
        self._expected: Mapping[str, int] = {}
        self._changed = threading.Condition()
        self._is_over = False

    def expects(self, layers: Mapping[str, int]) -> None:
        """How many nodes each layer has."""
        with self._changed:
            self._expected = layers

    def ended(self, node: NodeResult) -> None:
        """A node has ended."""
        super().ended(node)
        with self._changed:
            self._nodes[node.layer].append(node)
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more will end."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def wait(self, layer: str) -> list[NodeResult]:
        """The nodes of a layer, once all of them have ended. Raises TransformError for what failed, or never ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._is_whole(layer))
            nodes = list(self._nodes[layer])
            is_whole = self._is_whole(layer)
        for node in nodes:
            if node.has_failed:
                raise TransformError(f"{node.kind} {node.name}: {node.message}")
        if not is_whole:
            raise TransformError(f"{len(nodes)} of {self._expected.get(layer, 'its')} nodes had ended when dbt stopped")
        return nodes

    def _is_whole(self, layer: str) -> bool:
        return bool(self._expected) and len(self._nodes[layer]) >= self._expected.get(layer, 0)


@task(name="layer", task_run_name="dbt {layer}", cache_policy=NO_CACHE, persist_result=False)
def layer_task(layer: str, watch: LayerWatch) -> int:
    """Follow a layer of the running dbt build to its end; returns how many nodes it has."""
    nodes = watch.wait(layer)
    skipped = sum(node.status == "skipped" for node in nodes)
    seconds = sum(node.seconds for node in nodes)
    counted = f"{len(nodes)} node{'' if len(nodes) == 1 else 's'}"
    get_run_logger().info("%s, %.1f s of work%s", counted, seconds, f", {skipped} skipped" if skipped else "")
    return len(nodes)
