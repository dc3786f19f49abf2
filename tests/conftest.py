"""What all tests stand on: a real embedded Postgres per test session, in a folder and on a port of its own."""

import logging
import signal
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from kasparro.settings import REPOSITORY, Settings, load_settings
from kasparro.warehouse import EmbeddedPostgres, Warehouse, ensure_warehouse

LONG_ONES = {"flows", "front_door", "dbt_project", "identity"}
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_CONFIG", "KASPARRO_REQUIRE_BROWSER")


def pytest_configure() -> None:
    """Take Ctrl-C again where a shell started the tests in its background: programs they start would ignore it, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole systems first: they take long, and none of them is left to one worker in the end."""
    items.sort(key=lambda item: not LONG_ONES & {*item.path.relative_to(REPOSITORY).parts})


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the developer's settings, nor a cached reading of them, nor how another one has set up logging."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for alias in ("PORT", "SCHEDULER_TOKEN"):
        monkeypatch.delenv(alias, raising=False)
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    load_settings.cache_clear()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    load_settings.cache_clear()


def make_settings(home: Path, **values: object) -> Settings:
    """Settings for a test: an own home and free ports, and whatever the test sets."""
    ports = {"pg_port": free_port(), "api_port": free_port(), "prefect_port": free_port(), "docs_port": free_port()}
    given: dict[str, Any] = {"kasparro_home": home, "rss_feeds": [], "log_format": "json", **ports, **values}
    return Settings(**given)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The session's KASPARRO_HOME."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def settings(home: Path) -> Settings:
    """The session's settings: embedded warehouse, no feeds, no providers."""
    return make_settings(home)


@pytest.fixture(scope="session")
def warehouse(settings: Settings) -> Iterator[Warehouse]:
    """A running warehouse with roles, schemas and ledger, stopped at the end of the session."""
    yield ensure_warehouse(settings)
    EmbeddedPostgres(settings).stop()


@contextmanager
def own_database(
    warehouse: Warehouse, settings: Settings, name: str = "", copied: str = "template1"
) -> Generator[Warehouse]:
    """A database of its own on the session's server: set up, empty or a copy of another one; dropped in the end."""
    from kasparro.warehouse import LOGIN_ROLES, setup

    name = name or f"t{free_port()}"
    admin = psycopg2.connect(warehouse.url("admin"))
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f'create database "{name}" template "{copied}"')
    own = Warehouse(warehouse.admin.set(database=name), warehouse.secret)
    try:
        setup.ensure(own.admin, {role: own.login(role) for role in LOGIN_ROLES}, settings)
        yield own
    finally:
        with admin.cursor() as cursor:
            cursor.execute(f'drop database "{name}" with (force)')
            for role in LOGIN_ROLES:
                cursor.execute(f'drop role if exists "{setup.login_of(role, name)}"')
        admin.close()


@pytest.fixture
def fresh_warehouse(warehouse: Warehouse, settings: Settings) -> Iterator[Warehouse]:
    """A database of the test's own."""
    with own_database(warehouse, settings) as own:
        yield own
