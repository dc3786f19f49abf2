"""CSV files between two passes: what is published of those that came, went and broke, and what is said of each."""

from decimal import Decimal

from extract import pipeline
from tests.flows.conftest import System

HEADER = "symbol,name,price,market cap,time\n"


def test_what_a_file_said_is_published_though_it_is_gone_or_broken_by_then(system: System) -> None:
    files = system.settings.csv_dir
    (files / "gone.csv").write_text(HEADER + "GON,Gone Coin,1.5,1000,2025-01-02\n")
    (files / "broken.csv").write_text(HEADER + "BRK,Broken Coin,2.5,1000,2025-01-02\n,,1,,2025-01-02\n")
    (files / "changed.csv").write_text(HEADER + "CHG,Changed Coin,3.5,1000,2025-01-02\n")
    pipeline.run("csv", system.settings, system.warehouse)  # as in a pass that failed later on
    (files / "gone.csv").unlink()
    (files / "broken.csv").write_text("")
    (files / "changed.csv").write_text(HEADER + "CHG,Changed Coin,4.5,1000,2025-01-02\n")

    outcome = system.run(sources=["csv"])

    assert outcome.failures == {"csv": "broken.csv: The file is empty. What it said before is kept"}
    assert system.query("select source, price_usd from marts.coin_quotes order by source") == [
        ("csv:broken", Decimal("2.5")),
        ("csv:changed", Decimal("4.5")),
        ("csv:gone", Decimal("1.5")),
    ]
    files_said = (
        "select file, status, row_count, rejected_count, mapping #>> '{price_usd,how}' from ops.csv_files order by 1"
    )
    assert system.query(files_said, role="reader") == [
        ("broken.csv", "refused", 1, 1, "name"),
        ("changed.csv", "loaded", 1, 0, "name"),
        ("gone.csv", "removed", 1, 0, "name"),
    ]
