"""Files as they come: each ends in right rows, in rejected ones with their reason, or in a report of what is wrong."""

import re
from decimal import Decimal
from random import Random

import pytest

from extract.http import SourceError
from tests.extract.csv_files.conftest import CsvFolder

GOOD = "symbol,price\nBTC,64000\n"
TABLE = 'symbol,name,price\nBTC,"Bitcoïn –\nthe first",64000.5\nETH,Éther,3000\n'
HOURLY = "date,symbol,close\n" + "".join(f"2025-01-01 {hour:02d}:00,BTC,{hour}\n" for hour in range(24))
NOTHING_TO_LOAD: dict[str, tuple[str | bytes, str, str]] = {
    "empty": ("", "unreadable", "The file is empty"),
    "blank": ("\n \n", "unmapped", "The file names no columns"),
    "header_only": ("symbol,price\n", "withheld", "a header and no rows"),
    "no_header": ("BTC,64000\nETH,3000\n", "unmapped", 'What is missing .* The columns are "BTC", "64000"'),
    "no_coin": (
        "Date,Open,Close\n2025-01-01,1,2\n",
        "unmapped",
        r"missing is a column for the coin \(symbol or name\)",
    ),
    "no_price": ("symbol,note\nBTC,x\n", "unmapped", "missing is a column for the price"),
    "euros": ("symbol,Price (EUR)\nBTC,5\n", "unmapped", '"Price .EUR." is in EUR, not in US dollars'),
    "workbook": (b"PK\x03\x04" + bytes(50), "unreadable", "Excel workbook"),
    "binary": (Random(1).randbytes(5000), "unreadable", "binary data"),
    "unclear_dates": ("date,symbol,close\n03/04/2025,BTC,5\n", "unmapped", "Nothing in the file tells whether"),
    "mixed_dates": ("date,symbol,close\n13/01/2025,X,5\n01/14/2025,X,5\n", "unmapped", "fit no one order"),
    "hourly": (HOURLY, "unmapped", "several rows of a coin for one day"),
}


def test_files_with_nothing_to_load_say_why_and_cost_no_other(csv_folder: CsvFolder) -> None:
    for name, (content, _, _) in NOTHING_TO_LOAD.items():
        csv_folder.write(f"{name}.csv", content)
    csv_folder.write("good.csv", GOOD)
    first, second = csv_folder.read(), csv_folder.read()

    told: dict[str, str] = {}
    for name, (_, status, message) in NOTHING_TO_LOAD.items():
        (event,) = csv_folder.events(f"{name}.csv")
        assert (name, event["status"]) == (name, status)
        assert re.search(message, event["message"]), (name, event["message"])
        if status != "loaded":
            told[f"{name}.csv"] = f"{name}.csv: {event['message']}"
    assert first.problems == second.problems == tuple(told[name] for name in sorted(told))
    assert csv_folder.rows("select file from raw_csv.snapshots") == [{"file": "good.csv"}]
    assert csv_folder.rows("select file from raw_csv.ohlcv") == []


def test_rows_that_can_not_be_used_are_rejected_with_their_content(csv_folder: CsvFolder) -> None:
    csv_folder.write(
        "mixed.csv",
        'symbol,name,price\nBTC,Bit\x00coin,64000\nETH,"Ether\neum",3000\nXRP,0.5\nLTC,Lite,coin,90\n,,5\n'
        "DOGE,Dogecoin,N/A\nADA,Cardano,cheap\nSOL,\"Solana,150\nDOT,Polkadot,4\n",
    )  # fmt: skip
    extracted = csv_folder.read()

    rows = csv_folder.current("snapshots", "mixed.csv")
    assert [(row["row_number"], row["symbol"], row["price_usd"]) for row in rows] == [
        (1, "BTC", 64000),
        (2, "ETH", 3000),
        (6, "DOGE", None),
        (7, "ADA", None),
        (9, "DOT", 4),
    ]
    assert rows[0]["name"] == "Bit\\x00coin" and rows[1]["name"] == "Ether\neum"
    assert rows[3]["extra"] == {"price_usd": "cheap"}

    rejected = csv_folder.rejected("mixed.csv")
    assert [(row["payload"]["row_number"], row["reason"]) for row in rejected] == [
        (3, "2 cells where the header has 3"),
        (4, "4 cells where the header has 3"),
        (5, "neither symbol nor name"),
        (8, "a quote that is never closed"),
    ]
    assert rejected[0]["payload"]["line"] == "XRP,0.5\n"
    assert rejected[2]["payload"]["row"]["price"] == "5"
    assert extracted.rejected == csv_folder.event("mixed.csv")["rejected_count"] == 4
    assert "4 of 9 rows could not be used" in csv_folder.event("mixed.csv")["message"]


def test_days_that_can_not_be_read_are_rejected(csv_folder: CsvFolder) -> None:
    csv_folder.write("days.csv", "date,symbol,close\n2025-01-01,BTC,1\nsoon,BTC,2\n,BTC,3\n2025-02-30,BTC,4\n")
    csv_folder.read()
    reasons = [row["reason"] for row in csv_folder.rejected("days.csv")]
    assert reasons == ["a date that can't be read", "no date", "a date that can't be read"]
    assert len(csv_folder.current("ohlcv", "days.csv")) == 1


