"""A run on a server that is set up for other programs, through a pooler, is a run like any other."""

from contextlib import closing

import psycopg2

from flows.steps import run_pass
from kasparro import database_url
from tests.flows.conftest import System
from tests.kasparro.test_sessions import HOSTILE, SINCE_17
from tests.pooler import pooling

SHORT = {name: "1s" for name in HOSTILE | SINCE_17 if name.endswith("_timeout")}
"""No run is as short as that."""


def test_a_run_neither_inherits_the_servers_settings_nor_needs_options(filled: System) -> None:
    url = filled.settings.warehouse_url
    assert url is not None and url.port
    before = filled.content("marts.coin_quotes")
    with closing(psycopg2.connect(filled.warehouse.url("admin"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for name, value in {**HOSTILE, **SINCE_17, **SHORT}.items():
            cursor.execute(f"alter database {url.database} set {name} = '{value}'")
        try:
            with pooling(url.port, "session") as port:
                through = {"database_url": database_url.text(url.set(port=port))}
                outcome = run_pass(filled.settings.model_copy(update=through), "test")
        finally:
            for name in {**HOSTILE, **SINCE_17, **SHORT}:
                cursor.execute(f"alter database {url.database} reset {name}")
    assert (outcome.status, outcome.error) == ("success", None)
    after = filled.content("marts.coin_quotes")
    assert [row for row in after if row in before] == before
