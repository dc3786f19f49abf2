"""All SQL of `/coins/{canonical_id}`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from api.database import exists
from api.lists.columns import arranged
from api.lists.conditions import Conditions
from api.lists.listing import Listing, SortKey

COIN = text("select * from marts.coins where canonical_id = :canonical_id")
REDIRECT = text("select redirects_to from marts.coin_ids where canonical_id = :canonical_id")
RELATIONS = text("""
    select related_canonical_id, relation, confidence, evidence
    from marts.coin_relations
    where canonical_id = :canonical_id
    order by relation, related_canonical_id
""")
DEPLOYMENTS = text("""
    select chain_id, address, caip19_id, sources
    from marts.coin_deployments
    where canonical_id = :canonical_id
    order by chain_id, address
""")
# columns that an older warehouse lacks are null
LISTINGS = text("select * from marts.coin_listings where canonical_id = :canonical_id order by source, source_coin_id")

FILES = text("select source, file, kind from ops.csv_files where source = any(:sources)")

QUOTE_COLUMNS = arranged(
    "observed_at source source_coin_id price_usd market_cap_usd volume_24h_usd percent_change_24h ingested_at",
    decimal="price_usd market_cap_usd volume_24h_usd percent_change_24h",
    time="observed_at ingested_at",
)
BUCKET_COLUMNS = arranged(
    "bucket_at open_usd high_usd low_usd close_usd market_cap_usd volume_usd quote_count sources",
    decimal="open_usd high_usd low_usd close_usd market_cap_usd volume_usd",
    integer="quote_count",
    texts="sources",
    time="bucket_at",
)
LISTING_COLUMNS = arranged(
    "source source_coin_id symbol name status method confidence evidence rank price_usd market_cap_usd volume_24h_usd "
    "percent_change_24h observed_at fetched_at is_counted held_back_reason first_seen_at last_seen_at",
    decimal="confidence price_usd market_cap_usd volume_24h_usd percent_change_24h",
    integer="rank",
    boolean="is_counted",
    time="observed_at fetched_at first_seen_at last_seen_at",
)
MENTION_COLUMNS = arranged(
    "article_id title url summary published_at feed coins matched_text confidence",
    texts="coins",
    decimal="confidence",
    time="published_at",
)
BUCKETS = {"1h": "marts.coin_prices_hourly", "1d": "marts.coin_prices_daily"}


def coin(connection: Connection, canonical_id: str) -> dict[str, Any] | None:
    """The coin's row, with whatever columns the mart has."""
    row = connection.execute(COIN, {"canonical_id": canonical_id}).mappings().first()
    return None if row is None else dict(row)


def redirect(connection: Connection, canonical_id: str) -> str | None:
    """The coin that answers for an id that is no longer live."""
    if not exists(connection, "marts.coin_ids"):
        return None
    return connection.execute(REDIRECT, {"canonical_id": canonical_id}).scalar()


def related(connection: Connection, canonical_id: str) -> list[dict[str, Any]]:
    """The coins that it wraps, bridges, succeeds or shares its symbol with."""
    if not exists(connection, "marts.coin_relations"):
        return []
    return [dict(row) for row in connection.execute(RELATIONS, {"canonical_id": canonical_id}).mappings()]


def deployments(connection: Connection, canonical_id: str) -> list[dict[str, Any]]:
    """Its contracts, chain by chain."""
    if not exists(connection, "marts.coin_deployments"):
        return []
    return [dict(row) for row in connection.execute(DEPLOYMENTS, {"canonical_id": canonical_id}).mappings()]


def listings(connection: Connection, canonical_id: str) -> list[dict[str, Any]]:
    """Its listings, with whatever columns the mart has."""
    return [dict(row) for row in connection.execute(LISTINGS, {"canonical_id": canonical_id}).mappings()]


def csv_files(connection: Connection, sources: Sequence[str]) -> dict[str, tuple[str, str]]:
    """By source: the CSV file that it is, and `snapshot` or `ohlcv`."""
    if not sources or not exists(connection, "ops.csv_files"):
        return {}
    return {row.source: (row.file, row.kind) for row in connection.execute(FILES, {"sources": list(sources)})}


def listing_list(canonical_id: str) -> Listing:
    """Its listings as a list."""
    conditions = Conditions()
    conditions.equal("listing.canonical_id", "canonical_id", canonical_id)
    select = ", ".join(f"listing.{column.name}" for column in LISTING_COLUMNS)
    key = SortKey("listing.source", "text", nullable=False)
    relation = "\nfrom marts.coin_listings as listing"
    return Listing(
        LISTING_COLUMNS, select, relation, conditions, key, descending=False, tie=("listing.source_coin_id",)
    )


def history(
    canonical_id: str, interval: str, source: str | None, start: datetime | None, end: datetime | None, *, latest: bool
) -> Listing:
    """Its quotes, or its prices by the hour or the day, newest first with `latest`."""
    conditions = Conditions()
    conditions.equal("price.canonical_id", "canonical_id", canonical_id)
    at = "price.observed_at" if interval == "raw" else "price.bucket_at"
    if source is not None:
        conditions.add("(price.source = :source or starts_with(price.source, :source || ':'))", source=source)
    if start is not None:
        conditions.add(f"{at} >= :start", start=start)
    if end is not None:
        conditions.add(f"{at} < :end", end=end)
    key = SortKey(at, "timestamptz", nullable=False)
    if interval == "raw":
        select = ", ".join(f"price.{_stored(column.name)}" for column in QUOTE_COLUMNS)
        tie = ("price.source", "price.source_coin_id")
        return Listing(QUOTE_COLUMNS, select, "\nfrom marts.coin_quotes as price", conditions, key, latest, tie)
    select = ", ".join(f"price.{column.name}" for column in BUCKET_COLUMNS)
    relation = f"\nfrom {BUCKETS[interval]} as price"
    return Listing(BUCKET_COLUMNS, select, relation, conditions, key, latest, ("price.canonical_id",))


def _stored(name: str) -> str:
    return "fetched_at" if name == "ingested_at" else name


def news(canonical_id: str) -> Listing:
    """The articles that mention it, newest first."""
    conditions = Conditions()
    conditions.equal("mention.canonical_id", "canonical_id", canonical_id)
    of_mention = ("matched_text", "confidence")
    select = ", ".join(
        f"{'mention' if column.name in of_mention else 'article'}.{column.name}" for column in MENTION_COLUMNS
    )
    relation = (
        "\nfrom marts.news_mentions as mention"
        "\ninner join marts.news_articles as article on article.article_id = mention.article_id"
    )
    key = SortKey("article.published_at", "timestamptz")
    return Listing(MENTION_COLUMNS, select, relation, conditions, key, descending=True, tie=("article.article_id",))
