"""The commands behind the Makefile that concern the system as a whole: `python -m kasparro <command>`."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from kasparro import backup, home, interrupts, logs, plain_dbt, prefect_ui, system, turn
from kasparro.backup import BackupError
from kasparro.environment import (
    UI_DIRECTORY,
    dbt_environment,
    dbt_shell_environment,
    prefect_environment,
    psql_environment,
    write_shell_file,
)
from kasparro.plain_dbt import WriteLockError
from kasparro.settings import Settings, SettingsError, load_settings
from kasparro.supervisor import SupervisorError, how_to_stop, require_free_port, supervised_by
from kasparro.warehouse import EmbeddedPostgres, WarehouseError, ensure_warehouse
from kasparro.warehouse.cluster import binaries

ANALYST = "--analyst"
BIN = Path(sys.executable).parent


def _replace(command: list[str], environment: dict[str, str]) -> int:
    """Become another program: its signals and its exit code are ours."""
    os.execvpe(command[0], command, {**os.environ, **environment})


def _homes(settings: Settings) -> list[Settings]:
    """This home, and that of a demo beside real data if there is one."""
    beside = system.demo_home(settings)
    return [settings, *([settings.model_copy(update={"kasparro_home": beside})] if beside.exists() else [])]


def _require_no_supervisor(settings: Settings, why: str) -> None:
    for each in _homes(settings):
        if (process := supervised_by(each)) is not None:
            raise SupervisorError(f"the system is running in {each.kasparro_home}: {how_to_stop(process)}, {why}")


def _end_work(settings: Settings) -> None:
    for each in _homes(settings):
        if found := turn.holder(each):
            print(f"ending the running {found[1]} (process {found[0]}): the next pass completes its work", flush=True)
            turn.end(each)


def run(settings: Settings, _: list[str]) -> int:
    """Run everything in the foreground."""
    return system.run(settings)


def demo(settings: Settings, _: list[str]) -> int:
    """Run everything against the stand-in providers."""
    return system.demo(settings)


def stop(settings: Settings, _: list[str]) -> int:
    """End a running pass, and stop the embedded warehouse."""
    _require_no_supervisor(settings, "which stops its warehouse, too")
    _end_work(settings)
    stopped = [EmbeddedPostgres(each).stop() for each in _homes(settings)]
    print("stopped the embedded warehouse" if any(stopped) else "the embedded warehouse is not running")
    return 0


def url(settings: Settings, arguments: list[str]) -> int:
    """Print the warehouse's URL for readers; with --analyst, for those who make views and tables of their own."""
    print(ensure_warehouse(settings).url("analyst" if arguments == [ANALYST] else "reader"))
    return 0


def psql(settings: Settings, arguments: list[str]) -> int:
    """Open psql as the reader; with --analyst before anything else, as an analyst."""
    role = "analyst" if arguments[:1] == [ANALYST] else "reader"
    arguments = arguments[1:] if role == "analyst" else arguments
    environment = psql_environment(ensure_warehouse(settings), role)
    if shutil.which("less") and not {"PAGER", "PSQL_PAGER"} & os.environ.keys():
        environment["PSQL_PAGER"] = "less -SXF"
    try:
        program = str(binaries() / "psql")
    except WarehouseError:
        program = shutil.which("psql") or ""
    if not program:
        print("psql is not installed: install your system's PostgreSQL client", file=sys.stderr)
        return 1
    return _replace([program, *arguments], environment)


def env(settings: Settings, _: list[str]) -> int:
    """Write the file to source for plain `dbt` and `psql`."""
    print(f"source {shlex.quote(str(write_shell_file(settings, ensure_warehouse(settings))))}")
    return 0


def dbt(settings: Settings, arguments: list[str]) -> int:
    """Run dbt with credentials supplied."""
    return plain_dbt.run(settings, arguments, dbt_shell_environment(settings, ensure_warehouse(settings)))


