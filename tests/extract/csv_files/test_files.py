"""A folder of files over time: what is new is read, what is unchanged is not, what is gone is kept and marked."""

import os
import resource
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg2
import pytest

from extract import retention
from extract.csv_files import folder
from extract.csv_files.loading import Content, load
from extract.records import Origin
from kasparro.settings import SAMPLES
from tests.extract.csv_files.conftest import CsvFolder, Typing

SNAPSHOT = (
    "symbol,name,price,market_cap,volume_24h,time,note\n"
    "BTC,Bitcoin,64000.5,1260000000000,31000000000,2025-01-02T03:04:05Z,x\n"
)


def history(days: int = 10, first_close: float = 100.0) -> str:
    rows = [f"2025-01-{day:02d},ETH,{first_close + day},{first_close + day + 2},{first_close + day - 2},"
            f"{first_close + day + 1},{5_000_000 + day}" for day in range(1, days + 1)]  # fmt: skip
    return "date,symbol,open,high,low,close,volume\n" + "\n".join(rows) + "\n"


def test_rows_and_event_of_a_snapshot(csv_folder: CsvFolder) -> None:
    csv_folder.write("quotes.csv", SNAPSHOT)
    extracted = csv_folder.read()
    assert extracted.problems == () and extracted.rejected == 0

    (row,) = csv_folder.current("snapshots", "quotes.csv")
    assert (row["row_number"], row["symbol"], row["name"]) == (1, "BTC", "Bitcoin")
    assert row["price_usd"] == Decimal("64000.5")
    assert (row["market_cap_usd"], row["volume_24h_usd"]) == (1_260_000_000_000, 31_000_000_000)
    assert row["observed_at"] == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert row["extra"] == {"note": "x"}

    event = csv_folder.event("quotes.csv")
    assert (event["status"], event["kind"], event["revision"]) == ("loaded", "snapshot", 1)
    assert (event["delimiter"], event["encoding"], event["decimal_style"]) == (",", "utf-8", "1,234.5")
    assert (event["row_count"], event["rejected_count"], event["message"]) == (1, 0, None)
    assert event["file_hash"] == row["file_hash"]
    assert event["mapping"]["observed_at"] == {"header": "time", "how": "alias", "confidence": 0.95}
    assert abs(event["modified_at"].timestamp() - (csv_folder.path / "quotes.csv").stat().st_mtime) < 0.001


def test_rows_of_a_history(csv_folder: CsvFolder) -> None:
    csv_folder.write("eth.csv", history())
    csv_folder.read()
    rows = csv_folder.current("ohlcv", "eth.csv")
    assert len(rows) == 10 and csv_folder.event("eth.csv")["kind"] == "ohlcv"
    assert rows[1]["date"] == datetime(2025, 1, 2, tzinfo=UTC)
    prices = [rows[1][name] for name in ("open_usd", "high_usd", "low_usd", "close_usd", "volume_usd")]
    assert prices == [102, 104, 100, 103, 5_000_002]


def test_a_second_pass_adds_nothing(csv_folder: CsvFolder) -> None:
    csv_folder.write("quotes.csv", SNAPSHOT)
    csv_folder.write("eth.csv", history())
    assert csv_folder.read().accepted > 0
    assert csv_folder.read().accepted == 0
    assert len(csv_folder.events("quotes.csv")) == len(csv_folder.events("eth.csv")) == 1


def test_a_file_that_was_only_touched_is_not_read_again(csv_folder: CsvFolder) -> None:
    file = csv_folder.write("quotes.csv", SNAPSHOT)
    csv_folder.read()
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert csv_folder.read().accepted == 0


def test_a_changed_file_has_the_rows_of_its_new_content(csv_folder: CsvFolder) -> None:
    csv_folder.write("eth.csv", history(10))
    csv_folder.read()
    csv_folder.write("eth.csv", history(3, 200))
    csv_folder.read()
    assert [row["open_usd"] for row in csv_folder.current("ohlcv", "eth.csv")] == [201, 202, 203]
    assert [event["revision"] for event in csv_folder.events("eth.csv")] == [1, 2]


