"""An installation as a user has one: commands in processes, an embedded warehouse, stand-in providers."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg2

from kasparro.settings import REPOSITORY, SAMPLES
from kasparro.warehouse import locate
from providers.stand_in import StandIn
from tests import hostile
from tests.conftest import make_settings

PATIENCE_SECONDS = 120


class Installation:
    """An installation of its own, run as a user runs it: commands in processes, an embedded warehouse, any shell."""

    def __init__(self, home: Path, stand_in: StandIn) -> None:
        self.settings = make_settings(home)
        self.stand_in = stand_in
        feeds = ",".join(stand_in.rss_url(name) for name in stand_in.market.feed_names())
        self.environment: Mapping[str, str] = {
            **os.environ,
            **hostile.SHELL,
            "KASPARRO_HOME": str(home),
            "PG_PORT": str(self.settings.pg_port),
            "COINPAPRIKA_BASE_URL": stand_in.coinpaprika_url,
            "COINGECKO_BASE_URL": stand_in.coingecko_url,
            "COINPAPRIKA_RATE_LIMIT": "1000/s",
            "COINGECKO_RATE_LIMIT": "1000/s",
            "RSS_RATE_LIMIT": "1000/s",
            "COINGECKO_MAX_COINS": "0",
            "RSS_FEEDS": feeds,
            "CSV_DIR": str(SAMPLES),
            "INVENTED_MARKET": "true",
        }

    def start_pass(self, **environment: str) -> subprocess.Popen[str]:
        """Start `python -m flows.elt`."""
        return self.start("flows.elt", **environment)

    def start(self, program: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a program in a session of its own; what it says goes to a pipe."""
        return subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            env={**self.environment, **environment},
            cwd=REPOSITORY,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run_pass(self) -> None:
        """Run a pass to its end, which must be a good one."""
        a_pass = self.start_pass()
        said, _ = a_pass.communicate(timeout=PATIENCE_SECONDS)
        assert a_pass.returncode == 0, said

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a statement, as the administrator."""
        connection = psycopg2.connect(locate(self.settings).url("admin"))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        finally:
            connection.close()
