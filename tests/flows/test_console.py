"""What a person sees of `make elt`: one line per event, what failed and what to do, and nothing else."""

import re
from pathlib import Path

import pytest

from kasparro.warehouse import EmbeddedPostgres
from providers.generated import GeneratedMarket
from providers.server import running
from tests.flows.installation import PATIENCE_SECONDS, Installation

NOWHERE = "http://127.0.0.1:1"
LINE = re.compile(r"^\d\d:\d\d:\d\d ")


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A fresh installation; its providers are gone again."""
    with running(GeneratedMarket(coins=20, seed=3)) as stand_in:
        return Installation(tmp_path / "home", stand_in)


def test_with_both_apis_unreachable_the_files_are_published_and_each_failure_is_one_line(
    installation: Installation,
) -> None:
    files = installation.settings.kasparro_home.parent / "csv"
    files.mkdir()
    (files / "mine.csv").write_text("symbol,name,price\nMNE,Mine,1.5\n")
    market = {"INVENTED_MARKET": "false", "CSV_DIR": str(files)}
    a_pass = installation.start_pass(LOG_FORMAT="console", RSS_FEEDS="", **market)
    try:
        said, _ = a_pass.communicate(timeout=PATIENCE_SECONDS)

        assert a_pass.returncode == 3, said
        lines = said.splitlines()
        assert all(LINE.match(line) for line in lines), said
        for provider, variable in (("CoinPaprika", "COINPAPRIKA_BASE_URL"), ("CoinGecko", "COINGECKO_BASE_URL")):
            about = [line for line in lines if f"can't reach {provider}" in line]
            assert len(about) == 1, said
            assert about[0].count(variable) == 1
        assert "published version 1, without coinpaprika, coingecko" in lines[-1]
        assert installation.query("select count(*) > 0 from marts.coins") == [(True,)]
    finally:
        EmbeddedPostgres(installation.settings).stop()
