"""`make identity-eval`: what it measures, what it lists, and what it says of files that are none."""

import math
from pathlib import Path

import pytest

from flows.identity_eval import evaluate, main
from flows.identity_labels import Label, LabelsError, read_labels
from tests.flows.conftest import System


def test_the_shipped_labels_are_met_and_the_figures_are_there_for_readers(published: System) -> None:
    total = published.query(
        "select pairs, correct, wrong, missed, precision, recall, fused_coins from ops.identity_quality "
        "where truth = 'seed' and method = 'all' and market_cap_band = 'all'",
        role="reader",
    )[0]

    assert total[0] >= 30
    assert total[1] == total[0]
    assert total[2:] == (0, 0, 1, 1, 0), published.query(
        "select * from ops.identity_verdicts where verdict <> 'correct'"
    )


def test_every_miss_and_every_wrong_link_is_listed_with_its_evidence(published: System) -> None:
    labels = [
        Label("bitcoin", "btc-bitcoin", True),
        Label("batcat", "eth-ethereum", True),
        Label("theta-fuel", "theta-theta-token", True),
        Label("solana", "sol-solana", False),
        Label("nowhere", "nowhere", True),
    ]

    report = evaluate(published.warehouse, "mine", labels)

    assert "mine: 4 labelled pairs, 3 of them with both listings published; 1 pairs that must stay apart" in report
    quality = published.query(
        "select pairs, correct, wrong, missed from ops.identity_quality "
        "where truth = 'mine' and method = 'all' and market_cap_band = 'all'"
    )
    # Linking Ethereum's and Theta's listings to each other is wrong too where the labels name other partners
    assert quality == [(3, 1, 3, 2)]
    assert "  batcat, eth-ethereum: btc-batcat and eth, none; BTC batcat: " in report
    assert "  solana, sol-solana: sol, symbol_and_name; same symbol, same name" in report
    assert "Missed: one coin, published as two (2)" in report
    assert "Wrong: published as one coin (3)" in report


def test_bounds_are_those_of_wilson(published: System) -> None:
    evaluate(published.warehouse, "bounds", [Label("solana", "sol-solana", True), Label("batcat", "btc-bitcoin", True)])

    found = published.query(
        "select recall, recall_low, recall_high from ops.identity_quality "
        "where truth = 'bounds' and method = 'all' and market_cap_band = 'all'"
    )[0]

    middle, half = (
        (0.5 + 1.96**2 / 4) / (1 + 1.96**2 / 2),
        1.96 * math.sqrt(0.25 / 2 + 1.96**2 / 16) / (1 + 1.96**2 / 2),
    )
    assert [float(value) for value in found] == pytest.approx([0.5, middle - half, middle + half], abs=1e-4)


def test_labels_of_a_name_replace_those_before(published: System) -> None:
    evaluate(published.warehouse, "again", [Label("solana", "sol-solana", True), Label("bitcoin", "btc-bitcoin", True)])
    evaluate(published.warehouse, "again", [Label("solana", "sol-solana", True)])

    assert published.query("select count(*) from ops.identity_labels where truth = 'again'") == [(1,)]


def test_labels_of_another_market_are_refused(published: System) -> None:
    with pytest.raises(LabelsError, match="of no pair in other both listings are published"):
        evaluate(published.warehouse, "other", [Label("nowhere", "nowhere", True)])


def test_files_may_have_tabs_or_commas_a_mark_and_more_columns(tmp_path: Path) -> None:
    truth, negatives = tmp_path / "truth.tsv", tmp_path / "negatives.csv"
    truth.write_text("﻿tier\tcoingecko_id\tcoinpaprika_id\nA\ta\tx \nA\ta\tx\nB\tb\ty\n")
    negatives.write_text("coingecko_id,not_coinpaprika_id\na,y\n")

    assert read_labels(truth, negatives) == [Label("a", "x", True), Label("b", "y", True), Label("a", "y", False)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty: it needs the columns coingecko_id and coinpaprika_id"),
        ("coingecko_id\tcoinpaprika_id\n", "has a header and no row"),
        ("coingecko_id\tpaprika\na\tb\n", "has no column coinpaprika_id; it has coingecko_id, paprika"),
        ("coingecko_id\tcoinpaprika_id\na\t\n", "line 2: coinpaprika_id is missing"),
        ("coingecko_id\tcoinpaprika_id\nb\ty\na\n", "line 3: coinpaprika_id is missing"),
    ],
)
def test_a_wrong_file_is_said(content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "truth.tsv"
    file.write_text(content)

    assert main([str(file)]) == 2
    assert said in capsys.readouterr().err


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([""]) == 2
    assert "name a file of labelled pairs" in capsys.readouterr().err
    assert main([str(tmp_path / "none.tsv")]) == 2
    assert f"there is no file {tmp_path}/none.tsv" in capsys.readouterr().err


def test_a_pair_that_is_both_is_said(tmp_path: Path) -> None:
    truth, negatives = tmp_path / "truth.tsv", tmp_path / "negatives.tsv"
    truth.write_text("coingecko_id\tcoinpaprika_id\na\tx\n")
    negatives.write_text("coingecko_id\tnot_coinpaprika_id\na\tx\n")

    with pytest.raises(LabelsError, match="a and x are one coin"):
        read_labels(truth, negatives)
