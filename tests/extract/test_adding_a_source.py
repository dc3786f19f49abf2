"""docs/add-a-source.md, followed: its example is taken from the page and run as a source of this system."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract import pipeline
from kasparro.settings import REPOSITORY
from providers.faults import Rule
from providers.faults.fields import Garbage
from tests.extract.conftest import Extraction

PAGE = (REPOSITORY / "docs" / "add-a-source.md").read_text()
MOST_LINES = 60


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The page's example as a package, in the place of the source it is tried out as."""
    package = tmp_path / "toy"
    package.mkdir()
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    (package / "__init__.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(pipeline.PACKAGES, "rss", "toy")
    yield code
    sys.modules.pop("toy", None)


def test_the_example_is_short_and_is_a_whole_source(toy: str, extraction: Extraction) -> None:
    assert len(toy.splitlines()) < MOST_LINES
    extraction.play(Rule(fault=Garbage(field="id", ids=("btc-bitcoin",), what="blank"), path="/coins"))

    first = extraction.run("rss")
    second = extraction.run("rss")

    coins = len(extraction.stand_in.market.coinpaprika_coins())
    assert (first.accepted, first.rejected) == (coins - 1, 1)
    assert second.problems == () and extraction.asked("/coins") == [200], "read once a day"
    assert extraction.count("raw_rss.listings") == coins - 1
    assert extraction.query("select reason from raw_rss.rejected_records") == [("id: missing or blank",)]
    assert first.calls_this_month == 1
