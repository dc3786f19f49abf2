"""Broken at every boundary, in every way: the pass that follows ends where one does that nobody disturbed.

`make test` breaks one installation at every boundary in turn, with a seeded choice of faults, and then lets it finish.
`make test-long` breaks a fresh one at each boundary by each fault, then one 200 times, and writes docs/recovery.md.
"""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest

from kasparro.failures import POINTS
from kasparro.warehouse import EmbeddedPostgres
from providers.faults import Plan, Rule
from providers.faults.answers import ServerError
from providers.faults.transport import Reset, Truncated
from providers.generated import GeneratedMarket
from providers.server import running
from providers.stand_in import StandIn
from tests.flows.passes import Recoverable
from tests.flows.report import write_section

COINS = 40
START = datetime.now(UTC) - timedelta(hours=6)
FAULTS = {"SIGKILL": "kill", "Postgres restarted": "postgres-restart", "Postgres killed": "postgres-kill"}
STATUS = {"kill": -signal.SIGKILL, "postgres-restart": 1, "postgres-kill": 1}
SMALL_FILES = 12_000
"""What a file may grow to on a full disk: less than the tables of a source need to be made."""
LARGER_FILES = 24_000
"""Enough for the providers to land, too small for feeds and dbt."""
QUOTES = ("/tickers", "/coins/markets")
ON_THE_WAY = (ServerError(status=503), Truncated(), Reset(), Reset(share=0.5))


def a_market() -> GeneratedMarket:
    """The market, at its beginning."""
    return GeneratedMarket(coins=COINS, seed=3, start=START)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    """The providers of one market, which moves when a test says so."""
    with running(a_market()) as providers:
        yield providers


@pytest.fixture(scope="module")
def installation(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recoverable]:
    """An installation that each test begins again."""
    installation = Recoverable(tmp_path_factory.mktemp("recovery") / "home", stand_in)
    yield installation
    EmbeddedPostgres(installation.settings).stop()


@pytest.fixture(scope="module")
def undisturbed(installation: Recoverable) -> dict[str, list[tuple[Any, ...]]]:
    """What one pass leaves that nobody disturbed."""
    assert installation.a_pass() == 0, installation.said()
    content = installation.content()
    for name in (
        "raw_coinpaprika.tickers",
        "raw_coingecko.markets",
        "raw_csv.ohlcv",
        "marts.coins",
        "marts.coin_quotes",
    ):
        assert content[name], f"{name} is empty, which would prove nothing"
    return content


def assert_equal(installation: Recoverable, expected: dict[str, list[tuple[Any, ...]]]) -> None:
    """Every relation holds what it held where nobody disturbed anything."""
    found = installation.content()
    assert found.keys() == expected.keys()
    for name, rows in expected.items():
        assert found[name] == rows, name
    assert installation.query("select count(*) from ops.etl_runs where status = 'running'") == [(0,)]


@pytest.mark.parametrize("seed", [7])
def test_broken_at_every_boundary_in_turn_it_ends_where_an_undisturbed_pass_does(
    seed: int, installation: Recoverable, undisturbed: dict[str, list[tuple[Any, ...]]], stand_in: StandIn
) -> None:
    chance = Random(seed)
    installation.begin_again()
    assert installation.a_pass(file_bytes=SMALL_FILES, LOG_FORMAT="console") == 1, installation.said()
    assert "the disk of KASPARRO_HOME is full (File too large): make room" in installation.said()
    assert "Traceback" not in installation.said()
    for point in POINTS:
        kind = chance.choice(list(STATUS))
        stand_in.faults = Plan([Rule(fault=chance.choice(ON_THE_WAY), path=chance.choice(QUOTES), last=1)])
        assert installation.a_pass(f"{point}:{kind}:1") == STATUS[kind], f"{point} {kind}\n{installation.said()}"
    stand_in.faults = Plan()

    assert installation.a_pass() == 0, installation.said()

    assert_equal(installation, undisturbed)
    statuses = [status for (status,) in installation.query("select status from ops.etl_runs order by started_at")]
    assert statuses[-1] == "success"
    assert set(statuses[:-1]) <= {"crashed", "failed"}
    assert installation.query("select version from ops.publications") == [(1,)]


