"""A system for a test: an own database, an own home, and stand-in providers it may change."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from flows.steps import Outcome, run_pass
from kasparro.settings import Settings
from kasparro.warehouse import Role, Warehouse
from providers.faults import Plan
from providers.generated import GeneratedMarket
from providers.server import running
from providers.stand_in import StandIn
from tests.conftest import make_settings, own_database

COINS = 60
DATABASE = "one"
"""Of every database for a system, one after the other: what dbt has parsed holds for a database of one name."""
AFTER_FIRST_PASS = "after_first_pass"
PARSED = "partial_parse.msgpack"


@dataclass
class System:
    """Passes, and a look at what they left."""

    settings: Settings
    warehouse: Warehouse
    stand_in: StandIn

    def run(self, **settings: Any) -> Outcome:
        """One pass, with settings of its own if given."""
        return run_pass(self.settings.model_copy(update=settings), "test")

    def query(self, statement: str, *values: object, role: Role = "admin") -> list[tuple[Any, ...]]:
        """Rows of a statement."""
        connection = psycopg2.connect(self.warehouse.url(role))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def content(self, relation: str, *without: str) -> list[dict[str, Any]]:
        """A relation's rows as a sorted multiset, without the columns that record our own clock or run."""
        ignored = [*without, "fetched_at", "request_id", "_dlt_load_id", "first_seen_at", "last_seen_at"]
        rows = self.query(
            f"select to_jsonb(t) - %s::text[] from {relation} as t order by (to_jsonb(t) - %s::text[])::text",
            ignored,
            ignored,
        )
        return [row for (row,) in rows]


@pytest.fixture(scope="session")
def start() -> datetime:
    """When the small market begins: the same for all tests, so that it is the same market."""
    return datetime.now(UTC)


@pytest.fixture
def market(start: datetime) -> GeneratedMarket:
    """A small market."""
    return GeneratedMarket(coins=COINS, seed=7, start=start)


@pytest.fixture
def stand_in(market: GeneratedMarket) -> Iterator[StandIn]:
    """The providers, serving the market."""
    with running(market) as providers:
        yield providers


@pytest.fixture
def system(
    first_pass: System, warehouse: Warehouse, settings: Settings, stand_in: StandIn, tmp_path: Path
) -> Iterator[System]:
    """The system, set up and before its first pass; only the dbt project has been parsed before."""
    (tmp_path / "home" / "dbt" / "pass").mkdir(parents=True)
    shutil.copy(first_pass.settings.kasparro_home / "dbt" / "pass" / PARSED, tmp_path / "home" / "dbt" / "pass")
    with own_database(warehouse, settings, DATABASE) as own:
        yield _system(tmp_path / "home", own, stand_in)


@pytest.fixture(scope="session")
def first_pass(
    warehouse: Warehouse, settings: Settings, start: datetime, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system after a first pass over the small market, to copy from: its database is named AFTER_FIRST_PASS."""
    with running(GeneratedMarket(coins=COINS, seed=7, start=start)) as stand_in, ExitStack() as kept:
        with own_database(warehouse, settings, DATABASE) as own:
            system = _system(tmp_path_factory.mktemp("first") / "home", own, stand_in)
            outcome = system.run()
            assert outcome.exit_code == 0, outcome.error
            kept.enter_context(own_database(warehouse, settings, AFTER_FIRST_PASS, copied=DATABASE))
        yield system


@pytest.fixture
def filled(
    first_pass: System, warehouse: Warehouse, settings: Settings, market: GeneratedMarket, tmp_path: Path
) -> Iterator[System]:
    """The system after its first pass: a copy of one that ran. For modules that have no `market` of their own."""
    stand_in = first_pass.stand_in
    stand_in.market, stand_in.faults = market, Plan()
    stand_in.requests.clear()
    shutil.copytree(first_pass.settings.kasparro_home, tmp_path / "home")
    with own_database(warehouse, settings, DATABASE, copied=AFTER_FIRST_PASS) as own:
        yield _system(tmp_path / "home", own, stand_in)


def _system(home: Path, warehouse: Warehouse, stand_in: StandIn) -> System:
    settings = make_settings(
        home,
        database_url=warehouse.url("admin"),
        coinpaprika_base_url=stand_in.coinpaprika_url,
        coingecko_base_url=stand_in.coingecko_url,
        coinpaprika_rate_limit="1000/s",
        coingecko_rate_limit="1000/s",
        rss_rate_limit="1000/s",
        coingecko_max_coins=0,
        rss_feeds=[stand_in.rss_url(name) for name in stand_in.market.feed_names()],
        csv_dir=home.parent / "csv",
    )
    settings.csv_dir.mkdir()
    return System(settings, warehouse, stand_in)
