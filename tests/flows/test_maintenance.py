"""What retention removes, what it never touches, and that nothing grows without bound."""

import shutil
from typing import Any

import pytest

from flows import maintenance, turns
from flows.turns import BusyError
from providers.generated import GeneratedMarket
from tests.flows.conftest import System

# raw and the ledger as they look so many days later
LATER = """
    do $$ declare target record; begin
    for target in
        select table_schema, table_name, column_name from information_schema.columns
        where (table_schema ~ '^raw_[a-z]+$' and column_name in ('fetched_at', 'inserted_at', 'departed_at'))
            or (table_schema, table_name, column_name) in (('ops', 'etl_runs', 'started_at'))
    loop
        execute format('update %%I.%%I set %%I = %%I - interval ''{days} days''',
            target.table_schema, target.table_name, target.column_name, target.column_name);
    end loop; end $$
"""

STANDING = """
    (
        select _dlt_load_id from raw_coingecko.markets
        union select _dlt_load_id from raw_coingecko.coins_list
        union select _dlt_load_id from raw_coinpaprika.tickers
        union select _dlt_load_id from raw_coinpaprika.coins
    ) as standing
"""


RECORDS = (
    "marts.coin_changes",  # one row per change of a coin
    "marts.coin_listing_history",  # one row per change of a link
    "marts.coin_prices_hourly",  # one row per coin and hour
    "marts.coin_prices_daily",
    "marts.coin_snapshots",  # one row per coin and day
    "marts.news_articles",  # one row per article, and per coin that it mentions
    "marts.news_mentions",
    "staging.stg_coingecko__fields",  # what the last fifty published loads held
    "staging.stg_coinpaprika__fields",
    "ops.publications",  # one row per version
)
"""What is kept for ever, and grows with what has happened, not with how often it was looked at."""
MADE_ANEW = ("candidate.", "intermediate.")
"""Schemas whose tables hold what came since, or what it touches: a row more or less each time."""
SCHEMAS = "^(raw_[a-z]+|staging|intermediate|candidate|marts|ops)$"


def sizes(system: System) -> dict[str, int]:
    """Rows of every table, folders of dlt, and files of the home, Postgres's own aside."""
    tables = system.query(
        f"select schemaname || '.' || tablename from pg_tables where schemaname ~ '{SCHEMAS}' order by 1"
    )
    found = {table: system.query(f"select count(*) from {table}")[0][0] for (table,) in tables}
    home = system.settings.kasparro_home
    found["folders"] = sum(each.is_dir() for each in (home / "dlt").rglob("*"))
    for folder in home.iterdir():
        if folder.name != "postgres":
            found[f"files in {folder.name}"] = sum(each.is_file() for each in folder.rglob("*"))
    return found


def newest(system: System, table: str) -> Any:
    """What a provider said last of each key."""
    return system.query(f"select distinct on (id) id, content_hash from {table} order by id, fetched_at desc")


def count(system: System, table: str) -> int:
    """How many rows a table has."""
    return system.query(f"select count(*) from {table}")[0][0]


def test_what_is_superseded_and_published_goes_and_nothing_is_missed(system: System, market: GeneratedMarket) -> None:
    for _ in range(2):
        assert system.run().exit_code == 0
        market.advance(30)
    system.query(LATER.format(days=40))
    markets = newest(system, "raw_coingecko.markets")
    published = system.query("delete from ops.published_loads where schema_name = 'raw_coingecko' returning load_id")

    removed = maintenance.run(system.settings, system.warehouse).removed
    assert "raw_coingecko.markets" not in removed, "what is not published stays"
    assert removed["raw_coinpaprika.tickers"] > 0

    for (load,) in published:
        system.query("insert into ops.published_loads values ('raw_coingecko', %s, 1)", load)
    superseded = count(system, "raw_coingecko.markets") - len(markets)
    removed = maintenance.run(system.settings, system.warehouse).removed
    assert removed["raw_coingecko.markets"] == superseded > 0
    assert newest(system, "raw_coingecko.markets") == markets
    assert count(system, "raw_coingecko.markets") == len(markets)
    assert maintenance.run(system.settings, system.warehouse).removed == {}, "and there is nothing left to do"

    quotes = count(system, "marts.coin_quotes")
    listings = count(system, "(select distinct source, source_coin_id from marts.coin_quotes) as quoted")
    system.query("update marts.coin_quotes set observed_at = observed_at - interval '40 days'")
    maintenance.run(system.settings, system.warehouse)
    assert count(system, "marts.coin_quotes") == quotes, "quotes are kept for ever unless it is set otherwise"
    limited = system.settings.model_copy(update={"quotes_retention_days": 30})
    assert maintenance.run(limited, system.warehouse).removed["marts.coin_quotes"] == quotes - listings > 0

    shutil.rmtree(system.settings.kasparro_home / "dlt")  # dlt's state comes back from the warehouse
    system.stand_in.requests.clear()
    assert system.run().exit_code == 0
    assert count(system, "raw_coingecko.markets") <= 2 * len(markets), "only the update has landed"


@pytest.mark.parametrize("looks", [4, pytest.param(12, marks=pytest.mark.long)])
def test_a_year_of_passes_in_miniature_leaves_nothing_that_grows(
    looks: int, system: System, market: GeneratedMarket
) -> None:
    """The market has the same coins all the time; a pass and maintenance look at it again and again, months apart."""
    limited = system.settings.model_copy(update={"quotes_retention_days": 30})
    found: list[dict[str, int]] = []
    for _ in range(looks):
        assert system.run().exit_code == 0
        market.advance(30)
        system.query(LATER.format(days=100))
        system.query("update marts.coin_quotes set observed_at = observed_at - interval '100 days'")
        maintenance.run(limited, system.warehouse)
        found.append(sizes(system))

    second, last = found[1], found[-1]
    assert last["marts.coin_quotes"] > 0 and last["files in dlt"] > 0
    grown = {
        name: (second[name], last[name])
        for name in last.keys() - set(RECORDS)
        if last[name] > second[name] + (10 if name.startswith(MADE_ANEW) else 0)
    }
    for name in [name for name in grown if name.endswith("_loads")]:
        # a load is known as long as a row stands for it: an unchanging coin's is old
        assert last[name] <= count(system, STANDING) + 8, name
        grown.pop(name)
    assert grown == {}


def test_maintenance_waits_for_its_turn(system: System) -> None:
    with turns.take(system.settings, system.warehouse, "pass"), pytest.raises(BusyError, match="another pass"):
        maintenance.run(system.settings, system.warehouse)
