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

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = """
    create table if not exists marts.coins (
        canonical_id text primary key,
        symbol text not null,
        name text not null,
        status text not null,
        rank integer,
        price_usd numeric,
        market_cap_usd numeric,
        volume_24h_usd numeric,
        percent_change_24h numeric,
        circulating_supply numeric,
        total_supply numeric,
        max_supply numeric,
        price_spread_pct numeric,
        source_count integer not null,
        sources text[] not null,
        updated_at timestamptz,
        first_seen_at timestamptz not null,
        last_seen_at timestamptz not null
    );
    create table if not exists marts.coin_listings (
        source text,
        source_coin_id text,
        canonical_id text,
        symbol text,
        name text,
        rank integer,
        status text,
        method text,
        confidence numeric,
        evidence text,
        first_seen_at timestamptz,
        last_seen_at timestamptz,
        price_usd numeric,
        market_cap_usd numeric,
        volume_24h_usd numeric,
        percent_change_24h numeric,
        observed_at timestamptz,
        fetched_at timestamptz,
        is_counted boolean,
        held_back_reason text,
        primary key (source, source_coin_id)
    );
    create table if not exists marts.coin_quotes (
        source text,
        source_coin_id text,
        observed_at timestamptz,
        canonical_id text,
        price_usd numeric,
        market_cap_usd numeric,
        volume_24h_usd numeric,
        percent_change_24h numeric,
        fetched_at timestamptz,
        primary key (source, source_coin_id, observed_at)
    );
    create index if not exists coin_quotes_observed_at
        on marts.coin_quotes (observed_at desc, source, source_coin_id);
    create index if not exists coin_quotes_canonical_id on marts.coin_quotes (canonical_id, observed_at desc);
    create table if not exists marts.news_articles (
        article_id text primary key,
        feed text,
        title text,
        url text,
        summary text,
        published_at timestamptz,
        fetched_at timestamptz,
        coins text[]
    );
"""
# the records and derivations beside them; a warehouse of an older release has none of these
RECORDS = """
    create table marts.coin_ids (
        canonical_id text primary key,
        redirects_to text,
        given_version bigint not null,
        retired_version bigint,
        given_at timestamptz not null,
        retired_at timestamptz
    );
    create table marts.coin_listing_history (
        source text,
        source_coin_id text,
        canonical_id text not null,
        method text not null,
        confidence numeric not null,
        version bigint not null,
        valid_from timestamptz,
        valid_to timestamptz,
        primary key (source, source_coin_id, valid_from)
    );
    create table marts.coin_changes (
        change_id bigint primary key,
        canonical_id text not null,
        other_canonical_id text,
        kind text not null,
        old_value text,
        new_value text,
        detail text,
        version bigint not null,
        changed_at timestamptz not null
    );
    create table marts.coin_relations (
        canonical_id text,
        related_canonical_id text,
        relation text,
        confidence numeric,
        evidence text,
        primary key (canonical_id, related_canonical_id, relation)
    );
    create table marts.coin_deployments (
        chain_id text,
        address text,
        canonical_id text not null,
        caip19_id text not null,
        sources text[] not null,
        primary key (chain_id, address)
    );
    create table marts.coin_prices_hourly (
        canonical_id text,
        bucket_at timestamptz,
        open_usd numeric,
        high_usd numeric,
        low_usd numeric,
        close_usd numeric,
        market_cap_usd numeric,
        volume_usd numeric,
        quote_count bigint,
        sources text[],
        primary key (canonical_id, bucket_at)
    );
    create table marts.coin_prices_daily (like marts.coin_prices_hourly including all);
    create table marts.news_mentions (
        article_id text,
        canonical_id text,
        matched_text text,
        confidence numeric,
        primary key (article_id, canonical_id)
    );
    create table ops.schema_drift_events (
        event_id text primary key,
        source text,
        table_name text,
        field text,
        kind text,
        severity text,
        evidence text,
        first_seen_at timestamptz,
        last_seen_at timestamptz
    );
    create table ops.identity_quality (
        truth text,
        method text,
        market_cap_band text,
        pairs bigint,
        correct bigint,
        wrong bigint,
        missed bigint,
        precision numeric,
        recall numeric
    );
    create table ops.identity_review (
        source text,
        source_coin_id text,
        other_source text,
        other_source_coin_id text,
        market_cap_usd numeric,
        reason text
    );
"""

Row = Mapping[str, Any]


def coin(canonical_id: str, **values: Any) -> dict[str, Any]:
    """A row of `marts.coins`, sensible where nothing is said."""
    return {
        "canonical_id": canonical_id,
        "symbol": canonical_id.partition("-")[0].upper(),
        "name": canonical_id.title(),
        "status": "active",
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
            cursor.execute(TABLES)

    def add_records(self) -> None:
        """Make the tables that a warehouse of this release has beside the first ones."""
        self.execute(RECORDS)

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
