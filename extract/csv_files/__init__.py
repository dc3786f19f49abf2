"""CSV files.

Data flow: every `*.csv` of `CSV_DIR`, or `CSV_PATH` → `raw_csv.snapshots` or `raw_csv.ohlcv`, and what happened to the
file → `raw_csv.files`
"""

from collections.abc import Iterator
from typing import Any

import dlt
from dlt.extract import DltResource

from extract.csv_files.models import FileEvent, Ohlcv, Snapshot
from extract.landing import Landing
from kasparro.settings import Settings


def _nothing() -> Iterator[Any]:
    return iter(())


@dlt.source(name="csv")
def source(settings: Settings, landing: Landing) -> list[DltResource]:
    """All CSV files that changed since the last pass."""
    return [
        landing.resource(FileEvent, _nothing),
        landing.resource(Snapshot, _nothing),
        landing.resource(Ohlcv, _nothing),
    ]