def test_a_settled_file_is_known_by_its_times_and_a_change_that_sets_them_back_is_seen(
    csv_folder: CsvFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "SETTLED_SECONDS", 0)
    file = csv_folder.write("quotes.csv", SNAPSHOT)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    csv_folder.read()
    assert csv_folder.read().accepted == 0
    csv_folder.write("quotes.csv", SNAPSHOT.replace("64000.5", "65000.5"))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    csv_folder.read()
    assert csv_folder.current("snapshots", "quotes.csv")[0]["price_usd"] == Decimal("65000.5")


def test_times_of_a_file_written_just_now_prove_nothing(tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text(SNAPSHOT)
    assert folder.stamp(file)[0] is None


def test_a_file_that_goes_back_to_an_earlier_content_has_its_rows_again(csv_folder: CsvFolder) -> None:
    for close in (100, 200, 100):
        csv_folder.write("eth.csv", history(2, close))
        csv_folder.read()
    assert [row["open_usd"] for row in csv_folder.current("ohlcv", "eth.csv")] == [101, 102]
    newest = csv_folder.rows("select open_usd from raw_csv.ohlcv order by fetched_at desc, row_number limit 2")
    assert [row["open_usd"] for row in newest] == [101, 102]


def test_a_removed_file_is_marked_once_and_its_rows_are_kept(csv_folder: CsvFolder) -> None:
    file = csv_folder.write("eth.csv", history(4))
    csv_folder.read()
    file.unlink()
    csv_folder.read()
    csv_folder.read()
    assert [event["status"] for event in csv_folder.events("eth.csv")] == ["loaded", "removed"]
    assert len(csv_folder.current("ohlcv", "eth.csv")) == 4
    assert "no longer in CSV_DIR" in csv_folder.event("eth.csv")["message"]


def test_what_a_broken_file_said_before_outlives_retention(csv_folder: CsvFolder) -> None:
    for content in (history(2), history(3), history(4).replace("high,low", "low,high"), ""):
        csv_folder.write("eth.csv", content)
        csv_folder.read()
    connection = psycopg2.connect(csv_folder.warehouse.url("admin"))
    with closing(connection), connection, connection.cursor() as cursor:
        cursor.execute("update raw_csv.files set fetched_at = fetched_at - interval '99 days'")
        cursor.execute("update raw_csv.ohlcv set fetched_at = fetched_at - interval '99 days'")
        cursor.execute("insert into ops.published_loads select 'raw_csv', load_id, 1 from raw_csv._dlt_loads")

    retention.prune(csv_folder.settings, csv_folder.warehouse)

    statuses = [(event["revision"], event["status"]) for event in csv_folder.events("eth.csv")]
    assert statuses == [(2, "loaded"), (3, "withheld"), (4, "unreadable")]
    kept = csv_folder.rows("select distinct revision from raw_csv.ohlcv order by 1")
    assert kept == [{"revision": 2}, {"revision": 3}]


def test_a_file_that_comes_back_unchanged_is_current_again(csv_folder: CsvFolder) -> None:
    file = csv_folder.write("eth.csv", history(4))
    csv_folder.read()
    for _ in range(2):
        file.unlink()
        csv_folder.read()
        csv_folder.write("eth.csv", history(4))
        csv_folder.read()
    statuses = [event["status"] for event in csv_folder.events("eth.csv")]
    assert statuses == ["loaded", "removed", "loaded", "removed", "loaded"]
    assert len(csv_folder.current("ohlcv", "eth.csv")) == 4


def test_csv_path_reads_one_file(csv_folder: CsvFolder, tmp_path: Path) -> None:
    csv_folder.write("eth.csv", history(4))
    alone = tmp_path / "alone.CSV"
    alone.write_text(SNAPSHOT)
    csv_folder.read(csv_path=alone)
    assert [row["file"] for row in csv_folder.rows("select file from raw_csv.files")] == ["alone.CSV"]


def test_only_csv_files_of_the_folder_itself_are_read(csv_folder: CsvFolder) -> None:
    csv_folder.write("notes.txt", SNAPSHOT)
    (csv_folder.path / "folder.csv").mkdir()
    (csv_folder.path / "folder.csv" / "inner.csv").write_text(SNAPSHOT)
    (csv_folder.path / "broken.csv").symlink_to("/nowhere/at/all")
    csv_folder.write("UPPER.CSV", SNAPSHOT)
    csv_folder.read()
    assert [row["file"] for row in csv_folder.rows("select file from raw_csv.files")] == ["UPPER.CSV"]


def test_names_that_are_no_unicode_are_survived(csv_folder: CsvFolder) -> None:
    name = os.fsencode(csv_folder.path) + b"/caf\xe9 \xf0\x9f\x98\x80.csv"
    with open(name, "w") as file:  # noqa: PTH123
        file.write(SNAPSHOT)
    csv_folder.read()
    assert csv_folder.read().accepted == 0
    assert csv_folder.event("caf\\udce9 😀.csv")["row_count"] == 1


def test_many_files_are_each_a_source_of_their_own(csv_folder: CsvFolder) -> None:
    for number in range(12):
        csv_folder.write(f"q{number}.csv", SNAPSHOT.replace("64000.5", str(100 + number)))
    csv_folder.read()
    prices = csv_folder.rows("select price_usd from raw_csv.snapshots order by price_usd")
    assert [row["price_usd"] for row in prices] == [100 + number for number in range(12)]


def test_the_samples_that_ship_are_read_without_a_doubt(csv_folder: CsvFolder) -> None:
    assert csv_folder.read(csv_dir=SAMPLES, invented_market=True).problems == ()
    events = csv_folder.rows("select file, kind, row_count, rejected_count, doubts from raw_csv.files order by file")
    assert [tuple(event.values()) for event in events] == [
        ("sample_history.csv", "ohlcv", 120, 0, None),
        ("sample_snapshot.csv", "snapshot", 15, 0, None),
    ]


def test_a_sample_is_never_read_into_a_real_market_and_taken_back_where_it_was(csv_folder: CsvFolder) -> None:
    sample = (SAMPLES / "sample_history.csv").read_bytes()
    csv_folder.write("copy.csv", sample)
    csv_folder.read(invented_market=True)
    (problem,) = csv_folder.read().problems
    assert "the sample that ships" in problem
    (csv_folder.path / "copy.csv").unlink()
    assert csv_folder.read().problems == ()
    statuses = [(event["status"], event["row_count"]) for event in csv_folder.events("copy.csv")]
    assert statuses[:3] == [("loaded", 120), ("loaded", 0), ("removed", 0)]
    assert csv_folder.event("copy.csv")["status"] == "removed"


def test_a_long_file_lands_whole(csv_folder: CsvFolder) -> None:
    lines = "".join(f"C{number},{number + 1}.5\n" for number in range(45_000))
    csv_folder.write("long.csv", "symbol,price\n" + lines)
    csv_folder.read()
    (counts,) = csv_folder.rows(
        "select count(*) as rows, count(distinct row_number) as numbers, sum(price_usd) as total from raw_csv.snapshots"
    )
    assert counts == {"rows": 45_000, "numbers": 45_000, "total": sum(range(1, 45_001)) + 22_500}
    assert csv_folder.event("long.csv")["row_count"] == 45_000


@pytest.mark.long
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks: list[int] = []
    for rows in (50_000, 400_000):
        file = tmp_path / f"{rows}.csv"
        with file.open("w") as lines:
            lines.write("symbol,name,price\n")
            lines.writelines(f"C{number},Coin {number},{number + 1}.5\n" for number in range(rows))
        copy, file_hash = folder.copied(file)
        landing = Typing()
        with copy:
            for _ in load(Content(copy, file.name, file_hash, 1), {}, landing, Origin("r", datetime.now(UTC))):
                pass
        assert landing.landed.accepted == rows
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert peaks[1] - peaks[0] < 60_000  # kilobytes
