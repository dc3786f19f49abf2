"""A backup of an older server restored into a newer one, over a warehouse that has gone on: passes are incremental."""

import shutil
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from flows import turns
from flows.steps import run_pass
from kasparro import backup, turn
from kasparro.backup import BackupError
from kasparro.database_url import text
from kasparro.warehouse import Warehouse, ensure_warehouse
from providers.generated import GeneratedMarket
from providers.stand_in import StandIn
from tests.flows.conftest import System
from tests.kasparro.commands import environment, kasparro
from tests.kasparro.conftest import Server, postgres15  # noqa: F401  # pyright: ignore[reportUnusedImport]

RELATIONS = (
    "raw_coingecko.markets",
    "raw_coinpaprika.coins",
    "marts.coins",
    "marts.coin_listings",
    "marts.coin_quotes",
)


def content(system: System) -> dict[str, object]:
    return {relation: system.content(relation) for relation in RELATIONS}


def test_a_restored_system_goes_on_incrementally_on_a_newer_server_too(
    system: System,
    postgres15: Server,  # noqa: F811
    stand_in: StandIn,
    market: GeneratedMarket,
    tmp_path: Path,
) -> None:
    with postgres15.database() as url:
        old = system.settings.model_copy(update={"database_url": text(url), "kasparro_home": tmp_path / "old"})
        assert run_pass(old, "test").exit_code == 0
        before = content(System(old, ensure_warehouse(old), stand_in))
        with closing(psycopg2.connect(text(url))) as connection, connection, connection.cursor() as cursor:
            cursor.execute("create schema mine; create view mine.top as select * from marts.coins where rank <= 3")
        saved = backup.save(old)
    assert saved.stat().st_mode & 0o777 == 0o600
    assert saved.parent == tmp_path / "old" / "backups"
    system.run(sources=["csv"])  # what is restored over has a life of its own, and a working folder

    backup.load(system.settings, saved)

    assert content(system) == before
    assert system.query("select count(*) from mine.top") == [(3,)]
    assert not (system.settings.kasparro_home / "dlt").exists()
    stand_in.requests.clear()
    again = system.run()
    assert (again.exit_code, again.publication) == (0, "nothing new: version 1 stays")
    assert content(system) == before
    assert "/coins" not in {request.path for request in stand_in.requests}, "the catalogue was read before the backup"
    market.advance(5)
    assert system.run().version == 2
    assert system.query("select has_table_privilege('kasparro_reader', 'marts.coins', 'select')") == [(True,)]


def test_a_backup_of_a_newer_server_goes_into_an_older_one(
    filled: System,
    postgres15: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    for statement in (
        "create role stranger",
        "create schema mine; grant usage on schema mine to stranger",
        "create view mine.top as select * from marts.coins where rank <= 3; alter view mine.top owner to stranger",
        "create function mine.words() returns text language sql as $$ select '\nGRANT ALL TO nobody;\nSET x = 1\n' $$",
        "comment on function mine.words() is 'the first line\nSET transaction_timeout = 1;\nREVOKE ALL FROM nobody;'",
        "create table public.notes as select 'SET transaction_timeout = 0;' as note, E'\\\\.' as mark",
    ):
        filled.query(statement)
    before = content(filled)
    words = filled.query("select mine.words(), obj_description('mine.words'::regproc)")
    saved = backup.save(filled.settings, tmp_path / "new.dump")
    filled.query("drop schema mine cascade; drop role stranger")

    with postgres15.database() as url:
        settings = filled.settings.model_copy(update={"database_url": text(url), "kasparro_home": tmp_path / "older"})
        older = System(settings, ensure_warehouse(settings), filled.stand_in)
        for _ in range(2):  # over an empty warehouse, and over one with a life of its own
            backup.load(settings, saved)
            assert content(older) == before
            assert older.query("select count(*) from mine.top") == [(3,)]
            assert older.query("select mine.words(), obj_description('mine.words'::regproc)") == words
            assert older.query("select note, mark from public.notes") == [("SET transaction_timeout = 0;", "\\.")]
            assert older.query("select count(*) > 0 from marts.coins", role="reader") == [(True,)]
        filled.query("create table public.virtual (id int, twice int generated always as (id * 2) virtual)")
        saved = backup.save(filled.settings, tmp_path / "newer.dump")
        with pytest.raises(BackupError, match=r"the server says: .*the backup is of PostgreSQL 18, this server is 15"):
            backup.load(settings, saved)
        assert content(older) == before
        again = backup.save(settings, tmp_path / "older.dump")
        backup.load(settings, again)
        assert content(older) == before


def test_a_restore_is_all_or_nothing(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = backup.save(system.settings, tmp_path / "mine.dump")
    broken = tmp_path / "broken.dump"
    broken.write_bytes(saved.read_bytes()[:-2000])
    with pytest.raises(BackupError, match="nothing was changed"):
        backup.load(system.settings, broken)
    system.query("create table mine_too as select 1")
    with closing(psycopg2.connect(system.warehouse.url("admin"))) as reader, reader.cursor() as cursor:
        cursor.execute("select count(*) from ops.etl_runs")
        monkeypatch.setattr(backup, "HEAD", backup.HEAD.replace("60s", "100ms"))
        with pytest.raises(BackupError, match="canceling statement due to lock timeout; nothing was changed"):
            backup.load(system.settings, saved)
    assert system.query("select count(*) from ops.etl_runs, mine_too") == [(0,)]
    with pytest.raises(BackupError, match="there is no backup"):
        backup.load(system.settings, tmp_path / "nowhere.dump")
    with turn.at_home(system.settings, "pass"), pytest.raises(BackupError, match="a pass is running"):
        backup.load(system.settings, saved)
    elsewhere = system.settings.model_copy(update={"kasparro_home": tmp_path / "elsewhere"})
    with (
        turns.take(elsewhere, system.warehouse, "backfill"),
        pytest.raises(BackupError, match="a backfill is running on another machine"),
    ):
        backup.load(system.settings, saved)
    with pytest.raises(BackupError, match="name another file"):
        backup.save(system.settings, tmp_path / "nowhere" / "x.dump")


def test_the_commands_say_what_they_did_and_ask_before_they_replace(fresh_warehouse: Warehouse, tmp_path: Path) -> None:
    variables = environment(tmp_path / "home", DATABASE_URL=fresh_warehouse.url("admin"))
    saved = kasparro(variables, "backup", str(tmp_path / "a.dump"))
    assert saved.stdout.startswith(f"{tmp_path}/a.dump ("), saved.stderr
    refused = kasparro(variables, "restore", str(tmp_path / "a.dump"), given="n\n")
    assert refused.stdout.endswith("nothing restored\n")
    done = kasparro(variables, "restore", "--yes", str(tmp_path / "a.dump"))
    assert done.stdout == f"restored {fresh_warehouse.shown}: the next pass goes on from there\n", done.stderr
    assert kasparro(variables, "restore").returncode == 2
    shutil.rmtree(tmp_path / "home")
