"""`python -m flows.identity_preview`: what the decisions in the seed `identity_overrides` would change, before they do.

The next version of the coins is built aside from what has landed, compared with the published one, and not published:
the next pass does that, unless the decisions are taken back before.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import psycopg2

from flows import transform
from flows.console import stoppable
from flows.transform import TransformError, Watch
from flows.turns import BusyError, take
from kasparro import logs
from kasparro.settings import SettingsError, load_settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse

MODELS = ("+coin_changes", "+coin_ids")
"""What a preview builds: the feed of changes and the ledger, with all they are made of."""

CHANGES = """
    select changes.kind, changes.canonical_id, coalesce(coins.name, published.name), changes.other_canonical_id,
        others.name, changes.detail
    from candidate.coin_changes as changes
    left join candidate.coins using (canonical_id)
    left join marts.coins as published on changes.canonical_id = published.canonical_id
    left join candidate.coins as others on changes.other_canonical_id = others.canonical_id
    where changes.kind in ('merged', 'split')
    order by changes.change_id
"""
TOUCHED = """
    with history as (
        select source, source_coin_id, 'quote' as kind, observed_at as since, observed_at as until
        from marts.coin_quotes
        union all
        select source, source_coin_id, 'candle', opened_at, closed_at from marts.coin_candles
    )
    select source, source_coin_id, old_canonical_id, new_canonical_id, count(*) filter (where kind = 'quote'),
        count(*) filter (where kind = 'candle'), min(since)::date::text, max(until)::date::text
    from intermediate.int_listings__relinked
    left join history using (source, source_coin_id)
    group by 1, 2, 3, 4
    order by 1, 2
"""
UNKNOWN = """
    select distinct source, source_coin_id
    from (
        select source, source_coin_id from intermediate.identity_overrides
        union all
        select other_source, other_source_coin_id from intermediate.identity_overrides
    ) as decided
    where (source, source_coin_id) not in (select source, source_coin_id from intermediate.int_listings__current)
    order by 1, 2
"""


def main(arguments: list[str] | None = None) -> int:
    """Build and print. Returns the exit status: 0 said what would change, 1 could not."""
    argparse.ArgumentParser(prog="make identity-preview", description=__doc__).parse_args(arguments)
    try:
        settings = load_settings()
        logs.configure(settings)
        warehouse = ensure_warehouse(settings)
        with stoppable("stopped: nothing was published"), take(settings, warehouse, "preview") as turn:
            turn.work(lambda: transform.build(settings, warehouse, Watch(), run_id="", turn=turn.key, only=MODELS))
            report = "\n".join(describe(warehouse))
    except (SettingsError, WarehouseError, BusyError, TransformError) as error:
        print(error, file=sys.stderr)
        return 1
    print(report)
    return 0


def describe(warehouse: Warehouse) -> list[str]:
    """The difference between the candidate and the published version, as lines for people."""
    with closing(psycopg2.connect(warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        changes, touched, unknown = (_rows(cursor, query) for query in (CHANGES, TOUCHED, UNKNOWN))
    merged = _count(sum(kind == "merged" for kind, *_ in changes), "coin")
    split = _count(sum(kind == "split" for kind, *_ in changes), "coin")
    listings, history = _count(len(touched), "listing"), _history(*(sum(row[n] for row in touched) for n in (4, 5)))
    lines = [
        f"{merged} would merge, {split} would split; {listings} with {history} would follow",
        *(_change(*row) for row in changes),
        *(_follower(*row) for row in touched),
        *(f"  {source} {coin}, of which a decision speaks, is no listing that we know" for source, coin in unknown),
    ]
    if changes:
        lines.append("Nothing is published yet: the next pass does that, unless the decisions are taken back before.")
    return lines


def _rows(cursor: Any, query: str) -> Sequence[tuple[Any, ...]]:
    cursor.execute(query)
    return cursor.fetchall()


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _change(kind: str, coin: str, name: str | None, other: str, other_name: str | None, detail: str) -> str:
    verb = "merges into" if kind == "merged" else "splits from"
    return f"  {coin} ({name}) {verb} {other} ({other_name}), {detail}"


def _history(quotes: int, candles: int) -> str:
    return _count(quotes, "quote") + (f" and {_count(candles, 'candle')}" if candles else "")


def _follower(
    source: str, coin: str, old: str, new: str, quotes: int, candles: int, first: str | None, last: str | None
) -> str:
    span = f" of {first} to {last}" if first else ""
    return f"  {source} {coin} goes from {old} to {new}: {_history(quotes, candles)}{span}"


if __name__ == "__main__":
    sys.exit(main())