def docs(settings: Settings, _: list[str]) -> int:
    """Generate dbt's documentation of the published marts and serve it."""
    require_free_port(settings.docs_port, "DOCS_PORT", "the documentation")
    environment = dbt_environment(settings, ensure_warehouse(settings))
    target = ["--target", "published"]
    generated = subprocess.run(
        [str(BIN / "dbt"), "--quiet", "docs", "generate", *target], env={**os.environ, **environment}, check=False
    )
    if generated.returncode != 0:
        return generated.returncode
    print(f"documentation at http://127.0.0.1:{settings.docs_port} (Ctrl-C stops)", flush=True)
    serve = ["docs", "serve", *target, "--host", "127.0.0.1", "--port", str(settings.docs_port), "--no-browser"]
    return _replace([str(BIN / "dbt"), "--quiet", *serve], environment)


def prefect_server(settings: Settings, arguments: list[str]) -> int:
    """Run Prefect's server alone, closed to callers without its password."""
    host = arguments[:1] or ["127.0.0.1"]
    environment = prefect_environment(settings)
    prefect_ui.prepare(settings, Path(environment[UI_DIRECTORY]), environment["PREFECT_API_URL"])
    command = system.prefect_command(settings, host[0])
    return _replace(list(command), environment)


def save_backup(settings: Settings, arguments: list[str]) -> int:
    """Write a backup of the warehouse, to the file named or to KASPARRO_HOME/backups."""
    path = backup.save(settings, Path(arguments[0]).absolute() if arguments else None)
    print(f"{path} ({path.stat().st_size / 1e6:,.1f} MB)")
    return 0


def restore(settings: Settings, arguments: list[str]) -> int:
    """Put a backup in place of what the warehouse holds, after asking."""
    files = [argument for argument in arguments if argument != "--yes"]
    if len(files) != 1:
        print('name the backup: make restore ARGS="/path/to/kasparro.dump"', file=sys.stderr)
        return 2
    _require_no_supervisor(settings, "then restore")
    shown = ensure_warehouse(settings).shown
    if "--yes" not in arguments and not _agreed(f"Replace everything in {shown} by {files[0]}?", "restored"):
        return 1
    backup.load(settings, Path(files[0]).absolute())
    print(f"restored {shown}: the next pass goes on from there")
    return 0


def _agreed(question: str, done: str) -> bool:
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        print(f"\nnothing {done}: nobody answered (--yes does not ask)")
        return False
    if answer.strip().lower() not in ("y", "yes"):
        print(f"nothing {done}")
        return False
    return True


def clean(settings: Settings, arguments: list[str]) -> int:
    """Remove everything written at run time, after asking."""
    place = settings.kasparro_home
    if not place.exists():
        print(f"nothing to remove: {place} does not exist")
        return 0
    _require_no_supervisor(settings, "then clean")
    if "--yes" not in arguments:
        try:
            answer = input(f"Remove {place}, with the embedded warehouse and all its data? [y/N] ")
        except EOFError:
            print("\nnothing removed: nobody answered (python -m kasparro clean --yes does not ask)")
            return 1
        if answer.strip().lower() not in ("y", "yes"):
            print("nothing removed")
            return 0
    _end_work(settings)
    for each in _homes(settings):
        EmbeddedPostgres(each).stop()
    home.remove(settings)
    print(f"removed {place}")
    return 0


COMMANDS: dict[str, Callable[[Settings, list[str]], int]] = {
    "run": run,
    "demo": demo,
    "stop": stop,
    "url": url,
    "psql": psql,
    "env": env,
    "dbt": dbt,
    "docs": docs,
    "backup": save_backup,
    "restore": restore,
    "prefect-server": prefect_server,
    "clean": clean,
}


def main() -> int:
    """Run one command; every failure is one line that says what to do."""
    parser = argparse.ArgumentParser(prog="python -m kasparro")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in COMMANDS.items():
        # no character begins an option: `dbt --version` and `psql -c ...` are handed on as they are
        passing_on = commands.add_parser(name, help=command.__doc__, prefix_chars="\0", add_help=False)
        passing_on.add_argument("arguments", nargs="*")
    given = parser.parse_args()
    try:
        interrupts.be_told()
        settings = load_settings()
        logs.configure(settings)
        return COMMANDS[given.command](settings, given.arguments)
    except (SettingsError, WarehouseError, SupervisorError, BackupError, WriteLockError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
