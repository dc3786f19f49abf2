"""The whole system in the foreground: which services, in which order, and what the user is told."""

import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kasparro.environment import prefect_environment, write_shell_file
from kasparro.secrets import admin_api_key, key_path
from kasparro.settings import Settings, demo_file, load_settings
from kasparro.supervisor import (
    Service,
    Supervisor,
    SupervisorError,
    log_tail,
    python,
    require_free_port,
    wait_for_port,
)
from kasparro.warehouse import EmbeddedPostgres, ensure_warehouse

PREFECT_SECONDS = 180.0
PROVIDERS_SECONDS = 30.0
API_SECONDS = 60.0


def say(message: str) -> None:
    """Tell the user."""
    print(message, flush=True)


def prefect_command(settings: Settings, host: str = "127.0.0.1") -> Sequence[str]:
    """The command of Prefect's server."""
    port = str(settings.prefect_port)
    return [str(Path(sys.executable).parent / "prefect"), "server", "start", "--host", host, "--port", port]


def run(settings: Settings) -> int:
    """Run the system until Ctrl-C or SIGTERM. Raises SupervisorError or WarehouseError when it can't start."""
    if demo_file(settings).exists():
        raise SupervisorError(
            f"{settings.kasparro_home} holds a demo with invented prices: `make demo` goes on with it. "
            "For real data run `make clean` first, or set KASPARRO_HOME to another folder"
        )
    return _run(settings)


def demo(settings: Settings) -> int:
    """Run the system against the stand-in providers: no internet, no keys. A home with real data is left alone."""
    if not demo_file(settings).exists() and (settings.kasparro_home / "postgres").exists():
        settings = settings.model_copy(update={"kasparro_home": settings.kasparro_home / "demo"})
        say(f"KASPARRO_HOME holds real data, the demo uses {settings.kasparro_home}")
    os.environ["KASPARRO_HOME"] = str(settings.kasparro_home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return _run(settings, Service("providers", python("providers", "--port", str(port))), port)


def _run(settings: Settings, providers: Service | None = None, providers_port: int = 0) -> int:
    supervisor = Supervisor(settings, say)
    logs = settings.kasparro_home / "logs"
    try:
        with supervisor.exclusive():
            require_free_port(settings.api_port, "API_PORT", "the API", settings.api_host)
            require_free_port(settings.prefect_port, "PREFECT_PORT", "Prefect's server")
            if providers:
                supervisor.start(providers)
                if not wait_for_port(providers_port, lambda: _alive(providers), PROVIDERS_SECONDS):
                    raise SupervisorError(f"the stand-in providers did not start: see {logs / 'providers.log'}")
                _write_demo_file(settings, json.loads(log_tail(logs / "providers.log", 1)))
                load_settings.cache_clear()
                settings = load_settings()
            say("starting the warehouse")
            warehouse = ensure_warehouse(settings)
            write_shell_file(settings, warehouse)
            admin_api_key(settings)
            prefect = prefect_environment(settings)
            api = supervisor.start(Service("api", python("api")))
            supervisor.start(
                Service("first-pass", python("flows.elt", "--trigger", "start"), once=True, to_console=True)
            )
            server = supervisor.start(Service("prefect-server", prefect_command(settings), prefect))
            if not wait_for_port(settings.api_port, lambda: _alive(api), API_SECONDS):
                raise SupervisorError(f"the API did not start: see {logs / 'api.log'}")
            _introduce(settings, warehouse.shown)
            if not wait_for_port(settings.prefect_port, lambda: _alive(server), PREFECT_SECONDS):
                raise SupervisorError(f"Prefect's server did not start: see {logs / 'prefect-server.log'}")
            supervisor.start(Service("flows", python("flows.serve"), prefect))
            say(f"a pass every {settings.etl_interval_minutes} minutes from now on (Ctrl-C stops everything)")
            supervisor.watch()
    except KeyboardInterrupt:
        say("stopped")
    finally:
        if settings.warehouse_url is None:
            EmbeddedPostgres(settings).stop()
    return 0


def _write_demo_file(settings: Settings, addresses: dict[str, Any]) -> None:
    """Point this home at the stand-in providers."""
    lines = {
        "COINPAPRIKA_BASE_URL": addresses["coinpaprika"],
        "COINGECKO_BASE_URL": addresses["coingecko"],
        "COINPAPRIKA_RATE_LIMIT": "100/s",
        "COINGECKO_RATE_LIMIT": "100/s",
        "COINGECKO_MAX_COINS": "0",
        "RSS_RATE_LIMIT": "100/s",
        "RSS_FEEDS": ",".join(addresses["rss"]),
    }
    demo_file(settings).write_text("".join(f"{name}={value}\n" for name, value in lines.items()))


def _alive(service: Service) -> bool:
    return service.process is not None and service.process.poll() is None


def _introduce(settings: Settings, warehouse: str) -> None:
    host = "127.0.0.1" if settings.api_host in ("0.0.0.0", "::") else settings.api_host
    base = f"http://{host}:{settings.api_port}"
    rows = {
        "dashboard": base,
        "data": f"{base}/data?symbol=BTC",
        "API docs": f"{base}/docs",
        "Prefect": f"http://127.0.0.1:{settings.prefect_port} (password in {key_path(settings, 'prefect_password')})",
        "warehouse": f"{warehouse} (make psql, make url)",
        "admin key": f"in {key_path(settings, 'admin_api_key')}" if not settings.admin_api_key else "as set",
    }
    for name, value in rows.items():
        say(f"  {name:<10} {value}")
