"""The whole system in the foreground: which services, in which order, and what the user is told."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2

from kasparro import alert_url, database_url, home, ports, prefect_ui
from kasparro.environment import UI_DIRECTORY, local_prefect_api_url, prefect_environment, write_shell_file
from kasparro.secrets import admin_api_key, key_path
from kasparro.settings import SAMPLES, Settings, SettingsError, demo_file, is_demo, load_settings
from kasparro.supervisor import Service, Supervisor, SupervisorError, log_tail, python, require_free_port
from kasparro.warehouse import EmbeddedPostgres, Warehouse, WarehouseError, ensure_warehouse

PREFECT_SECONDS = 180.0
PROVIDERS_SECONDS = 60.0
API_SECONDS = 120.0
WAREHOUSE_PAUSE_SECONDS = 15.0


def say(message: str) -> None:
    """Tell the user, if there still is one: a closed terminal stops nothing."""
    with suppress(OSError):
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
    is_used = any((settings.kasparro_home / name).exists() for name in ("postgres", "dlt"))
    if is_used and not demo_file(settings).exists():
        settings = settings.model_copy(update={"kasparro_home": demo_home(settings)})
        say(f"KASPARRO_HOME holds real data: the demo uses {settings.kasparro_home}")
    os.environ["KASPARRO_HOME"] = str(settings.kasparro_home)
    return _run(settings, providers_port=ports.free())


def demo_home(settings: Settings) -> Path:
    """The home of a demo beside real data."""
    return settings.kasparro_home / "demo"


def _run(settings: Settings, providers_port: int | None = None) -> int:
    supervisor = Supervisor(settings, say)
    with supervisor.exclusive():
        try:
            _require_ports(settings)
            alert_url.require_known(settings)
            if providers_port:
                settings = _with_providers(settings, supervisor, providers_port)
            _start(settings, supervisor)
            supervisor.watch(also=_warehouse_kept_up(settings))
        except KeyboardInterrupt as request:
            say(f"stopping on {request} (once more to stop at once)")
        finally:
            supervisor.stop()
            if settings.warehouse_url is None:
                EmbeddedPostgres(settings).stop()
    say("stopped")
    return 0


def _require_ports(settings: Settings) -> None:
    """Raise SupervisorError, naming the variable, when a service could not have its port."""
    wanted = {"API_PORT": settings.api_port, "PREFECT_PORT": settings.prefect_port}
    if settings.warehouse_url is None:
        wanted["PG_PORT"] = settings.pg_port
    for port, count in Counter(wanted.values()).items():
        if count > 1:
            names = " and ".join(name for name, value in wanted.items() if value == port)
            raise SupervisorError(f"{names} are both {port}: set them to different ports")
    require_free_port(settings.api_port, "API_PORT", "the API", settings.api_host)
    require_free_port(settings.prefect_port, "PREFECT_PORT", "Prefect's server")


def _start(settings: Settings, supervisor: Supervisor) -> None:
    """Start everything: what the user looks at first comes first, and Prefect meanwhile."""
    say("starting the warehouse")
    warehouse = ensure_warehouse(settings)
    write_shell_file(settings, warehouse)
    admin_api_key(settings)
    prefect = prefect_environment(settings, local_prefect_api_url(settings))
    api = supervisor.start(Service("api", python("api"), prefect))
    prefect_ui.prepare(settings, Path(prefect[UI_DIRECTORY]), prefect["PREFECT_API_URL"])
    supervisor.start(Service("first-pass", python("flows.elt", "--trigger", "start"), once=True, to_console=True))
    server = supervisor.start(Service("prefect-server", prefect_command(settings), prefect))
    host = ports.local(settings.api_host)
    supervisor.wait_until(partial(ports.answers, host, settings.api_port, "/health/live"), api, API_SECONDS)
    _introduce(settings, warehouse)
    answers = partial(ports.answers, "127.0.0.1", settings.prefect_port, "/api/health")
    supervisor.wait_until(answers, server, PREFECT_SECONDS)
    supervisor.start(Service("flows", python("flows.serve"), prefect))
    say(f"a pass every {settings.etl_interval_minutes} minutes from now on (Ctrl-C stops everything)")


def _warehouse_kept_up(settings: Settings) -> Callable[[], None]:
    """What brings a killed embedded Postgres back, now and again; the API serves from memory meanwhile."""
    if settings.warehouse_url is not None:
        return lambda: None
    embedded, due = EmbeddedPostgres(settings), 0.0

    def keep_up() -> None:
        nonlocal due
        if embedded.running() or time.monotonic() < due:
            return
        due = time.monotonic() + WAREHOUSE_PAUSE_SECONDS
        say("the embedded Postgres ended and starts again")
        try:
            embedded.start()
        except (WarehouseError, SettingsError) as error:
            say(str(error))

    return keep_up


def _with_providers(settings: Settings, supervisor: Supervisor, port: int) -> Settings:
    """Start the stand-in providers, and point this home at them: every command run in it reads the invented market."""
    if not demo_file(settings).exists() and settings.warehouse_url is not None:
        _require_empty(ensure_warehouse(settings))
    providers = Service("providers", python("providers", "--port", str(port)))
    log = supervisor.log(providers)
    log.unlink(missing_ok=True)  # what it says first, and only that, tells its addresses
    supervisor.start(providers)
    supervisor.wait_until(lambda: log.read_text().endswith("}\n"), providers, PROVIDERS_SECONDS)
    addresses: dict[str, Any] = json.loads(log_tail(log, 1))
    url = settings.warehouse_url
    lines = {
        "DATABASE_URL": database_url.text(url) if url else "",
        "DB_HOST": "",
        "DB_NAME": "",
        "DB_USER": "",
        "DB_PASSWORD": "",
        "COINPAPRIKA_BASE_URL": addresses["coinpaprika"],
        "COINPAPRIKA_API_KEY": "",
        "COINPAPRIKA_RATE_LIMIT": "100/s",
        "COINPAPRIKA_MONTHLY_CALLS": "0",
        "COINGECKO_BASE_URL": addresses["coingecko"],
        "COINGECKO_API_KEY": "",
        "COINGECKO_PLAN": "public",
        "COINGECKO_RATE_LIMIT": "100/s",
        "COINGECKO_MONTHLY_CALLS": "0",
        "COINGECKO_MAX_COINS": "0",
        "RSS_RATE_LIMIT": "100/s",
        "RSS_FEEDS": ",".join(addresses["rss"]),
        "CSV_DIR": str(settings.csv_dir if "csv_dir" in settings.model_fields_set else SAMPLES),
        "INVENTED_MARKET": "true",
    }
    with home.writing(settings):
        home.write_private(demo_file(settings), "".join(f"{name}='{value}'\n" for name, value in lines.items()))
    load_settings.cache_clear()
    return load_settings()


def _require_empty(warehouse: Warehouse) -> None:
    """Raise SupervisorError when a warehouse of the user's has seen runs: invented prices would join real ones."""
    with closing(psycopg2.connect(warehouse.url("reader"))) as connection, connection.cursor() as cursor:
        cursor.execute("select exists (select from ops.etl_runs)")
        if cursor.fetchone() == (True,):
            raise SupervisorError(
                f"{warehouse.shown} holds data already, and a demo would mix invented prices into it: "
                "unset DATABASE_URL for a demo in an embedded warehouse"
            )


def _introduce(settings: Settings, warehouse: Warehouse) -> None:
    host = ports.local(settings.api_host)
    base = f"http://{f'[{host}]' if ':' in host else host}:{settings.api_port}"
    sign_in = "PREFECT_AUTH" if settings.prefect_auth else f"the line in {key_path(settings, 'prefect_auth')}"
    rows = {
        "dashboard": base,
        "data": f"{base}/data?symbol=BTC",
        "API docs": f"{base}/docs",
        "admin key": "ADMIN_API_KEY" if settings.admin_api_key else f"in {key_path(settings, 'admin_api_key')}",
        "Prefect": f"http://127.0.0.1:{settings.prefect_port} (password: {sign_in})",
        "warehouse": f"{warehouse.shown} (make psql, make url)",
        "logs": settings.kasparro_home / "logs",
    }
    if is_demo(settings):
        say("  a demo: every price and headline is invented")
    for name, value in rows.items():
        say(f"  {name:<10} {value}")
