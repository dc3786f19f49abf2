"""Databases with marts in them, and the API over them."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api import sample
from tests.api.browser import chromium, fresh
from tests.api.marts import Marts, coin
from tests.api.serving import Api, serving
from tests.conftest import make_settings, own_database

KEY = "the-key-of-the-tests"
LEAKS = re.compile(
    r"\bselect |traceback|psycopg|sqlalchemy|/site-packages/|\.py\b|postgresql://|password|" + KEY, re.IGNORECASE
)
"""What no answer may hold."""


@pytest.fixture(scope="session")
def api_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the APIs under test."""
    return make_settings(tmp_path_factory.mktemp("api"), admin_api_key=KEY)


@pytest.fixture(scope="session")
def market(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """An API over the sample market, published as version 7. For tests that only read."""
    with own_database(warehouse, api_settings) as own:
        marts = Marts(own)
        marts.publish(7, coins=sample.COINS, listings=sample.LISTINGS, quotes=sample.QUOTES, articles=sample.ARTICLES)
        sample.write_runs(marts)
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(7)
            yield api


@pytest.fixture(scope="session")
def whole(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """The API over the sample market with every table of this release; this computer is not limited."""
    with own_database(warehouse, api_settings) as own:
        marts = Marts(own)
        marts.add_records()
        marts.publish(7, coins=sample.COINS, listings=sample.LISTINGS, quotes=sample.QUOTES, articles=sample.ARTICLES)
        sample.write_runs(marts)
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(7)
            yield api


@pytest.fixture
def empty(warehouse: Warehouse, api_settings: Settings) -> Generator[Warehouse]:
    """A database as it is before the first pass: roles, schemas, ledger; no marts."""
    with own_database(warehouse, api_settings) as own:
        yield own


@pytest.fixture
def marts(empty: Warehouse) -> Marts:
    """The marts of a database of its own, version 1 published."""
    marts = Marts(empty)
    marts.publish(1, coins=[coin("btc")])
    return marts


@pytest.fixture
def api(empty: Warehouse, marts: Marts, api_settings: Settings) -> Generator[Api]:
    """The API over it."""
    assert marts
    with serving(api_settings, lambda: empty.url("reader")) as api:
        api.wait_for(1)
        yield api


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Generator[Chrome]:
    """A headless Chromium that keeps its own counsel."""
    with chromium(tmp_path_factory.mktemp("profile")) as chrome:
        yield chrome


@pytest.fixture
def browser(chrome: Chrome) -> Chrome:
    """It, with nothing of the test before in it."""
    return fresh(chrome)


@pytest.fixture
def home_folder(tmp_path: Path) -> Path:
    """A KASPARRO_HOME for one test."""
    return tmp_path / "home"
