"""dlt's configuration: what is written here, and nothing else.

By itself dlt asks the environment for each of its hundreds of settings, under its full name and under every shorter
one down to `WORKERS` or `NAMING`, then the user's `.dlt/config.toml` and `secrets.toml`. Any of them may be there for
another program.
"""

from typing import Any

from dlt.common.configuration.container import Container
from dlt.common.configuration.providers import ConfigProvider, CustomLoaderDocProvider
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.runtime.run_context import RunContext

VALUES: dict[str, dict[str, Any]] = {
    "runtime": {"dlthub_telemetry": False, "log_level": "CRITICAL"},
    "extract": {"next_item_mode": "fifo"},
    "load": {"auto_abort_on_terminal_error": True, "delete_completed_jobs": True, "raise_on_max_retries": 3},
}


class _Ours(RunContext):
    """dlt's surroundings, but for where it looks settings up."""

    def initial_providers(self) -> list[ConfigProvider]:
        return [CustomLoaderDocProvider("extract.configuration", lambda: VALUES)]


def use() -> None:
    """Let dlt read these values alone, from now on; again, it does nothing."""
    container = Container()
    is_used = PluggableRunContext in container and isinstance(container[PluggableRunContext].context, _Ours)
    if not is_used:  # without looking dlt's own up: it would read the user's files
        container[PluggableRunContext] = PluggableRunContext(_Ours(None))
