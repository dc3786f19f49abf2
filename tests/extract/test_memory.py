"""Memory while landing: what a page needs, however many pages come."""

import subprocess
import sys

from kasparro.settings import REPOSITORY
from tests.extract.conftest import Extraction

FEW, MANY = 4, 40
MOST_MEGABYTES = 10

CHILD = """
import sys, tracemalloc
from datetime import UTC, datetime
import dlt
from extract import pipeline
from extract.coingecko.models import Market
from extract.destination import Raw
from extract.known import Known
from extract.landing import Landing
from extract.records import Origin

url, folder, first, pages = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
landing = Landing(Known(url, "raw_coingecko"))
now = datetime.now(UTC)

def rows():
    for page in range(first, first + pages):
        coins = [
            {"id": f"coin-{page}-{n}", "name": f"{n:04000d}", "current_price": n, "last_updated": now.isoformat()}
            for n in range(250)
        ]
        yield from landing.land(Market, coins, Origin(str(page), now))

@dlt.source(name="coingecko")
def source():
    return landing.resource(Market, rows)

target = dlt.pipeline("coingecko", pipelines_dir=folder, destination=Raw(url), dataset_name="raw_coingecko")
tracemalloc.start()
target.run(source())
print(tracemalloc.get_traced_memory()[1] >> 20)
"""


def peak_megabytes(extraction: Extraction, first: int, pages: int) -> int:
    """The most that a process held at once which landed so many pages of 250 coins, of 4 KB each."""
    folder = extraction.settings.kasparro_home / f"dlt-{first}"
    command = [sys.executable, "-c", CHILD, extraction.warehouse.url("loader"), str(folder), str(first), str(pages)]
    return int(subprocess.check_output(command, cwd=REPOSITORY, text=True).split()[-1])


def test_ten_times_the_pages_need_no_more_memory(extraction: Extraction) -> None:
    extraction.run("coingecko", coingecko_max_coins=1)

    few = peak_megabytes(extraction, 0, FEW)
    many = peak_megabytes(extraction, FEW, MANY)

    assert extraction.count("raw_coingecko.markets") == (FEW + MANY) * 250 + 1
    assert many - few < MOST_MEGABYTES, f"{few} MB for {FEW} pages, {many} MB for {MANY}"
