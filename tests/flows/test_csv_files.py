"""CSV files between two passes: what is published of those that came, went and broke, and what is said of each."""

import shutil
from decimal import Decimal

from extract import pipeline
from kasparro.settings import SAMPLES
from tests.flows.conftest import System

HEADER = "symbol,name,price,market cap,time\n"


def test_what_a_file_said_is_published_though_it_is_gone_or_broken_by_then(system: System) -> None:
    files = system.settings.csv_dir
    (files / "gone.csv").write_text(HEADER + "GON,Gone Coin,1.5,1000,2025-01-02\n")
    (files / "broken.csv").write_text(HEADER + "BRK,Broken Coin,2.5,1000,2025-01-02\n,,1,,2025-01-02\n")
    (files / "changed.csv").write_text(HEADER + "CHG,Changed Coin,3.5,1000,2025-01-02\n")
    (files / "spoilt.csv").write_text(HEADER + "SPO,Spoilt Coin,5.5,1000,2025-01-02\n")
    pipeline.run("csv", system.settings, system.warehouse)  # as in a pass that failed later on
    (files / "gone.csv").unlink()
    (files / "broken.csv").write_text("")
    (files / "changed.csv").write_text(HEADER + "CHG,Changed Coin,4.5,1000,2025-01-02\n")
    mangled = "SPO,Spoilt Coin,14.748.800.659,1000,2025-01-02\nNEW,New Coin,106.25,1000,2025-01-02\n"
    (files / "spoilt.csv").write_text(HEADER + mangled)

    outcome = system.run(sources=["csv"])

    broken, spoilt = outcome.failures["csv"].split("; ", 1)
    assert broken == "broken.csv: The file is empty. What it said before is kept"
    assert spoilt.startswith("spoilt.csv: Numbers like") and spoilt.endswith("What it said before is kept")
    assert system.query("select source, price_usd from marts.coin_quotes order by source") == [
        ("csv:broken", Decimal("2.5")),
        ("csv:changed", Decimal("4.5")),
        ("csv:gone", Decimal("1.5")),
        ("csv:spoilt", Decimal("5.5")),
    ]
    files_said = (
        "select file, status, row_count, rejected_count, mapping #>> '{price_usd,how}' from ops.csv_files order by 1"
    )
    assert system.query(files_said, role="reader") == [
        ("broken.csv", "refused", 1, 1, "name"),
        ("changed.csv", "loaded", 1, 0, "name"),
        ("gone.csv", "removed", 1, 0, "name"),
        ("spoilt.csv", "refused", 1, 0, "name"),
    ]


def test_the_sample_is_taken_back_out_of_a_market_that_is_not_invented(system: System) -> None:
    shutil.copytree(SAMPLES, system.settings.csv_dir, dirs_exist_ok=True)
    mine = "MNE,Mine,1.5,1000,2025-01-02\nNULL,,2.5,1000,2025-01-02\n"
    (system.settings.csv_dir / "mine.csv").write_text(HEADER + mine)
    system.run(sources=["csv"], invented_market=True)
    invented = "select count(*) from marts.coin_quotes where starts_with(source, 'csv:sample')"
    assert system.query(invented) > [(100,)]

    outcome = system.run(sources=["csv"])

    assert "the sample that ships" in outcome.failures["csv"]
    assert system.query(invented) == [(0,)]
    of_samples = "select count(*) from marts.coin_prices_daily where 'csv:sample_history' = any(sources)"
    assert system.query(of_samples) == [(0,)]
    priced = "select source_coin_id, price_usd from marts.coin_listings where starts_with(source, 'csv:')"
    assert system.query(f"{priced} and price_usd is not null order by 1") == [
        ("mne-mine", Decimal("1.5")),
        ("null-null", Decimal("2.5")),
    ]
