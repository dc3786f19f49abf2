"""`python -m flows.identity_eval`: how right the published identities are, against a file of labelled pairs.

The labels are kept in `ops.identity_labels` under the file's name, so that `ops.identity_quality` follows them from
version to version. What counts as correct, missed and wrong is said in the model `identity_verdicts`.
"""

import argparse
import sys
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2

from flows.identity_labels import Label, LabelsError, read_labels
from kasparro.settings import SettingsError, load_settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse

SHIPPED = "seed"
"""The name of the labels that ship, in `dbt_project/seeds/identity_labels.csv`."""

COLUMNS = "{:<24}{:>7}{:>9}{:>7}{:>8}   {:<24}{:<24}"
HEADER = COLUMNS.format("", "pairs", "correct", "wrong", "missed", "precision (95 %)", "recall (95 %)").rstrip()
QUALITY = """
    select method, market_cap_band, pairs, correct, wrong, missed, precision, precision_low, precision_high,
        recall, recall_low, recall_high, fused_coins
    from ops.identity_quality where truth = %s
    order by method <> 'all', market_cap_band <> 'all', correct desc, method, market_cap_band
"""
VERDICTS = """
    select verdict, coingecko_id, coinpaprika_id, coingecko_coin, coinpaprika_coin, method, evidence
    from ops.identity_verdicts where truth = %s and verdict <> 'correct'
    order by verdict, coingecko_id, coinpaprika_id
"""


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Returns the exit status: 0 measured, 2 wrong input, 1 nothing to measure."""
    parser = argparse.ArgumentParser(prog="make identity-eval TRUTH=file [NEGATIVES=file]", description=__doc__)
    parser.add_argument("truth", type=Path, nargs="?", help="columns coingecko_id, coinpaprika_id")
    parser.add_argument("--negatives", type=Path, help="columns coingecko_id, not_coinpaprika_id")
    options = parser.parse_args(arguments)
    try:
        if str(options.truth or ".") == ".":
            raise LabelsError("name a file of labelled pairs: make identity-eval TRUTH=file [NEGATIVES=file]")
        labels = read_labels(options.truth, options.negatives)
        name = options.truth.stem if options.truth.stem != SHIPPED else options.truth.name
        report = evaluate(ensure_warehouse(load_settings()), name, labels)
    except LabelsError as error:
        print(error, file=sys.stderr)
        return 2
    except (SettingsError, WarehouseError) as error:
        print(error, file=sys.stderr)
        return 1
    print(report)
    return 0


def evaluate(warehouse: Warehouse, truth: str, labels: list[Label]) -> str:
    """Keep the labels under the name `truth` and say what the published version makes of them.

    Raises WarehouseError when nothing is published, LabelsError when no labelled pair is in what is.
    """
    with _cursor(warehouse, "loader") as cursor:
        cursor.execute("delete from ops.identity_labels where truth = %s", (truth,))
        cursor.execute(
            "insert into ops.identity_labels select %s, * from unnest(%s::text[], %s::text[], %s::boolean[])",
            (truth, *(list(column) for column in zip(*labels, strict=True))),
        )
    with _cursor(warehouse, "reader") as cursor:
        cursor.execute("select to_regclass('ops.identity_quality') is not null")
        if cursor.fetchone() != (True,):
            raise WarehouseError("nothing is published yet: run `make elt` first")
        cursor.execute(QUALITY, (truth,))
        quality = cursor.fetchall()
        cursor.execute(VERDICTS, (truth,))
        verdicts = cursor.fetchall()
    if not quality:
        raise LabelsError(f"of no pair in {truth} both listings are published: are these the providers' own ids?")
    return "\n".join([_summary(truth, labels, quality[0]), "", *_tables(quality), *_lists(verdicts)])


def _summary(truth: str, labels: list[Label], total: tuple[Any, ...]) -> str:
    positives = sum(label.is_same for label in labels)
    negatives = len(labels) - positives
    return (
        f"{truth}: {positives:,} labelled pairs, {total[2]:,} of them with both listings published; "
        f"{negatives:,} pairs that must stay apart\n"
        f"coins that hold several CoinGecko listings without a contract or a decision: {total[12]:,}"
    )


def _tables(quality: list[tuple[Any, ...]]) -> list[str]:
    """The total, then by method, then by size of the coins, in aligned columns."""
    total = [row for row in quality if row[0] == "all" and row[1] == "all"]
    methods = [row for row in quality if row[0] != "all" and row[1] == "all"]
    bands = [row for row in quality if row[0] == "all" and row[1] != "all"]
    lines = [HEADER, *(_line("all", row) for row in total), "by what the link rests on"]
    lines += [_line(f"  {row[0]}", row) for row in methods]
    lines += ["by market cap", *(_line(f"  {row[1]}", row) for row in bands)]
    return lines


def _line(title: str, row: tuple[Any, ...]) -> str:
    return COLUMNS.format(title, *row[2:6], _share(*row[6:9]), _share(*row[9:12])).rstrip()


def _share(share: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    return "–" if share is None else f"{share:.4f} ({low:.4f}–{high:.4f})"


def _lists(verdicts: list[tuple[Any, ...]]) -> list[str]:
    """Every miss and every wrong link, with the evidence."""
    lines: list[str] = []
    for verdict, title in (("missed", "Missed: one coin, published as two"), ("wrong", "Wrong: published as one coin")):
        found = [row for row in verdicts if row[0] == verdict]
        lines += ["", f"{title} ({len(found)})"]
        for _, coingecko, coinpaprika, coin, other_coin, method, evidence in found:
            coins = coin if coin == other_coin else f"{coin} and {other_coin}"
            lines.append(f"  {coingecko}, {coinpaprika}: {coins}, {method}; {evidence}")
    return lines


@contextmanager
def _cursor(warehouse: Warehouse, role: Any) -> Generator[Any]:
    connection = psycopg2.connect(warehouse.url(role))
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
