"""SIGKILL of everything, Postgres included, in the middle of a pass: the next pass completes the work."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from kasparro.warehouse import EmbeddedPostgres
from providers.generated import GeneratedMarket
from providers.server import running
from providers.stand_in import StandIn
from tests.flows.installation import PATIENCE_SECONDS, Installation

CLOCK_COLUMNS = ["fetched_at", "request_id", "_dlt_load_id", "first_seen_at", "last_seen_at"]
RELATIONS = (
    "raw_coinpaprika.tickers",
    "raw_coingecko.markets",
    "raw_rss.articles",
    "raw_csv.snapshots",
    "raw_csv.ohlcv",
    "marts.coins",
    "marts.coin_listings",
    "marts.coin_quotes",
    "marts.news_articles",
)
# What the warehouse shows when the pass has come so far
MOMENTS = {
    "during extract": "select count(*) > 0 from ops.etl_source_runs where status = 'running'",
    "after the first source has landed": "select count(*) > 0 from ops.etl_source_runs where status = 'success'",
    "during dbt": "select to_regclass('intermediate.int_quotes__new') is not null",
    "before publication": "select to_regclass('candidate.coins') is not null",
}


class Killable(Installation):
    """An installation that can be killed, and compared with another one."""

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every relation as a sorted multiset of rows, clock and run columns aside."""
        return {
            name: self.query(f"select (to_jsonb(t) - %s::text[])::text from {name} as t order by 1", CLOCK_COLUMNS)
            for name in RELATIONS
        }

    def kill_everything_when(self, moment: str, a_pass: subprocess.Popen[str]) -> None:
        """SIGKILL the pass and Postgres as soon as the warehouse shows that the moment has come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._shows(moment):
            assert a_pass.poll() is None, "the pass ended before the moment came"
            assert time.monotonic() < deadline, "the moment never came"
            time.sleep(0.01)
        os.killpg(a_pass.pid, signal.SIGKILL)
        a_pass.wait()
        postmaster = EmbeddedPostgres(self.settings).running()
        assert postmaster is not None
        os.kill(postmaster.pid, signal.SIGKILL)

    def _shows(self, moment: str) -> bool:
        try:
            return bool(self.query(MOMENTS[moment])[0][0])
        except psycopg2.Error:
            return False


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    """A market that stands still, so that two runs are told the same."""
    with running(GeneratedMarket(coins=60, seed=3)) as providers:
        yield providers


@pytest.fixture(scope="module")
def undisturbed(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """What a pass leaves that nobody killed."""
    installation = Killable(tmp_path_factory.mktemp("undisturbed"), stand_in)
    installation.run_pass()
    content = installation.content()
    EmbeddedPostgres(installation.settings).stop()
    return content


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_pass_after_a_kill_ends_where_an_undisturbed_one_does(
    moment: str, stand_in: StandIn, undisturbed: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    installation = Killable(tmp_path / "home", stand_in)
    try:
        installation.kill_everything_when(moment, installation.start_pass())

        installation.run_pass()

        assert installation.content() == undisturbed
        assert all(undisturbed.values()), "an empty relation would prove nothing"
        statuses = installation.query("select status from ops.etl_runs order by started_at")
        assert statuses == [("crashed",), ("success",)]
    finally:
        EmbeddedPostgres(installation.settings).stop()
