"""The environments that tools of others are run in: dbt's credentials, Prefect's addresses, telemetry off."""

import shlex
import sys
from pathlib import Path
from typing import Any

import yaml

from kasparro import database_url, home, shell
from kasparro.secrets import prefect_auth
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import Role, Warehouse

QUIET = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}
UI_DIRECTORY = "PREFECT_SERVER_UI_STATIC_DIRECTORY"
DBT_IN_A_SHELL = (
    f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); from kasparro.plain_dbt import main; sys.exit(main())"
)
"""Wherever the shell is: this package is not an installed one."""
PREFECT_RUNS_KEPT_DAYS = 14
PREFECT_EVENTS_KEPT_DAYS = 2
"""A pass writes some forty events: of two weeks of them, Prefect's database would be mostly made."""


def dbt_environment(settings: Settings, warehouse: Warehouse) -> dict[str, str]:
    """What `dbt` needs to build this warehouse from the repository's root with no flag."""
    login = database_url.variables(warehouse.login("transformer"))
    analyst = database_url.variables(warehouse.login("analyst"))
    return {
        **{name: value for name, value in login.items() if name.startswith("PGSSL") or name == "PGOPTIONS"},
        "DBT_HOST": login["PGHOST"],
        "DBT_PORT": login["PGPORT"],
        "DBT_NAME": login["PGDATABASE"],
        "DBT_USER": login["PGUSER"],
        "DBT_ENV_SECRET_PASSWORD": login["PGPASSWORD"],
        "DBT_SSLMODE": login.get("PGSSLMODE", "prefer"),
        "DBT_ANALYST_USER": analyst["PGUSER"],
        "DBT_ENV_SECRET_ANALYST_PASSWORD": analyst["PGPASSWORD"],
        "DBT_TARGET": "candidate",
        "DBT_PROJECT_DIR": str(dbt_project()),
        "DBT_PROFILES_DIR": str(REPOSITORY),
        "DBT_TARGET_PATH": str(settings.kasparro_home / "dbt"),
        "DBT_LOG_PATH": str(settings.kasparro_home / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def dbt_shell_environment(settings: Settings, warehouse: Warehouse) -> dict[str, str]:
    """The same for people: what was published last is what `state:modified` compares with."""
    state = str(published_state(settings))
    return {**dbt_environment(settings, warehouse), "DBT_STATE": state, "KASPARRO_HOME": str(settings.kasparro_home)}


def published_state(settings: Settings) -> Path:
    """The folder with the manifest of the project as it was last published."""
    return settings.kasparro_home / "published"


def dbt_project() -> Path:
    """The folder of the dbt project."""
    return REPOSITORY / "dbt_project"


def dbt_variables() -> dict[str, Any]:
    """The variables of the dbt project, which hold what people decide beside its models."""
    return yaml.safe_load((dbt_project() / "dbt_project.yml").read_text())["vars"]


def psql_environment(warehouse: Warehouse, role: Role = "reader") -> dict[str, str]:
    """What `psql` and other programs of libpq need to read this warehouse, with no argument."""
    return database_url.variables(warehouse.login(role))


def prefect_api_url(settings: Settings) -> str:
    """Where Prefect's API answers: at the address that is set, else on this machine."""
    return settings.prefect_api_url or local_prefect_api_url(settings)


def local_prefect_api_url(settings: Settings) -> str:
    """Where the API of the server that `make run` starts answers."""
    return f"http://127.0.0.1:{settings.prefect_port}/api"


def prefect_environment(settings: Settings, api_url: str | None = None) -> dict[str, str]:
    """What Prefect's server, its clients and the flow runs need: one home, one address, one password."""
    auth = prefect_auth(settings)
    api_url = api_url or prefect_api_url(settings)
    return {
        **QUIET,
        "PREFECT_HOME": str(settings.kasparro_home / "prefect"),
        "PREFECT_PROFILES_PATH": str(settings.kasparro_home / "prefect" / "profiles.toml"),
        "PREFECT_API_URL": api_url,
        "PREFECT_API_AUTH_STRING": auth,
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{api_url.removesuffix('/api')},http://localhost:{settings.prefect_port}",
        # The server writes its address into its UI's files: not into the installed package, which other copies share
        UI_DIRECTORY: str(settings.kasparro_home / "prefect" / "ui"),
        "PREFECT_SERVER_UI_SERVE_BASE": "/",  # where the copies of its pages are made for (kasparro.prefect_ui)
        "PREFECT_LOGGING_SETTINGS_PATH": str(Path(__file__).parent / "prefect_logging.yml"),
        "PREFECT_CLI_PROMPT": "false",
        # Who may run is counted in its database, who holds a place in its memory: killed, it would never free one
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        # Prefect keeps every run for ever unless it is told not to
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs,orphans",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(PREFECT_RUNS_KEPT_DAYS * 24 * 60 * 60),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{PREFECT_EVENTS_KEPT_DAYS}D",
    }


def write_shell_file(settings: Settings, warehouse: Warehouse) -> Path:
    """Write `env` under KASPARRO_HOME (mode 0600): sourced by a shell, plain `dbt` and `psql` work in it.

    What the shell has for other servers does not reach ours: libpq's other variables are unset there.
    """
    path = home.folder(settings) / "env"
    dbt = home.folder(settings, "bin") / "dbt"
    variables = {**dbt_shell_environment(settings, warehouse), **psql_environment(warehouse)}
    read = {*database_url.LIBPQ_VARIABLES.values(), *database_url.OTHER_LIBPQ_VARIABLES}
    lines = [f"unset {' '.join(sorted(read - variables.keys()))}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines.append(f"export PATH={shlex.quote(str(dbt.parent))}:{shlex.quote(str(Path(sys.executable).parent))}:$PATH")
    with home.writing(settings):
        home.write_private(path, "\n".join(lines) + "\n")
        program = f"{shlex.quote(sys.executable)} -c {shlex.quote(DBT_IN_A_SHELL)}"
        home.write_private(dbt, f'#!/bin/sh\n{shell.IN_OUR_SHELL}=1 exec {program} "$@"\n')
        dbt.chmod(0o700)
    return path
