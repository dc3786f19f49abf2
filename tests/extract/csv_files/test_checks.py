"""A file whose values contradict each other is not believed: what can't be true is kept back, and said."""

from collections.abc import Iterator
from datetime import date, timedelta

from tests.extract.csv_files.conftest import CsvFolder

START = date(2021, 1, 1)


def days(count: int, start: date = START) -> Iterator[tuple[int, date]]:
    return ((number, start + timedelta(days=number)) for number in range(count))


def history(rows: list[str]) -> str:
    return "date,symbol,open,high,low,close,volume,market_cap\n" + "".join(row + "\n" for row in rows)


def honest(count: int = 200, symbol: str = "ETH", start: date = START, factor: float = 1) -> list[str]:
    """Plausible days of a coin of which there are 100 million."""
    rows: list[str] = []
    for number, day in days(count, start):
        price = (1000 + 7 * (number % 30) + 0.25) * factor
        prices = f"{price},{price * 1.02:.3f},{price * 0.98:.3f},{price * 1.01:.3f}"
        rows.append(f"{day},{symbol},{prices},{price * 5_000_000:.0f},{price * 101_000_000:.0f}")
    return rows


def mangled(text: str) -> str:
    """What a spreadsheet makes of a decimal number where the point separates thousands: digits in groups of three."""
    digits = text.replace(".", "")
    first = len(digits) % 3 or 3
    return ".".join([digits[:first], *(digits[at : at + 3] for at in range(first, len(digits), 3))])


def test_an_honest_file_has_no_doubts(csv_folder: CsvFolder) -> None:
    csv_folder.write("eth.csv", history(honest()))
    csv_folder.read()
    event = csv_folder.event("eth.csv")
    assert (event["row_count"], event["doubts"], event["message"]) == (200, None, None)
    counts = csv_folder.rows("select count(close_usd) as closes, count(market_cap_usd) as caps, count(flags) as flags "
                             "from raw_csv.ohlcv")  # fmt: skip
    assert counts == [{"closes": 200, "caps": 200, "flags": 0}]


def test_mangled_numbers_never_land_as_numbers_and_their_originals_do(csv_folder: CsvFolder) -> None:
    rows: list[str] = []
    for number, day in days(100):
        close = f"{147.4880065917969 + number / 7:.13f}".rstrip("0")
        shown = "134.25" if number % 20 == 0 else mangled(close)
        rows.append(f"{day},ETH,{shown},{shown},{mangled(close)},{shown},0,1603768865")
    csv_folder.write("mangled.csv", history(rows))
    extracted = csv_folder.read()

    numbers = "open_usd, high_usd, low_usd, close_usd, volume_usd, market_cap_usd"
    assert csv_folder.rows(f"select 1 from raw_csv.ohlcv where coalesce({numbers}) is not null") == []
    row = csv_folder.current("ohlcv", "mangled.csv")[1]
    assert row["extra"]["high_usd"].count(".") >= 4 and row["extra"]["market_cap_usd"] == "1603768865"
    event = csv_folder.event("mangled.csv")
    assert (event["decimal_style"], event["doubts"], event["row_count"]) == (
        "contradictory",
        ["numbers_contradictory"],
        100,
    )
    assert (
        "thousands of times too large" in event["message"] and "without opening it in a spreadsheet" in event["message"]
    )
    assert extracted.problems == (f"mangled.csv: {event['message']}",)


def test_mangled_numbers_that_all_look_like_thousands_are_told_by_their_size(csv_folder: CsvFolder) -> None:
    rows = [
        f"{day},ETH,580.295.753.{492 - number},598.817.834.158,574.139.591.074,582.950.151.628,180.264.090.325.876,"
        "103.112.368.557.499"
        for number, day in days(40)
    ]
    csv_folder.write("grouped.csv", history(rows))
    csv_folder.read()
    assert csv_folder.event("grouped.csv")["doubts"] == ["prices_contradictory"]
    (counts,) = csv_folder.rows(
        "select count(close_usd) + count(volume_usd) + count(market_cap_usd) as n from raw_csv.ohlcv"
    )
    assert counts["n"] == 0


