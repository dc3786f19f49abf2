"""Extraction for a test: an own database, an own home, and stand-in providers whose market and faults it may change."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from extract import answers, http, pipeline
from extract.pipeline import Extracted
from kasparro.settings import Settings, SourceName
from kasparro.warehouse import Warehouse
from providers.faults import Plan, Rule
from providers.generated import GeneratedMarket
from providers.server import running
from providers.stand_in import StandIn
from tests.conftest import make_settings

COINS = 40


@dataclass
class Extraction:
    """Runs sources, and looks at what is in raw."""

    settings: Settings
    warehouse: Warehouse
    stand_in: StandIn

    def run(self, name: SourceName, *, catalogue: bool = False, **settings: Any) -> Extracted:
        """Extract one source, with settings of its own if given."""
        changed = self.settings.model_copy(update=settings)
        return pipeline.run(name, changed, self.warehouse, catalogue=catalogue)

    def play(self, *rules: Rule) -> None:
        """From now on these faults; none when there are none. What was asked before is forgotten."""
        self.stand_in.faults = Plan(rules)
        self.stand_in.requests.clear()

    def asked(self, path: str) -> list[int]:
        """The statuses of the requests for a path, in their order."""
        return [request.status for request in self.stand_in.requests if request.path == path]

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a statement."""
        connection = psycopg2.connect(self.warehouse.url("admin"))
        with closing(connection), connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return self.query(f"select count(*) from {table}")[0][0]

    def lose_working_folder(self) -> None:
        """As when the machine is replaced: only the warehouse is left."""
        shutil.rmtree(self.settings.kasparro_home / "dlt")


@pytest.fixture
def market() -> GeneratedMarket:
    """A small market."""
    return GeneratedMarket(coins=COINS, seed=7)


@pytest.fixture
def stand_in(market: GeneratedMarket) -> Iterator[StandIn]:
    """The providers, serving the market."""
    with running(market) as providers:
        yield providers


@pytest.fixture
def extraction(fresh_warehouse: Warehouse, stand_in: StandIn, tmp_path: Path) -> Extraction:
    """Sources that read the stand-in providers as fast as they can, into an empty warehouse."""
    settings = make_settings(
        tmp_path / "home",
        coinpaprika_base_url=stand_in.coinpaprika_url,
        coingecko_base_url=stand_in.coingecko_url,
        coinpaprika_rate_limit="1000/s",
        coingecko_rate_limit="1000/s",
        coingecko_max_coins=0,
        csv_dir=tmp_path / "csv",
    )
    return Extraction(settings, fresh_warehouse, stand_in)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that waits for nothing long, so that a test of waiting is short."""
    monkeypatch.setattr(http, "READ_SECONDS", 0.5)
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(http, "JITTER_SECONDS", 0.01)
    monkeypatch.setattr(http, "CALL_SECONDS", 5.0)
    monkeypatch.setattr(answers, "LARGEST_BODY_BYTES", 1024 * 1024)
