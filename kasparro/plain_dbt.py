"""dbt as people run it: under the write lock where it writes, and with documentation of what is published.

A run rebuilds tables and views in place, so two at once break each other. The lock is taken before dbt starts, and dbt
inherits it: it ends with dbt, however that ends. `.kasparro/env` puts this before dbt's own program in the PATH.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from kasparro import shell, turn
from kasparro.settings import Settings, SettingsError, load_settings

DBT = Path(sys.executable).parent / "dbt"
WRITES = {"build", "run", "test", "seed", "snapshot", "retry", "clone", "run-operation"}
READS = {"docs", "compile", "parse", "list", "ls", "show", "source", "debug", "deps", "init", "clean"}
PATIENCE_SECONDS = 15 * 60.0
LOOK_AGAIN_SECONDS = 1.0
CREDENTIALS = {
    "host": "DBT_HOST",
    "port": "DBT_PORT",
    "dbname": "DBT_NAME",
    "user": "DBT_USER",
    "password": "DBT_ENV_SECRET_PASSWORD",
    "sslmode": "DBT_SSLMODE",
}


class WriteLockError(Exception):
    """Something else writes; the message says what, and what to do."""


def run(settings: Settings, arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Become dbt, with these variables in its environment. Raises WriteLockError when others have the lock for long."""
    environment = {**os.environ, **shell.users_proxies(os.environ), **variables}
    environment.pop("KASPARRO_TURN", None)
    command = command_of(arguments)
    target = target_of(arguments)
    if command == "docs" and target is None:
        environment["DBT_TARGET"] = "published"
    if target == "analyst":  # what dbt has parsed holds for one target
        environment["DBT_TARGET_PATH"] = str(Path(environment["DBT_TARGET_PATH"]) / target)
    if command in WRITES and target in (None, "candidate"):
        environment["KASPARRO_TURN"] = str(_take_the_lock(settings, environment))
    os.execvpe(str(DBT), [str(DBT), *arguments], environment)


def command_of(arguments: Sequence[str]) -> str | None:
    """Which of dbt's commands is to be run."""
    return next((argument for argument in arguments if argument in WRITES | READS), None)


def target_of(arguments: Sequence[str]) -> str | None:
    """The target that is asked for, if one is."""
    for argument, following in zip_longest(arguments, arguments[1:]):
        if argument in ("--target", "-t"):
            return following
        if argument.startswith("--target="):
            return argument.partition("=")[2]
    return None


def _take_the_lock(settings: Settings, environment: Mapping[str, str]) -> int:
    credentials = {name: environment[variable] for name, variable in CREDENTIALS.items()}
    deadline = time.monotonic() + PATIENCE_SECONDS
    said = None
    while True:
        holder, key = turn.take_along(settings, credentials)
        if holder is None:
            return key
        if time.monotonic() >= deadline:
            raise WriteLockError(f"{turn.named(holder)} is running: let it finish, then start dbt again")
        if holder != said:
            print(f"waiting: {turn.named(holder)} is running, dbt starts after it", file=sys.stderr, flush=True)
        said = holder
        time.sleep(LOOK_AGAIN_SECONDS)


def main() -> int:
    """Run dbt in a shell that has sourced `env`."""
    if missing := [
        name for name in (*CREDENTIALS.values(), "DBT_TARGET_PATH", "KASPARRO_HOME") if name not in os.environ
    ]:
        print(f"{missing[0]} is not set: source .kasparro/env, which `make elt` writes", file=sys.stderr)
        return 1
    try:
        return run(load_settings(), sys.argv[1:], {})
    except (SettingsError, WriteLockError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