def test_a_few_impossible_prices_are_kept_back_and_flagged_alone(csv_folder: CsvFolder) -> None:
    rows = honest()
    rows[10] = f"{START + timedelta(days=10)},ETH,1000,1000,1000,1234567,5000000000,"
    rows[20] = f"{START + timedelta(days=20)},ETH,1000,900,1000,950,5000000000,101000000000"
    rows[30] = f"{START + timedelta(days=30)},ETH,1000,1010,990,1500,5000000000,101000000000"
    csv_folder.write("eth.csv", history(rows))
    csv_folder.read()
    flagged = {row["row_number"]: row for row in csv_folder.current("ohlcv", "eth.csv") if row["flags"]}
    assert {number: row["flags"][0] for number, row in flagged.items()} == {
        11: "a close outside of low to high",
        21: "a high below its low",
        31: "a close outside of low to high",
    }
    assert flagged[11]["close_usd"] is None and flagged[11]["extra"]["close_usd"] == "1234567"
    assert flagged[21]["close_usd"] == 950
    assert csv_folder.event("eth.csv")["doubts"] == ["prices_flagged"]


def test_prices_of_a_row_that_contradict_its_market_cap_are_kept_back(csv_folder: CsvFolder) -> None:
    rows = honest()
    rows[5] = f"{START + timedelta(days=5)},ETH,1042000,1050000,1040000,1045000,5000000000,101000000000"
    csv_folder.write("eth.csv", history(rows))
    csv_folder.read()
    row = csv_folder.current("ohlcv", "eth.csv")[5]
    assert row["flags"] == ["market cap and price contradict each other"]
    assert row["close_usd"] is None and row["market_cap_usd"] is None and row["extra"]["close_usd"] == "1045000"


def test_columns_in_the_wrong_place_are_not_believed(csv_folder: CsvFolder) -> None:
    csv_folder.write("swapped.csv", history(honest()).replace("high,low", "low,high"))
    csv_folder.read()
    event = csv_folder.event("swapped.csv")
    assert event["doubts"] == ["prices_contradictory"]
    assert "200 of 200 rows (row 1 has a high below its low)" in event["message"]


def test_a_volume_in_coins_is_not_taken_for_dollars(csv_folder: CsvFolder) -> None:
    rows = [f"{day},BTC,30000,31000,29000,30500,{40_000 + number}.5," for number, day in days(60)]
    csv_folder.write("coins.csv", history(rows))
    csv_folder.write("dollars.csv", history(rows).replace("volume", "volume_usd"))
    csv_folder.read()
    assert csv_folder.event("coins.csv")["doubts"] == ["volume_in_coins"]
    assert 'name the column "volume_usd"' in csv_folder.event("coins.csv")["message"]
    first = csv_folder.current("ohlcv", "coins.csv")[0]
    assert first["volume_usd"] is None and first["extra"] == {"volume_usd": "40000.5"}
    assert csv_folder.event("dollars.csv")["doubts"] is None
    assert csv_folder.current("ohlcv", "dollars.csv")[0]["volume_usd"] is not None


def bitcoin(start: date, says: date) -> list[str]:
    """A year of Bitcoin from `start`, which the file dates from `says`: 900 more a day, from 18.5 million in 2021."""
    rows: list[str] = []
    for number, _ in days(365):
        supply = 18_590_000 + 900 * ((start - date(2021, 1, 1)).days + number)
        price = 30_000 + 10 * number
        rows.append(f"{says + timedelta(days=number)},BTC,{price},{price},{price},{price},30000000000,{price * supply}")
    return rows


def test_dates_that_bitcoin_s_supply_contradicts_load_nothing(csv_folder: CsvFolder) -> None:
    csv_folder.write("right.csv", history(bitcoin(date(2021, 1, 1), date(2021, 1, 1))))
    csv_folder.write("shifted.csv", history(bitcoin(date(2021, 1, 1), date(2023, 1, 1))))
    csv_folder.read()
    assert (csv_folder.event("right.csv")["status"], csv_folder.event("right.csv")["doubts"]) == ("loaded", None)
    event = csv_folder.event("shifted.csv")
    assert (event["status"], event["doubts"]) == ("unmapped", ["dates_shifted"])
    assert "(2.0 years) too late" in event["message"]
    assert csv_folder.current("ohlcv", "shifted.csv") == []


