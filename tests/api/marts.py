"""The marts as the API knows them, made and published by the tests: same tables, same rights, same NOTIFY."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values  # pyright: ignore[reportUnknownVariableType]

from kasparro.warehouse import Warehouse
from tests.api.contracts import table

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST = ("marts.coins", "marts.coin_listings", "marts.coin_quotes", "marts.news_articles")
# the records and derivations beside them; a warehouse of an older release has none of these
LATER = (
    "marts.coin_ids", "marts.coin_listing_history", "marts.coin_changes", "marts.coin_relations",
    "marts.coin_deployments", "marts.coin_prices_hourly", "marts.coin_prices_daily", "marts.news_mentions",
    "ops.schema_drift_events", "ops.identity_quality", "ops.identity_review", "ops.csv_files",
)  # fmt: skip

Row = Mapping[str, Any]


def coin(canonical_id: str, **values: Any) -> dict[str, Any]:
    """A row of `marts.coins`, sensible where nothing is said."""
    return {
        "canonical_id": canonical_id,
        "symbol": canonical_id.partition("-")[0].upper(),
        "name": canonical_id.title(),
        "status": "active",
        "consensus": "median",
        "rank": None,
        "price_usd": Decimal("1.5"),
        "market_cap_usd": None,
        "volume_24h_usd": None,
        "percent_change_24h": None,
        "circulating_supply": None,
        "total_supply": None,
        "max_supply": None,
        "price_spread_pct": None,
        "source_count": 1,
        "sources": ["coingecko"],
        "updated_at": NOON,
        "first_seen_at": NOON - timedelta(days=30),
        "last_seen_at": NOON,
        **values,
    }


def listing(source: str, source_coin_id: str, canonical_id: str, **values: Any) -> dict[str, Any]:
    """A row of `marts.coin_listings`."""
    return {
        "source": source,
        "source_coin_id": source_coin_id,
        "canonical_id": canonical_id,
        "symbol": canonical_id.upper(),
        "name": canonical_id.title(),
        "rank": None,
        "status": "active",
        "method": "contract",
        "confidence": Decimal("0.98"),
        "evidence": "same contract",
        "first_seen_at": NOON - timedelta(days=30),
        "last_seen_at": NOON,
        **values,
    }


def quote(source: str, source_coin_id: str, canonical_id: str, observed_at: datetime, **values: Any) -> dict[str, Any]:
    """A row of `marts.coin_quotes`."""
    return {
        "source": source,
        "source_coin_id": source_coin_id,
        "observed_at": observed_at,
        "canonical_id": canonical_id,
        "price_usd": Decimal("1.5"),
        "market_cap_usd": None,
        "volume_24h_usd": None,
        "percent_change_24h": None,
        "fetched_at": observed_at + timedelta(seconds=20),
        **values,
    }


def article(article_id: str, **values: Any) -> dict[str, Any]:
    """A row of `marts.news_articles`."""
    return {
        "article_id": article_id,
        "feed": "feed.example",
        "title": f"About {article_id}",
        "url": f"https://news.example/{article_id}",
        "summary": None,
        "published_at": NOON,
        "fetched_at": NOON,
        "coins": [],
        **values,
    }


class Marts:
    """Writes a warehouse as the pipeline does: as the transformer, one transaction per version."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._url = warehouse.url("transformer")
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute("".join(map(table, FIRST)))

    def add_records(self) -> None:
        """Make the tables that a warehouse of this release has beside the first ones."""
        self.execute("".join(map(table, LATER)))

    def insert(self, table: str, *rows: Row) -> None:
        """Put rows of the same columns into a table."""
        with self._connect() as connection, connection.cursor() as cursor:
            self._insert(cursor, table, list(rows))

    def _connect(self) -> Connection:
        return psycopg2.connect(self._url)

    def execute(self, statement: str) -> None:
        """Run a statement as the transformer."""
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def publish(
        self,
        version: int,
        *,
        coins: Iterable[Row] | None = None,
        listings: Iterable[Row] | None = None,
        quotes: Iterable[Row] | None = None,
        articles: Iterable[Row] | None = None,
        notify: bool = True,
    ) -> None:
        """Replace the tables that are given, and publish the whole as a version."""
        given = {"coins": coins, "coin_listings": listings, "coin_quotes": quotes, "news_articles": articles}
        connection = self._connect()
        with connection, connection.cursor() as cursor:
            for table, rows in given.items():
                if rows is not None:
                    cursor.execute(f"delete from marts.{table}")
                    self._insert(cursor, f"marts.{table}", list(rows))
            cursor.execute("insert into ops.publications (version, changes) values (%s, %s)", (version, json.dumps({})))
            if notify:
                cursor.execute("select pg_notify('kasparro_publication', %s)", (str(version),))
        connection.close()

    def run(self, started_at: datetime, sources: Sequence[Row], status: str = "success", **values: Any) -> str:
        """Write a pass into the ledger, with a row for each source. Returns its id."""
        run_id = str(values.pop("run_id", uuid.uuid4()))
        completed_at = None if status == "running" else started_at + timedelta(seconds=30)
        common = {
            "run_id": run_id,
            "started_at": started_at,
            "completed_at": completed_at,
            "duration_seconds": None if completed_at is None else Decimal(30),
        }
        connection = self._connect()
        with connection, connection.cursor() as cursor:
            self._insert(cursor, "ops.etl_runs", [{**common, "trigger": "schedule", "status": status, **values}])
            for source in sources:
                row = {**common, "records_processed": 100, "status": "success", "error": None, **source}
                self._insert(cursor, "ops.etl_source_runs", [row])
        connection.close()
        return run_id

    def _insert(self, cursor: Any, table: str, rows: list[Row]) -> None:
        if rows:
            columns = list(rows[0])
            values = [[row[column] for column in columns] for row in rows]
            execute_values(cursor, f"insert into {table} ({', '.join(columns)}) values %s", values, page_size=1000)
