"""Two machines, each with its own home, over one warehouse: one writes at a time, each goes on for the other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kasparro.database_url import text
from kasparro.warehouse import EmbeddedPostgres, ensure_warehouse, locate
from providers.faults import Plan, Rule
from providers.faults.transport import Slow
from providers.generated import GeneratedMarket
from providers.server import running
from tests.flows.passes import Recoverable
from tests.flows.test_recovery import START

CATALOGUES = ("/coins/list", "/contracts")


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Recoverable, Recoverable]]:
    """A machine with the warehouse, and one that reaches it by its address."""
    folder = tmp_path_factory.mktemp("machines")
    with running(GeneratedMarket(coins=40, seed=3, start=START)) as stand_in:
        first, second = Recoverable(folder / "first", stand_in), Recoverable(folder / "second", stand_in)
        EmbeddedPostgres(first.settings).start()
        second.environment = {**second.environment, "DATABASE_URL": text(locate(first.settings).admin)}
        yield first, second
        EmbeddedPostgres(first.settings).stop()


def fresh(first: Recoverable, second: Recoverable) -> GeneratedMarket:
    """The market at its beginning, and nothing of it read yet."""
    market = GeneratedMarket(coins=40, seed=3, start=START)
    first.stand_in.market = market
    for machine in (first, second):
        machine.forget()
    first.empty()
    return market


def reads_a_catalogue(machine: Recoverable) -> bool:
    """Whether a pass of the machine, which must be a good one, reads what is read once a day."""
    machine.stand_in.requests.clear()
    assert machine.a_pass() == 0, machine.said()
    return any(request.path.endswith(CATALOGUES) for request in machine.stand_in.requests)


@pytest.mark.long
def test_each_goes_on_where_the_other_was_also_when_it_was_killed(machines: tuple[Recoverable, Recoverable]) -> None:
    first, second = machines
    market = fresh(first, second)
    assert first.a_pass() == 0, first.said()
    market.advance(5)
    assert first.a_pass() == 0, first.said()
    alone = first.content()

    market = fresh(first, second)
    assert reads_a_catalogue(first)
    market.advance(5)
    assert first.a_pass("load.committed:kill:1") < 0
    assert not reads_a_catalogue(second), "the checkpoints are in the warehouse"
    assert not reads_a_catalogue(first), "though it comes with a load that broke off, and older checkpoints"

    together = first.content()
    assert together.keys() == alone.keys()
    for relation, rows in alone.items():
        assert together[relation] == rows, relation


@pytest.mark.long
def test_of_two_that_start_at_once_one_writes(machines: tuple[Recoverable, Recoverable]) -> None:
    first, second = machines
    fresh(first, second)
    ensure_warehouse(first.settings)
    first.stand_in.faults = Plan([Rule(fault=Slow(delay=5), provider="coingecko")])

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(Recoverable.a_pass, machines))

    first.stand_in.faults = Plan()
    assert sorted(ended) == [0, 1]
    loser = machines[ended.index(1)]
    assert "another pass is running" in loser.said()
    assert first.query("select status from ops.etl_runs") == [("success",)]
