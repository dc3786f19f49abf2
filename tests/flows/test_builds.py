"""How much a pass builds: all of it once, then what moves, then nothing; all of it again when that is not sure."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from flows import builds, transform
from flows.steps import run_pass
from flows.transform import NodeResult, Watch
from kasparro.environment import dbt_environment
from kasparro.settings import REPOSITORY
from kasparro.warehouse import EmbeddedPostgres
from providers.generated import GeneratedMarket
from providers.server import running
from tests.flows.conftest import System
from tests.flows.life import Project, deciding
from tests.flows.passes import Recoverable
from tests.kasparro.commands import environment, eventually, kasparro

RELATIONS = "select table_schema || '.' || table_name from information_schema.tables where table_type = %s"
VIEWS_AND_SEEDS = {"stg_coingecko__markets", "int_listing_pairs__decided", "identity_verdicts", "chains"}


def built(system: System) -> set[str]:
    """What a pass builds."""
    outcome = system.run()
    assert outcome.exit_code == 0, outcome.error
    return {node.name for node in outcome.nodes}


def test_a_pass_builds_everything_once_then_what_moves_then_nothing(system: System, market: GeneratedMarket) -> None:
    everything = built(system)
    assert everything > VIEWS_AND_SEEDS
    system.query("create view public.mine as select canonical_id from intermediate.int_listings__identified")

    market.advance(5)
    refilled = built(system)
    assert refilled < everything
    assert not refilled & VIEWS_AND_SEEDS
    assert "coins" in refilled
    assert system.query("select count(distinct observed_at) > 1 from marts.coin_quotes where canonical_id = 'btc'") == [
        (True,)
    ]
    assert system.query("select count(*) > 0 from public.mine") == [(True,)]

    assert built(system) == set()
    assert system.query("select max(version) from ops.publications") == [(2,)]
    results = "select array_agg(node) from ops.dbt_results where status in ('success', 'pass') group by run_id"
    assert sorted(len(nodes) for (nodes,) in system.query(results)) == [len(refilled), len(everything)]


def test_what_is_refilled_equals_what_is_built_from_the_beginning(filled: System, market: GeneratedMarket) -> None:
    for _ in range(2):
        market.advance(60)
        built(filled)
    version = filled.query("select max(version) from ops.publications")

    builds.forget(filled.warehouse)

    assert built(filled) > VIEWS_AND_SEEDS
    assert filled.query("select max(version) from ops.publications") == version


def test_a_project_that_changed_builds_everything(
    filled: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deciding(Project.copied_to(tmp_path / "project"), monkeypatch) as project:
        assert built(filled) == set()
        project.decide(("coingecko", "litecoin", "different", "coinpaprika", "ltc-litecoin", "a test says so"))

        assert built(filled) > VIEWS_AND_SEEDS

        assert filled.query("select count(*) from marts.coin_listings where canonical_id = 'ltc'") == [(1,)]
        assert "coins" in built(filled), "ids move one step a version: there could have been another one"
        assert built(filled) == set()


def test_dbt_run_by_hand_lets_the_next_pass_build_everything(filled: System) -> None:
    user = environment(filled.settings.kasparro_home, DATABASE_URL=filled.warehouse.url("admin"))

    by_hand = kasparro(user, "dbt", "run", "--select", "int_loads__held_back")

    assert by_hand.returncode == 0, by_hand.stdout
    assert built(filled) > VIEWS_AND_SEEDS


class ByHand(Watch):
    """Somebody who makes a view anew while a pass is at work: a lock that the warehouse has cut keeps nobody away."""

    def __init__(self, system: System) -> None:
        self.system = system

    def ended(self, node: NodeResult) -> None:
        """Run dbt in a process of its own."""
        if node.name == "coins":
            environment = {**os.environ, **dbt_environment(self.system.settings, self.system.warehouse)}
            environment |= {"KASPARRO_SCOPE": "", "KASPARRO_RUN_ID": "", "KASPARRO_TURN": "1"}
            environment["DBT_TARGET_PATH"] += "-by-hand"
            dbt = [str(Path(sys.executable).parent / "dbt"), "run", "--select", "stg_rss__rejected_records"]
            subprocess.run(dbt, env=environment, cwd=REPOSITORY, check=True, capture_output=True)


def test_dbt_run_by_hand_beside_a_pass_does_too(filled: System, market: GeneratedMarket) -> None:
    market.advance(5)

    outcome = run_pass(
        filled.settings,
        "test",
        build=lambda settings, warehouse, ledger: transform.build(
            settings, warehouse, ByHand(filled), run_id=ledger.run_id, turn=ledger.turn.key
        ),
    )

    assert outcome.is_new, outcome.error
    assert not {node.name for node in outcome.nodes} & VIEWS_AND_SEEDS, "it was a refill"
    assert built(filled) > VIEWS_AND_SEEDS


def test_who_reads_ops_while_a_pass_refills_it_sees_what_was_there(filled: System, market: GeneratedMarket) -> None:
    market.list_coin("Alone Here", "ah", at="coingecko")
    market.list_coin("Alone There", "ah", at="coinpaprika")
    built(filled)
    reading = "select count(*) from ops.identity_review"
    with closing(psycopg2.connect(filled.warehouse.url("reader"))) as connection, connection.cursor() as cursor:
        cursor.execute("begin isolation level repeatable read")
        cursor.execute("select count(*) from ops.publications")  # from here on it sees one moment
        market.advance(5)
        assert "identity_review" in built(filled)
        cursor.execute(reading)
        seen = cursor.fetchall()
    assert seen == filled.query(reading)
    assert seen > [(0,)]


def test_a_table_that_somebody_dropped_is_back_a_pass_later(filled: System, market: GeneratedMarket) -> None:
    views = set(filled.query(RELATIONS, "VIEW"))
    filled.query("drop table intermediate.int_loads__unpublished cascade")
    market.advance(5)

    outcome = filled.run()
    assert outcome.exit_code == 1
    assert "int_loads__unpublished" in (outcome.error or "")
    failed = "select status, message ~ 'does not exist' from ops.dbt_results where run_id = %s and node = %s"
    assert filled.query(failed, outcome.run_id, "int_loads__unpublished") == [("error", True)]

    assert "coins" in built(filled)
    assert set(filled.query(RELATIONS, "VIEW")) == views


def test_what_people_accept_while_nothing_lands_is_built(filled: System) -> None:
    assert built(filled) == set()

    filled.query("insert into ops.drift_acceptances (source, table_name, field, kind) values ('x', 'y', 'z', 'added')")

    assert "coins" in built(filled)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Recoverable]:
    """An installation with a Postgres of its own."""
    with running(GeneratedMarket(coins=20, seed=3)) as stand_in:
        installation = Recoverable(tmp_path / "home", stand_in)
        yield installation
        EmbeddedPostgres(installation.settings).stop()


@pytest.mark.long
def test_what_a_crash_of_postgres_empties_the_next_pass_builds_again(installation: Recoverable) -> None:
    assert installation.a_pass() == 0, installation.said()
    listings = "select count(*) from intermediate.int_listings__identified"
    before = installation.query(listings)

    embedded = EmbeddedPostgres(installation.settings)
    process = embedded.running()
    assert process is not None
    psutil.Process(process.pid).kill()
    eventually(lambda: embedded.running() is None, "Postgres is gone")
    embedded.start()
    assert installation.query(listings) == [(0,)]  # they are unlogged

    assert installation.a_pass() == 0, installation.said()
    assert installation.query(listings) == before
    assert installation.query("select version from ops.publications") == [(1,)]