def test_odd_texts_and_numbers_land_as_they_are(csv_folder: CsvFolder) -> None:
    csv_folder.write(
        "odd.csv",
        "symbol,name,price\n😀,שלום,0.00000000001234\nLONG," + "n" * 10_000 + ",1\nNEG,x,-5\nBIG,x," + "9" * 39 + "\n"
        "INF,x,Infinity\nNAN,x,NaN\nFINE,x,1e-39\n=1+1,<script>alert(1)</script>,2\n",
    )
    csv_folder.read()
    rows = csv_folder.current("snapshots", "odd.csv")
    prices = [None if row["price_usd"] is None else str(row["price_usd"].normalize()) for row in rows]
    assert prices == ["1.234E-11", "1", "-5", None, None, None, None, "2"]
    assert [row["name"] for row in rows][:2] == ["שלום", "n" * 10_000] and rows[7]["symbol"] == "=1+1"
    assert rows[3]["extra"] == {"price_usd": "9" * 39} and rows[3]["flags"]
    assert rows[4]["extra"] == {"price_usd": "Infinity"} and rows[6]["extra"]["price_usd"]


def test_headers_named_like_our_own_columns_do_no_harm(csv_folder: CsvFolder) -> None:
    csv_folder.write(
        "names.csv",
        "symbol,price,file,file_hash,row_number,revision,flags,extra,content_hash,table,model_config,price,\n"
        "BTC,1,a,b,c,d,e,f,g,h,i,2,j\n",
    )
    csv_folder.read()
    (row,) = csv_folder.current("snapshots", "names.csv")
    assert (row["file"], row["row_number"], row["price_usd"], row["flags"]) == ("names.csv", 1, 1, None)
    assert row["extra"] == {
        "file (column 3)": "a",
        "file_hash (column 4)": "b",
        "row_number (column 5)": "c",
        "revision (column 6)": "d",
        "flags (column 7)": "e",
        "extra": "f",
        "content_hash": "g",
        "table": "h",
        "model_config": "i",
        "price (column 12)": "2",
        "(column 13)": "j",
    }


def test_joined_files_repeat_their_header(csv_folder: CsvFolder) -> None:
    csv_folder.write("joined.csv", GOOD + "Symbol,Price\n" + GOOD)
    csv_folder.read()
    event = csv_folder.event("joined.csv")
    assert (event["row_count"], event["rejected_count"]) == (3, 0)


def test_a_file_that_became_unusable_is_reported_and_comes_back(csv_folder: CsvFolder) -> None:
    for content in (GOOD, "", GOOD):
        csv_folder.write("quotes.csv", content)
        csv_folder.read()
    events = csv_folder.events("quotes.csv")
    assert [event["status"] for event in events] == ["loaded", "unreadable", "loaded"]
    assert events[1]["message"].endswith("What it said before is kept")
    assert len(csv_folder.current("snapshots", "quotes.csv")) == 1


def test_where_there_are_no_files_is_told_with_what_to_do_and_costs_nothing(csv_folder: CsvFolder) -> None:
    csv_folder.write("quotes.csv", GOOD)
    nowhere = csv_folder.path / "none"
    with pytest.raises(SourceError, match=rf"^CSV_PATH {nowhere} is no file: put it there, or name another$"):
        csv_folder.read(csv_path=nowhere)
    with pytest.raises(SourceError, match=r"CSV_PATH .* is no file"):
        csv_folder.read(csv_path=csv_folder.path)
    csv_folder.read()
    told = rf"^CSV_DIR {nowhere}: No such file or directory: create it, or name another$"
    with pytest.raises(SourceError, match=told):
        csv_folder.read(csv_dir=nowhere)
    with pytest.raises(SourceError, match="Not a directory: create it, or name another"):
        csv_folder.read(csv_dir=csv_folder.path / "quotes.csv")
    assert [event["status"] for event in csv_folder.events("quotes.csv")] == ["loaded"]
    assert len(csv_folder.current("snapshots", "quotes.csv")) == 1


FORMS: dict[str, tuple[bytes, str, str]] = {
    "bom": (TABLE.encode("utf-8-sig"), "utf-8-sig", ","),
    "semicolons": (TABLE.replace(",", ";").encode(), "utf-8", ";"),
    "tabs": (TABLE.replace(",", "\t").encode(), "utf-8", "tab"),
    "utf16": (TABLE.encode("utf-16"), "utf-16", ","),
    "windows": (TABLE.encode("cp1252"), "cp1252", ","),
    "latin": (TABLE.replace("–", "\x81").encode("latin-1"), "latin-1", ","),
    "returns": (TABLE.replace("\n", "\r").encode(), "utf-8", ","),
    "both": (TABLE.replace("\n", "\r\n").encode(), "utf-8", ","),
    "titled": (f"Prices of 2025\n\nall in USD\n{TABLE}".encode(), "utf-8", ","),
}


def test_the_same_table_is_read_however_it_is_written(csv_folder: CsvFolder) -> None:
    for name, (content, _, _) in FORMS.items():
        csv_folder.write(f"{name}.csv", content)
    assert csv_folder.read().problems == ()

    for name, (_, encoding, delimiter) in FORMS.items():
        event = csv_folder.event(f"{name}.csv")
        assert (name, event["encoding"], event["delimiter"]) == (name, encoding, delimiter)
        assert event["message"] is None, name
        rows = csv_folder.current("snapshots", f"{name}.csv")
        plain = [
            (row["symbol"], re.sub(r"\s+", " ", row["name"]).replace("\x81", "–"), row["price_usd"]) for row in rows
        ]
        assert plain == [("BTC", "Bitcoïn – the first", Decimal("64000.5")), ("ETH", "Éther", 3000)], name