@pytest.fixture(scope="module")
def matrix() -> Iterator[dict[tuple[str, str], str]]:
    """Boundary × fault → what became of the pass. Written to the documentation when it is whole."""
    outcomes: dict[tuple[str, str], str] = {}
    yield outcomes
    if len(outcomes) == len(POINTS) * len(FAULTS) + 1:
        header = ["boundary", *FAULTS]
        rows = [[POINTS[point], *(outcomes[point, fault] for fault in FAULTS)] for point in POINTS]
        rows.append(["disk full while extracting", outcomes["disk", "full"], "–", "–"])
        write_section("matrix", header, rows)


def seen(installation: Recoverable, status: int) -> str:
    """What a broken pass and the one after it came to, in words."""
    how = "killed" if status < 0 else f"ended with {status}"
    runs = [status for (status,) in installation.query("select status from ops.etl_runs order by started_at")]
    return f"{how}, {runs[0]}; the next pass: equal"


@pytest.mark.long
@pytest.mark.parametrize(("point", "fault"), list(product(POINTS, FAULTS)))
def test_the_kill_matrix(
    point: str,
    fault: str,
    installation: Recoverable,
    undisturbed: dict[str, list[tuple[Any, ...]]],
    matrix: dict[tuple[str, str], str],
) -> None:
    installation.begin_again()
    kind = FAULTS[fault]
    status = installation.a_pass(f"{point}:{kind}:1")
    assert status == STATUS[kind], installation.said()

    assert installation.a_pass() == 0, installation.said()

    assert_equal(installation, undisturbed)
    matrix[point, fault] = seen(installation, status)


@pytest.mark.long
def test_a_full_disk_loses_nothing(
    installation: Recoverable, undisturbed: dict[str, list[tuple[Any, ...]]], matrix: dict[tuple[str, str], str]
) -> None:
    """The operating system refuses to let a file of the pass grow, as it does on a full disk."""
    installation.begin_again()
    for size in (SMALL_FILES, LARGER_FILES):
        status = installation.a_pass(file_bytes=size, LOG_FORMAT="console")
        assert status == 1, installation.said()
        assert "the disk of KASPARRO_HOME is full" in installation.log.read_text()

    assert installation.a_pass() == 0, installation.said()

    assert_equal(installation, undisturbed)
    matrix["disk", "full"] = seen(installation, status)


@pytest.mark.long
def test_two_hundred_passes_with_random_kills_and_provider_faults(installation: Recoverable, stand_in: StandIn) -> None:
    """The market moves ten times; at each of its states passes are broken at random, until one is let through."""
    passes, states, chance = 200, 10, Random(20)

    def run(disturbances: int) -> int:
        stand_in.market = market = a_market()
        installation.begin_again()
        kills = 0
        for _ in range(states):
            for _ in range(disturbances):
                kills += disturbed_pass(installation, stand_in, chance)
            stand_in.faults = Plan()
            assert installation.a_pass() == 0, installation.said()
            market.advance(5)
        return kills

    run(0)
    clean = installation.content()
    kills = run(passes // states - 1)

    assert_equal(installation, clean)
    assert kills > passes / 2
    write_section(
        "soak",
        ["passes", "of them broken", "states of the market", "relations compared", "outcome"],
        [[str(passes), str(kills), str(states), str(len(clean)), "equal to an undisturbed run"]],
    )


def disturbed_pass(installation: Recoverable, stand_in: StandIn, chance: Random) -> bool:
    """A pass that may break anywhere, with providers that fail now and then. Returns whether it broke."""
    fault = chance.choice(ON_THE_WAY)
    stand_in.faults = Plan([Rule(fault=fault, path=chance.choice(QUOTES), last=1)])
    point, kind = chance.choice(list(POINTS)), chance.choice(list(STATUS))
    return installation.a_pass(f"{point}:{kind}:{chance.choice((1, 1, 2, 5))}") != 0
