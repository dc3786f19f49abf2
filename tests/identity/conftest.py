"""The market of `cases`, landed, matched and published once for the tests that look at it."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from providers.recorded import RecordedMarket
from providers.server import running
from tests.conftest import make_settings, own_database
from tests.flows.conftest import System
from tests.identity.cases import FILE, whole_market
from tests.identity.listed import Listed, write_market


def publish(
    stack: ExitStack, warehouse: Warehouse, settings: Settings, folder: Path, market: Iterable[Listed]
) -> System:
    """A system of its own that has had one pass over a market."""
    write_market(folder / "market", market)
    own = stack.enter_context(own_database(warehouse, settings))
    stand_in = stack.enter_context(running(RecordedMarket(folder / "market")))
    system = System(
        make_settings(
            folder / "home",
            database_url=own.url("admin"),
            coinpaprika_base_url=stand_in.coinpaprika_url,
            coingecko_base_url=stand_in.coingecko_url,
            coinpaprika_rate_limit="1000/s",
            coingecko_rate_limit="1000/s",
            coingecko_max_coins=0,
            csv_dir=folder / "csv",
        ),
        own,
        stand_in,
    )
    (folder / "csv").mkdir()
    (folder / "csv" / "mine.csv").write_text(FILE)
    outcome = system.run()
    assert outcome.exit_code == 0, outcome.error
    return system


@pytest.fixture(scope="module")
def published(warehouse: Warehouse, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The market of `cases` as it is published."""
    with ExitStack() as stack:
        yield publish(stack, warehouse, settings, tmp_path_factory.mktemp("cases"), whole_market())
