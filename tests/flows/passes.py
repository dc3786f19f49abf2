"""Passes as processes of their own, forked from one that has imported everything: killed for real, started at once."""

import multiprocessing
import os
import resource
import shutil
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from kasparro import shell
from kasparro.database_url import text
from kasparro.settings import REPOSITORY
from kasparro.warehouse import EmbeddedPostgres
from providers.stand_in import StandIn
from tests.flows.installation import Installation

PATIENCE_SECONDS = 300
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["flows.elt", "dbt.cli.main", "dbt.adapters.postgres", "tests.flows.passes"])
# our own clock, the numbers of runs, and the hash that holds the clock where a row is of our own making
CLOCKS = """
    fetched_at request_id _dlt_load_id first_seen_at last_seen_at departed_at valid_from valid_to changed_at given_at
    retired_at recorded_at content_hash
""".split()
OF_RUNS = ("fetches", "provider_calls")


def _run(environment: Mapping[str, str], log: str, file_bytes: int | None) -> None:
    os.setsid()
    os.environ.update(environment)
    shell.put_away(os.environ)  # as a process that is not forked does while it imports
    os.chdir(REPOSITORY)
    with Path(log).open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    if file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    sys.argv = ["flows.elt"]
    from flows import elt

    status = elt.main()
    sys.stdout.flush()
    os._exit(status)


class Recoverable(Installation):
    """An installation whose passes are broken on purpose, and which can be compared with another one."""

    def __init__(self, home: Path, stand_in: StandIn) -> None:
        super().__init__(home, stand_in)
        self.log = home.with_suffix(".log")
        self.log.parent.mkdir(parents=True, exist_ok=True)

    def a_pass(self, *faults: str, file_bytes: int | None = None, **environment: str) -> int:
        """Run a pass that breaks at `point:kind:nth`, or with files that can't outgrow a size. Returns its status."""
        broken = {"FAILURE_POINTS": ",".join(faults), "ENABLE_FAILURE_INJECTION": "true" if faults else "false"}
        process: Any = CONTEXT.Process(
            target=_run, args=({**self.environment, **broken, **environment}, str(self.log), file_bytes)
        )
        process.start()
        process.join(PATIENCE_SECONDS)
        assert process.exitcode is not None, self.said()
        return process.exitcode

    def said(self) -> str:
        """The end of what the last pass logged."""
        return self.log.read_text()[-3000:] if self.log.exists() else ""

    def relations(self) -> list[str]:
        """Every table of raw and of the marts; neither dlt's own nor what records calls."""
        return [
            name
            for (name,) in self.query(
                r"""
                select schemaname || '.' || tablename from pg_tables
                where (schemaname ~ '^raw_[a-z]+$' or schemaname = 'marts')
                    and tablename !~ '^_dlt' and tablename <> all (%s)
                order by 1
                """,
                list(OF_RUNS),
            )
        ]

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every relation as a sorted multiset of rows, clock and run columns aside."""
        return {
            name: self.query(f"select (to_jsonb(t) - %s::text[])::text from {name} as t order by 1", CLOCKS)
            for name in self.relations()
        }

    def begin_again(self) -> None:
        """An empty warehouse and working folder; what dbt has parsed stays."""
        self.empty()
        self.forget()

    def empty(self) -> None:
        """Drop the warehouse: the next pass makes it anew."""
        embedded = EmbeddedPostgres(self.settings)
        embedded.start()
        connection = psycopg2.connect(text(embedded.url.set(database="postgres")))
        connection.autocommit = True
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(f'drop database "{embedded.url.database}" with (force)')

    def forget(self) -> None:
        """Remove what dlt keeps beside the warehouse."""
        shutil.rmtree(self.settings.kasparro_home / "dlt", ignore_errors=True)
