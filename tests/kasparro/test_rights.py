"""What each role may and may not do, asked of the server."""

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from psycopg2 import errors

from kasparro.database_url import text
from kasparro.warehouse import LOGIN_ROLES, Role, Warehouse, ensure_warehouse
from tests.conftest import make_settings
from tests.kasparro.conftest import Server

RAW = ("raw_coinpaprika", "raw_coingecko", "raw_csv", "raw_rss")
BUILT = ("staging", "intermediate", "candidate", "marts", "ops")
LEDGER = ("ops.etl_runs", "ops.etl_source_runs")
KEPT_BY_DBT = ("ops.publications", "ops.published_loads")


def run(warehouse: Warehouse, role: Role, *statements: str) -> object:
    """Run statements as a role in one transaction; returns the first value of the last one."""
    with closing(psycopg2.connect(warehouse.url(role))) as connection, connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        row: tuple[object, ...] | None = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


@pytest.fixture(scope="module")
def filled(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse in which every schema has a table `thing` with a row, made by whom it belongs to."""
    with server.database() as url:
        home = tmp_path_factory.mktemp("home")
        warehouse = ensure_warehouse(make_settings(home, database_url=text(url)))
        for schema in RAW:
            run(warehouse, "loader", f"create table {schema}.thing as select 1 as id")
        for schema in BUILT:
            run(warehouse, "transformer", f"create table {schema}.thing as select 1 as id")
        run(warehouse, "transformer", "create view marts.glance as select * from marts.thing")
        yield warehouse


def test_a_login_can_do_nothing_but_what_its_group_can(filled: Warehouse) -> None:
    for role in LOGIN_ROLES:
        attributes = run(
            filled,
            role,
            "select (rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls)::text "
            "from pg_roles where rolname = session_user",
        )
        assert attributes == "(f,f,f,f,f)"
    assert run(filled, "loader", "select current_user") == "kasparro_loader"
    assert run(filled, "transformer", "select current_user") == "kasparro_transformer"


@pytest.mark.parametrize("relation", ["marts.thing", "marts.glance", "ops.thing", *LEDGER, *KEPT_BY_DBT])
def test_the_reader_reads_marts_and_ops(filled: Warehouse, relation: str) -> None:
    assert isinstance(run(filled, "reader", f"select count(*) from {relation}"), int)


@pytest.mark.parametrize("schema", [*RAW, "staging", "intermediate", "candidate"])
def test_the_reader_reads_nothing_else(filled: Warehouse, schema: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match=f"permission denied for schema {schema}"):
        run(filled, "reader", f"select * from {schema}.thing")


@pytest.mark.parametrize(
    "statement",
    [
        "insert into marts.thing values (2)",
        "update marts.thing set id = 2",
        "delete from marts.thing",
        "truncate marts.thing",
        "drop table marts.thing",
        "alter table marts.thing add column more int",
        "create index on marts.thing (id)",
        "comment on table marts.thing is 'mine'",
        "insert into ops.etl_runs (run_id, trigger, status) values (gen_random_uuid(), 'x', 'success')",
        "create table marts.mine (id int)",
        "create table ops.mine (id int)",
        "create table public.mine (id int)",
        "create schema mine",
        "create view marts.mine as select 1",
        "create function marts.mine() returns int language sql as 'select 1'",
        "create extension citext",
        "set role kasparro_transformer",
        "set role kasparro_loader",
        "set role pg_write_all_data",
        "copy marts.thing to program 'true'",
        "select pg_read_file('/etc/passwd')",
    ],
)
def test_the_reader_writes_nothing_even_in_a_transaction_that_may(filled: Warehouse, statement: str) -> None:
    with pytest.raises(psycopg2.Error, match=r"permission denied|must be owner|must be superuser"):
        run(filled, "reader", "set transaction read write", statement)
    with pytest.raises(errors.ReadOnlySqlTransaction):
        run(filled, "reader", "insert into marts.thing values (2)")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from marts.thing",
        "insert into marts.thing values (2)",
        "drop table marts.thing",
        "create table marts.mine (id int)",
        "select * from candidate.thing",
        "create table staging.mine (id int)",
        "create table intermediate.mine (id int)",
        "create table ops.mine (id int)",
        "insert into ops.publications (version) values (1)",
        "delete from ops.published_loads",
        "drop table ops.etl_runs",
        "create schema mine",
        "set role kasparro_transformer",
    ],
)
def test_the_loader_cannot_touch_what_is_built_from_its_rows(filled: Warehouse, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        run(filled, "loader", statement)


def test_the_loader_keeps_the_ledger_and_its_own_tables(filled: Warehouse) -> None:
    for schema in RAW:
        run(filled, "loader", f"insert into {schema}.thing values (2)", f"delete from {schema}.thing where id = 2")
    for relation in LEDGER:
        run(filled, "loader", f"delete from {relation}")
    run(filled, "loader", "select * from ops.published_loads")


@pytest.mark.parametrize("schema", RAW)
@pytest.mark.parametrize(
    "statement",
    [
        "insert into {}.thing values (2)",
        "delete from {}.thing",
        "truncate {}.thing",
        "drop table {}.thing",
        "create table {}.mine (id int)",
    ],
)
def test_the_transformer_reads_raw_and_cannot_write_it(filled: Warehouse, schema: str, statement: str) -> None:
    assert run(filled, "transformer", f"select id from {schema}.thing") == 1
    with pytest.raises(errors.InsufficientPrivilege):
        run(filled, "transformer", statement.format(schema))


@pytest.fixture
def outsider(filled: Warehouse) -> Iterator[Warehouse]:
    """A role of the same server that is nobody to us."""
    name = f"outsider_{filled.admin.database}"
    run(filled, "admin", f"create role {name} login password 'outside'")
    yield Warehouse(filled.admin.set(username=name, password="outside"), "")
    run(filled, "admin", f"drop role {name}")


def test_the_public_has_no_right_on_our_schemas(filled: Warehouse, outsider: Warehouse) -> None:
    granted_to_public = run(
        filled,
        "admin",
        """
        select array_agg(nspname::text) from pg_namespace
        cross join aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as granted
        where granted.grantee = 0 and nspname !~ '^(pg_|information_schema|public)'
        """,
    )
    assert granted_to_public is None
    for schema in (*RAW, *BUILT):
        with pytest.raises(errors.InsufficientPrivilege):
            run(outsider, "admin", f"select * from {schema}.thing")


def test_what_is_made_later_is_readable_without_another_grant(filled: Warehouse) -> None:
    run(filled, "transformer", "create table marts.later as select 7 as id")
    assert run(filled, "reader", "select id from marts.later") == 7
    run(filled, "loader", "create table raw_rss.later as select 8 as id")
    assert run(filled, "transformer", "select id from raw_rss.later") == 8


def test_analysts_have_a_schema_of_their_own_that_readers_read(filled: Warehouse) -> None:
    run(filled, "analyst", "create view analysts.mine as select * from marts.thing")
    run(filled, "analyst", "create table analysts.kept as select * from ops.etl_runs")
    assert run(filled, "reader", "select count(*) from analysts.mine, marts.thing") == 1
    assert run(filled, "reader", "select count(*) from analysts.kept") == 0
    assert run(filled, "analyst", "create temporary table t as select 1 as id", "select id from t") == 1
    run(filled, "analyst", "drop view analysts.mine", "drop table analysts.kept")


@pytest.mark.parametrize(
    "statement",
    [
        "insert into marts.thing values (2)",
        "create view marts.mine as select 1",
        "create view ops.mine as select 1",
        "create table public.mine (id int)",
        "create schema mine",
        "alter table marts.thing add column more int",
        "select * from raw_csv.thing",
        "select * from candidate.thing",
        "set role kasparro_transformer",
        "delete from ops.publications",
    ],
)
def test_an_analyst_writes_nowhere_else(filled: Warehouse, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        run(filled, "analyst", statement)


def test_an_analyst_joins_the_readers_and_keeps_what_was_put_on_a_mart(filled: Warehouse, outsider: Warehouse) -> None:
    name = outsider.admin.username
    run(filled, "admin", f"grant kasparro_reader to {name}")
    assert run(outsider, "admin", "select id from marts.thing") == 1


def test_the_embedded_warehouse_has_no_room_for_a_readers_own_tables(warehouse: Warehouse) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied to create temporary tables"):
        run(warehouse, "reader", "set transaction read write", "create temporary table mine (id int)")


def test_sessions_keep_utc(filled: Warehouse) -> None:
    assert [run(filled, role, "show timezone") for role in LOGIN_ROLES] == ["UTC"] * len(LOGIN_ROLES)
