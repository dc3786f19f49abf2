"""Loads that break off, at whatever point: each key has one row afterwards, and what a model reads is complete."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dlt
import pytest

from extract import pipeline
from extract.coingecko import source
from extract.errors import SourceError
from extract.landing import Landing
from kasparro.settings import SourceName
from providers.faults import Rule
from providers.faults.fields import Garbage, SetField
from providers.generated import GeneratedMarket
from tests.extract.conftest import COINS, Extraction

TABLES = ("markets", "coins_list", "fetches", "departures", "rejected_records")
ROWS_OF_COMPLETE_LOADS = """
    select count(*), count(distinct (id, last_updated, content_hash)) from raw_coingecko.markets
    where _dlt_load_id in (select load_id from raw_coingecko._dlt_loads where status = 0)
"""


def extracted(extraction: Extraction) -> dlt.Pipeline:
    """CoinGecko's pipeline with a package that is ready to be normalised."""
    pipeline.prepare_source("coingecko", extraction.settings, extraction.warehouse)
    left = pipeline.pipeline_for("coingecko", extraction.settings, extraction.warehouse)
    landing = Landing()
    everything = source(extraction.settings, landing)
    everything.resources.add(landing.rejected())
    left.extract(everything)
    return left


def package(extraction: Extraction) -> dlt.Pipeline:
    """CoinGecko's pipeline with a package that is ready to be loaded."""
    left = extracted(extraction)
    left.normalize()
    return left


def spoil(left: dlt.Pipeline) -> None:
    """Give the package a row that no table takes."""
    (file,) = Path(left.working_dir).glob("load/normalized/*/new_jobs/markets.*")
    with file.open("a", newline="") as rows:
        rows.write("one,cell,too,few\r\n")


def contents(extraction: Extraction) -> dict[str, int]:
    return {table: extraction.count(f"raw_coingecko.{table}") for table in TABLES}


def test_a_load_that_is_repeated_after_its_commit_adds_nothing(extraction: Extraction, tmp_path: Path) -> None:
    extraction.play(Rule(fault=Garbage(field="id", ids=("bitcoin",), what="blank"), path="/coins/markets"))
    left = package(extraction)
    shutil.copytree(left.working_dir, tmp_path / "before")
    left.load()
    once = contents(extraction)
    assert once["markets"] > 0 and once["fetches"] == 2 and once["rejected_records"] == 1
    shutil.rmtree(left.working_dir)
    shutil.copytree(tmp_path / "before", left.working_dir)  # as if killed between the commit and the note of it

    again = pipeline.pipeline_for("coingecko", extraction.settings, extraction.warehouse)
    assert again.has_pending_data
    again.load()

    assert contents(extraction) == once


def test_rows_of_a_load_that_nobody_will_complete_are_read_again(
    extraction: Extraction, market: GeneratedMarket
) -> None:
    left = package(extraction)
    left.load()
    extraction.query(
        "delete from raw_coingecko._dlt_loads where load_id = (select max(load_id) from raw_coingecko._dlt_loads)"
    )
    extraction.lose_working_folder()

    extraction.run("coingecko")

    everyone = len(market.coingecko_markets())
    assert extraction.query(ROWS_OF_COMPLETE_LOADS) == [(everyone, everyone)]
    assert extraction.count("raw_coingecko.markets") == everyone


