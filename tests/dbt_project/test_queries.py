"""What analysts do with a warehouse that has a past: every statement of docs/queries.md."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from extract import pipeline
from extract.landing import Past
from kasparro.settings import REPOSITORY
from kasparro.warehouse import EmbeddedPostgres, locate
from providers.generated import GeneratedMarket
from providers.server import running
from tests.dbt_project.test_analyst import Analyst
from tests.flows.installation import Installation

QUESTIONS = re.findall(
    r"## (\d+\. .*?)\n.*?```sql\n(.*?)```", (REPOSITORY / "docs" / "queries.md").read_text(), re.DOTALL
)


@pytest.fixture(scope="module")
def storied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyst]:
    """An installation with a past: two passes, a backfill with a gap, a renamed coin, a file that is a year old."""
    home: Path = tmp_path_factory.mktemp("storied")
    market = GeneratedMarket(coins=40, seed=11, start=datetime.now(UTC) - timedelta(minutes=10))
    with running(market) as stand_in:
        installation = Installation(home, stand_in)
        installation.run_pass()
        yesterday = "update marts.coin_snapshots set seen_on = seen_on - 1 returning canonical_id"
        assert installation.query(yesterday)
        market.rename("ethereum", "Ether of Old")
        market.advance(5)
        settings = installation.settings.model_copy(update={"coingecko_base_url": stand_in.coingecko_url})
        now = datetime.now(UTC)
        for back in (2, 20):
            past = Past("bitcoin", now - timedelta(days=back), now - timedelta(days=back - 1))
            pipeline.run("coingecko", settings, locate(settings), backfill=past)
        installation.run_pass()
    yield Analyst(installation)
    EmbeddedPostgres(installation.settings).stop()


def reader(analyst: Analyst) -> Any:
    """A session as the reader role."""
    found = analyst.shell("echo $PGUSER $PGPASSWORD $PGHOST $PGPORT $PGDATABASE")
    user, password, host, port, database = found.stdout.split()
    return psycopg2.connect(user=user, password=password, host=host, port=port, dbname=database)


def test_there_are_seventeen_questions() -> None:
    assert len(QUESTIONS) == 17


@pytest.mark.parametrize(("question", "statement"), QUESTIONS, ids=[question for question, _ in QUESTIONS])
def test_every_question_is_answered(storied: Analyst, question: str, statement: str) -> None:
    connection = reader(storied)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
        names = [column.name for column in cursor.description]
    connection.close()

    assert rows, question
    empty = [name for name, values in zip(names, zip(*rows, strict=True), strict=True) if not any(map(bool, values))]
    assert not empty, f"{question}: nothing in {empty}"