def test_market_caps_that_fit_no_date_are_said(csv_folder: CsvFolder) -> None:
    csv_folder.write("diluted.csv", history([
        f"{day},BTC,{p},{p},{p},{p},30000000000,{p * 21_000_000}" for p, (_, day) in enumerate(days(100), 30_000)
    ]))  # fmt: skip
    csv_folder.read()
    event = csv_folder.event("diluted.csv")
    assert (event["status"], event["doubts"]) == ("loaded", ["market_caps_doubtful"])


def test_a_file_that_contradicts_another_is_held_back_until_one_of_them_changes(csv_folder: CsvFolder) -> None:
    csv_folder.write("a.csv", history(honest(400)))
    csv_folder.read()
    csv_folder.write("b.csv", history(honest(400, factor=3)))
    csv_folder.write("c.csv", history(honest(400)))
    (problem,) = csv_folder.read().problems
    event = csv_folder.event("b.csv")
    assert (event["status"], event["doubts"]) == ("unmapped", ["contradicts_file"])
    assert "It contradicts a.csv: on 14 of 14 first days of months" in event["message"]
    assert problem.startswith("b.csv: It contradicts a.csv") and "correct it, or take it out" in problem
    assert csv_folder.rows("select distinct file from raw_csv.ohlcv order by file") == [
        {"file": "a.csv"},
        {"file": "c.csv"},
    ]

    csv_folder.read()
    assert len(csv_folder.events("b.csv")) == 1, "while nothing changes, it is not read again"

    (csv_folder.path / "a.csv").unlink()
    (csv_folder.path / "c.csv").unlink()
    assert csv_folder.read().problems == ()
    assert csv_folder.event("b.csv")["status"] == "loaded"
    assert len(csv_folder.current("ohlcv", "b.csv")) == 400


def test_coins_that_share_a_symbol_do_not_contradict_each_other(csv_folder: CsvFolder) -> None:
    def named(name: str, factor: float) -> str:
        header, *rows = history(honest(400, factor=factor)).splitlines()
        return "\n".join([f"{header},name", *(f"{row},{name}" for row in rows)])

    csv_folder.write("a.csv", named("Universe", 1))
    csv_folder.write("b.csv", named("Uniswap", 300))
    csv_folder.write("c.csv", history(honest(400, factor=300)))
    csv_folder.write("d.csv", history(honest(400, factor=7)))
    (problem,) = csv_folder.read().problems
    assert [csv_folder.event(f"{file}.csv")["status"] for file in "abcd"] == ["loaded"] * 3 + ["unmapped"]
    assert problem.startswith("d.csv: It contradicts a.csv") and "it contradicts b.csv" in problem


def test_a_good_file_that_was_spoilt_keeps_what_it_said(csv_folder: CsvFolder) -> None:
    csv_folder.write("eth.csv", history(honest()))
    csv_folder.read()
    csv_folder.write("eth.csv", history(honest()).replace("high,low", "low,high"))
    (problem,) = csv_folder.read().problems
    assert problem.startswith("eth.csv: Prices contradict") and problem.endswith("What it said before is kept")
    assert [event["status"] for event in csv_folder.events("eth.csv")] == ["loaded", "withheld"]


def test_impossible_dates_and_days_told_twice_are_said(csv_folder: CsvFolder) -> None:
    csv_folder.write("when.csv", "date,symbol,close\n2025-01-01,X,1\n2999-01-01,X,1\n1970-01-01,X,1\n")
    csv_folder.write("twice.csv", "date,symbol,close\n2025-01-01,X,1\n2025-01-01,X,2\n2025-01-02,X,2\n")
    csv_folder.read()
    assert csv_folder.event("when.csv")["message"] == "2 rows are dated in the future, or before there was Bitcoin"
    assert csv_folder.event("twice.csv")["message"] == "1 rows repeat the day of the row before"
