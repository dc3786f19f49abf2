"""dbt as an analyst uses it after a pass: `source .kasparro/env`, then plain `dbt` from the repository's root."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import turns
from flows.turns import BusyError
from kasparro import turn
from kasparro.settings import REPOSITORY
from kasparro.warehouse import EmbeddedPostgres, locate
from providers.generated import GeneratedMarket
from providers.server import running
from tests.flows.installation import Installation
from tests.kasparro.commands import PATIENCE_SECONDS, eventually

MARTS = (
    *("coins", "coin_listings", "coin_quotes", "news_articles"),
    *("coin_ids", "coin_listing_history", "coin_changes"),
)


class Analyst:
    """A shell that has sourced the installation's `env`."""

    def __init__(self, installation: Installation) -> None:
        self.settings = installation.settings
        self.home = installation.settings.kasparro_home
        self.query = installation.query

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command line in it, to its end."""
        process = self.start(command)
        said, complained = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, said, complained)

    def start(self, command: str) -> subprocess.Popen[str]:
        """Start a command line in it."""
        bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.Popen(
            ["bash", "-c", f"source {self.home}/env && {command}"],
            cwd=REPOSITORY,
            env=bare,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def analyst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyst]:
    """An analyst on an installation that has had one pass."""
    home: Path = tmp_path_factory.mktemp("analyst")
    with running(GeneratedMarket(coins=40, seed=11)) as stand_in:
        installation = Installation(home, stand_in)
        installation.run_pass()
    yield Analyst(installation)
    EmbeddedPostgres(installation.settings).stop()


def test_plain_dbt_build_passes_every_unit_test_and_audit(analyst: Analyst) -> None:
    built = analyst.shell("dbt build --full-refresh --no-use-colors")

    assert built.returncode == 0, built.stdout
    results = json.loads((analyst.home / "dbt" / "run_results.json").read_text())["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    assert kinds.count("unit_test") >= 7
    assert kinds.count("test") >= 2
    assert not (REPOSITORY / "dbt_project" / "target").exists(), "what dbt writes belongs to KASPARRO_HOME"


def test_plain_dbt_has_the_write_lock_for_as_long_as_it_lives(analyst: Analyst) -> None:
    with turns.take(analyst.settings, locate(analyst.settings), "pass"):
        dbt = analyst.start("exec dbt seed --select reserved_ids --no-use-colors")
        assert dbt.stderr is not None
        assert dbt.stderr.readline() == "waiting: a pass is running, dbt starts after it\n"
        assert dbt.poll() is None
    eventually(lambda: turn.holder(analyst.settings) == (dbt.pid, "dbt"), "dbt has the lock")
    with (
        pytest.raises(BusyError, match="dbt is running"),
        turns.take(analyst.settings, locate(analyst.settings), "pass"),
    ):
        pass
    elsewhere = analyst.settings.model_copy(update={"kasparro_home": analyst.home / "elsewhere"})
    with pytest.raises(BusyError, match="dbt is running"), turns.take(elsewhere, locate(analyst.settings), "pass"):
        pass
    dbt.kill()
    dbt.communicate()
    with turns.take(analyst.settings, locate(analyst.settings), "pass", patience=PATIENCE_SECONDS):
        pass


def test_dbt_that_nobody_gave_the_lock_is_refused_in_words(analyst: Analyst) -> None:
    refused = analyst.shell(f"{Path(sys.executable).parent}/dbt run --select coins --no-use-colors")

    assert refused.returncode == 2
    assert "dbt has no write lock" in refused.stdout
    assert "run `make dbt" in refused.stdout


def test_a_part_built_by_hand_leaves_everything_else_standing(analyst: Analyst) -> None:
    standing = "select oid::regclass::text from pg_class where relkind = 'v' and relnamespace = any(%s::regnamespace[])"
    before = set(analyst.query(standing, ["staging", "intermediate", "ops"]))
    models = "reserved_ids stg_coingecko__coins int_loads__unpublished coins"
    built = analyst.shell(f"dbt build --no-use-colors --exclude-resource-type unit_test --select {models}")

    assert built.returncode == 0, built.stdout
    assert set(analyst.query(standing, ["staging", "intermediate", "ops"])) == before
    refused = analyst.shell("dbt build --empty --select coins --no-use-colors")
    assert "--empty and --sample can't build this project" in refused.stdout


def test_what_is_published_is_what_state_modified_compares_with(analyst: Analyst) -> None:
    same = analyst.shell("dbt ls --quiet --select state:modified")

    assert (same.returncode, same.stdout.strip()) == (0, "")
    assert (analyst.home / "published" / "manifest.json").exists()


def test_analysts_build_models_of_their_own_beside_a_pass(analyst: Analyst) -> None:
    with turns.take(analyst.settings, locate(analyst.settings), "pass"):
        built = analyst.shell("dbt build --target analyst --no-use-colors")

    assert built.returncode == 0, built.stdout
    assert "sql view model analysts.daily_movers" in built.stdout
    assert analyst.shell("psql -Atc 'select count(*) > 0 from analysts.daily_movers'").stdout == "t\n"
    refused = analyst.shell("dbt run --target analyst --select coins --no-use-colors")
    assert "coins is not yours to build with target analyst" in refused.stdout


def test_docs_describe_every_column_of_every_mart(analyst: Analyst) -> None:
    generated = analyst.shell("dbt docs generate --no-use-colors")

    assert generated.returncode == 0, generated.stdout
    nodes = json.loads((analyst.home / "dbt" / "catalog.json").read_text())["nodes"]
    for mart in MARTS:
        table = nodes[f"model.kasparro.{mart}"]
        assert table["metadata"]["schema"] == "marts"
        assert all(column["comment"] for column in table["columns"].values()), mart


@pytest.mark.parametrize("mart", MARTS)
def test_postgres_really_holds_the_contracts(analyst: Analyst, mart: str) -> None:
    constraints = analyst.query(
        "select contype from pg_constraint where conrelid = %s::regclass and contype in ('p', 'c')", f"marts.{mart}"
    )
    not_null = analyst.query(
        "select count(*) from pg_attribute where attrelid = %s::regclass and attnotnull and attnum > 0", f"marts.{mart}"
    )

    assert ("p",) in constraints
    assert ("c",) in constraints
    assert not_null[0][0] >= 3


def test_psql_of_the_same_shell_reads_marts_and_ops_and_nothing_else(analyst: Analyst) -> None:
    assert analyst.shell("psql -Atc 'select count(*) > 0 from marts.coins'").stdout == "t\n"
    assert analyst.shell("psql -Atc 'select count(*) from ops.source_status'").stdout == "4\n"
    refused = analyst.shell("psql -Atc 'select count(*) from raw_coingecko.markets'")
    assert "permission denied for schema raw_coingecko" in refused.stderr


def test_sources_are_fresh_after_a_pass(analyst: Analyst) -> None:
    checked = analyst.shell("dbt source freshness --no-use-colors")

    assert checked.returncode == 0, checked.stdout
    results = json.loads((analyst.home / "dbt" / "sources.json").read_text())["results"]
    assert {result["status"] for result in results} == {"pass"}
