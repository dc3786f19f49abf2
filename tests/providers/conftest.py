"""A small generated market behind real HTTP, and a client."""

from collections.abc import Generator, Iterator
from datetime import UTC, datetime

import pytest
import requests

from providers.generated import GeneratedMarket
from providers.server import running
from providers.stand_in import StandIn

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def market() -> GeneratedMarket:
    return GeneratedMarket(coins=320, seed=7, start=START)


@pytest.fixture
def stand_in(market: GeneratedMarket) -> Generator[StandIn]:
    with running(market) as served:
        yield served


@pytest.fixture
def client() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
