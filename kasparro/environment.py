"""The environments that tools of others are run in: dbt's credentials, Prefect's addresses, telemetry off."""

import os
import shlex
import sys
from pathlib import Path

from kasparro.secrets import prefect_auth
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import Warehouse

QUIET = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}


def dbt_environment(settings: Settings, warehouse: Warehouse) -> dict[str, str]:
    """What `dbt` needs to build this warehouse from the repository's root with no flag."""
    login = warehouse.login("transformer")
    sslmode = login.query.get("sslmode")
    return {
        "DBT_HOST": login.host or "",
        "DBT_PORT": str(login.port or 5432),
        "DBT_NAME": login.database or "",
        "DBT_USER": login.username or "",
        "DBT_ENV_SECRET_PASSWORD": str(login.password or ""),
        "DBT_SSLMODE": str(sslmode or "prefer"),
        "DBT_PROJECT_DIR": str(REPOSITORY / "dbt_project"),
        "DBT_PROFILES_DIR": str(REPOSITORY),
        "DBT_TARGET_PATH": str(settings.kasparro_home / "dbt"),
        "DBT_LOG_PATH": str(settings.kasparro_home / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def prefect_api_url(settings: Settings) -> str:
    """Where Prefect's API answers: the one set for all of Prefect, else this machine's."""
    return os.environ.get("PREFECT_API_URL") or f"http://127.0.0.1:{settings.prefect_port}/api"


def prefect_environment(settings: Settings) -> dict[str, str]:
    """What Prefect's server, its clients and the flow runs need: one home, one address, one password."""
    auth = prefect_auth(settings)
    origin = prefect_api_url(settings).removesuffix("/api")
    return {
        **QUIET,
        "PREFECT_HOME": str(settings.kasparro_home / "prefect"),
        "PREFECT_API_URL": prefect_api_url(settings),
        "PREFECT_API_AUTH_STRING": auth,
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{origin},http://localhost:{settings.prefect_port}",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_PROFILES_PATH": str(settings.kasparro_home / "prefect" / "profiles.toml"),
    }


def write_shell_file(settings: Settings, warehouse: Warehouse) -> Path:
    """Write `env` under KASPARRO_HOME (mode 0600): sourced by a shell, plain `dbt` and `psql` work in it."""
    path = settings.kasparro_home / "env"
    reader = warehouse.login("reader")
    variables = {
        **dbt_environment(settings, warehouse),
        "PGHOST": reader.host or "",
        "PGPORT": str(reader.port or 5432),
        "PGDATABASE": reader.database or "",
        "PGUSER": reader.username or "",
        "PGPASSWORD": str(reader.password or ""),
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines.append(f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join(lines) + "\n")
    return path