def test_a_package_that_never_can_be_loaded_is_dropped_with_its_reason_and_read_again(
    extraction: Extraction, market: GeneratedMarket, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(package(extraction))

    extracted = extraction.run("coingecko")

    assert extracted.problems == ()
    (said,) = [record.getMessage() for record in caplog.records if "could not be loaded" in record.getMessage()]
    assert said.startswith("coingecko: what CoinGecko sent could not be loaded (missing data for column")
    assert said.endswith("it is dropped, and read again")
    everyone = len(market.coingecko_markets())
    assert extraction.query(ROWS_OF_COMPLETE_LOADS) == [(everyone, everyone)]
    assert extraction.count("raw_coingecko.markets") == everyone
    assert extraction.count("raw_coingecko.coins_list") == len(market.coingecko_list(active=True))


def test_a_load_that_fails_in_its_own_pass_says_so_and_the_next_pass_lands_it(
    extraction: Extraction, market: GeneratedMarket
) -> None:
    extraction.run("coingecko")
    extraction.query("alter table raw_coingecko.markets add constraint cheap check (current_price < 1e18)")
    market.advance(5)
    extraction.play(Rule(fault=SetField(field="current_price", ids=("bitcoin",), value=10**18), path="/coins/markets"))
    before = contents(extraction)

    with pytest.raises(SourceError, match=r"^what CoinGecko sent could not be loaded \(.*\"cheap\".*\): it is dropped"):
        extraction.run("coingecko")
    assert extraction.query(ROWS_OF_COMPLETE_LOADS)[0][0] == before["markets"], "models read what they read before"

    extraction.query("alter table raw_coingecko.markets drop constraint cheap")
    extraction.run("coingecko")
    assert extraction.query(ROWS_OF_COMPLETE_LOADS)[0][0] == before["markets"] + len(market.coingecko_markets())


def test_a_load_that_the_warehouse_broke_off_is_completed_by_the_next_pass(
    extraction: Extraction, market: GeneratedMarket
) -> None:
    extraction.run("coingecko")
    before = extraction.count("raw_coingecko.markets")
    extraction.query(
        "create function public.shut_down() returns trigger language plpgsql as $$ begin"
        " raise exception 'terminating connection' using errcode = '57P01'; end $$;"
        " create trigger shut_down before insert on raw_coingecko.markets execute function public.shut_down()"
    )
    market.advance(5)
    told = r"^what CoinGecko sent could not be loaded \(terminating connection\): the next pass tries it again$"
    for _ in range(2):
        with pytest.raises(SourceError, match=told):
            extraction.run("coingecko")
    first_update = extraction.stand_in.market.coingecko_markets()

    extraction.query("drop trigger shut_down on raw_coingecko.markets")
    market.advance(5)
    extraction.run("coingecko")

    assert extraction.count("raw_coingecko.markets") == before + len(first_update) + len(market.coingecko_markets())


def test_what_another_home_landed_meanwhile_is_known(
    extraction: Extraction, market: GeneratedMarket, tmp_path: Path
) -> None:
    rows: list[int] = []
    for home in ("a", "b", "a", "a"):
        extraction.run("coingecko", kasparro_home=tmp_path / home)
        rows.append(extraction.count("raw_coingecko.markets"))
        if home == "a":
            market.advance(5)
            extraction.run("coingecko", kasparro_home=tmp_path / "b")
    everyone = len(market.coingecko_markets())
    assert rows == [everyone, 2 * everyone, 2 * everyone, 3 * everyone]


def test_without_a_state_what_raw_holds_tells_what_is_known(extraction: Extraction, market: GeneratedMarket) -> None:
    old = GeneratedMarket(coins=40, seed=7, start=market.now)
    extraction.run("coingecko")
    market.advance(5)
    extraction.run("coingecko")
    extraction.query("truncate raw_coingecko._dlt_pipeline_state")
    for served in (old, market):
        extraction.stand_in.market = served
        extraction.lose_working_folder()
        extraction.run("coingecko")

    assert extraction.count("raw_coingecko.markets") == 2 * len(market.coingecko_markets())


def test_what_another_machine_has_read_since_is_not_loaded_again(extraction: Extraction, tmp_path: Path) -> None:
    package(extraction)
    extraction.run("coingecko", kasparro_home=tmp_path / "elsewhere")
    once = contents(extraction)

    extraction.run("coingecko")

    assert contents(extraction)["markets"] == once["markets"] > 0
    left = pipeline.pipeline_for("coingecko", extraction.settings, extraction.warehouse)
    assert not left.has_pending_data


def test_a_large_market_is_loaded_in_several_files(
    extraction: Extraction, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("extract.landing.ROWS_IN_A_FILE", 250)
    extraction.stand_in.market = GeneratedMarket(coins=600, seed=3)
    left = package(extraction)
    files = list(Path(left.working_dir).glob("load/normalized/*/new_jobs/markets.*"))
    shutil.copytree(left.working_dir, tmp_path / "before")
    left.load()
    shutil.rmtree(left.working_dir)
    shutil.copytree(tmp_path / "before", left.working_dir)
    pipeline.pipeline_for("coingecko", extraction.settings, extraction.warehouse).load()

    everyone = len(extraction.stand_in.market.coingecko_markets())
    assert len(files) == -(-everyone // 250)
    assert extraction.query("select count(*), count(distinct id) from raw_coingecko.markets") == [(everyone, everyone)]


def test_sources_land_side_by_side(extraction: Extraction, market: GeneratedMarket) -> None:
    names: list[SourceName] = ["coingecko", "coinpaprika", "csv"]
    extraction.settings.csv_dir.mkdir()
    (extraction.settings.csv_dir / "quotes.csv").write_text(
        "symbol,price\n" + "".join(f"C{n},{n}\n" for n in range(99))
    )
    for _ in range(3):
        market.advance(5)
        with ThreadPoolExecutor(len(names)) as pool:
            assert [landed.problems for landed in pool.map(extraction.run, names)] == [()] * len(names)

    each: dict[str, Any] = {
        "coingecko": ("markets", len(market.coingecko_markets()), 3),
        "coinpaprika": ("tickers", len(market.coinpaprika_tickers(False)), 3),
        "csv": ("snapshots", 99, 1),
    }
    for name, (table, coins, times) in each.items():
        key = "row_number" if name == "csv" else "id, last_updated"
        counted = extraction.query(f"select count(*), count(distinct ({key})) from raw_{name}.{table}")
        assert counted == [(coins * times, coins * times)], name
        loads = f"select count(*) from raw_{name}._dlt_loads where status <> 0"
        assert extraction.query(loads) == [(0,)]


@pytest.mark.parametrize("gone", [(), ("new_jobs",), ("schema.json", "started_jobs")], ids=["", "jobs", "schema"])
def test_a_package_whose_deletion_was_interrupted_is_loaded_once(
    gone: tuple[str, ...], extraction: Extraction, tmp_path: Path
) -> None:
    left = extracted(extraction)
    (before,) = Path(left.working_dir).glob("normalize/extracted/*")
    shutil.copytree(before, tmp_path / "before")
    left.normalize()
    shutil.copytree(tmp_path / "before", before)  # as if killed between the commit and the end of the deletion
    for part in gone:
        shutil.rmtree(before / part) if (before / part).is_dir() else (before / part).unlink()

    assert not extraction.run("coingecko").problem

    assert not left.has_pending_data
    assert extraction.query(ROWS_OF_COMPLETE_LOADS) == [(COINS, COINS)]


def test_what_is_left_of_an_empty_package_is_removed(extraction: Extraction) -> None:
    extraction.run("rss")
    left = pipeline.pipeline_for("rss", extraction.settings, extraction.warehouse)
    half = Path(left.working_dir) / "normalize" / "extracted" / "1795341248.1136203"
    half.mkdir()
    (half / "schema.json").write_text("{}")

    assert not extraction.run("rss").problem

    assert not half.exists()
