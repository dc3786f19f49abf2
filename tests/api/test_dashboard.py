"""The overview in a real browser."""
# selenium's scripts and commands are typed for values of any kind:
# pyright: reportUnknownMemberType=false

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.browser import PHONE, choose_theme, complaints, find, fits, requests, resize, text
from tests.api.marts import Marts, article, coin
from tests.api.serving import Api, eventually, serving


def cells(browser: Chrome, column: str) -> list[str]:
    """The texts of a column of the table, at one moment."""
    script = "return [...document.querySelectorAll('#rows tr ' + arguments[0])].map(cell => cell.textContent)"
    return list(browser.execute_script(script, column))


def names(browser: Chrome) -> list[str]:
    return cells(browser, ".name")


def wait_for_names(browser: Chrome, expected: list[str]) -> None:
    eventually(lambda: names(browser)[: len(expected)] == expected, f"the table begins with {expected}")


def coins_of(version: int) -> list[dict[str, Any]]:
    """A market of 120 coins; the first ones awkward."""
    awkward = [
        coin("btc", name="Bitcoin", rank=1, price_usd=Decimal("64231.12"), market_cap_usd=Decimal(1260000000000),
             percent_change_24h=Decimal("-1.256"), sources=["coingecko", "coinpaprika"]),
        coin("evil", symbol="<b>X</b>", name='<img src=x onerror="document.title=1">', rank=2),
        coin("babydoge", name="Baby Doge", rank=3, price_usd=Decimal("0.00000000161234"),
             percent_change_24h=Decimal("2.5")),
        coin("gone", name="Gone", rank=4, price_usd=None, status="delisted", sources=[], updated_at=None),
    ]  # fmt: skip
    return awkward + [
        coin(f"c{number:03}", name=f"Coin {number:03}", rank=number, price_usd=Decimal(version) / number)
        for number in range(5, 121)
    ]


IS_WHOLE = """
    const [it, cell] = [arguments[0], arguments[0].closest("th")].map((each) => each.getBoundingClientRect());
    return it.width > 10 && it.right <= cell.right;
"""
ARTICLES = [
    article("a1", title="<script>document.title='stolen'</script>", url="https://news.example/a1"),
    article("a2", title="A trap", url="javascript:document.title='stolen'", published_at=None),
]


@pytest.fixture(scope="module")
def site(warehouse: Warehouse, api_settings: Settings) -> Generator[tuple[Api, Marts]]:
    """The API over a market of its own, and the means to publish more."""
    from tests.conftest import own_database

    with own_database(warehouse, api_settings) as own:
        marts = Marts(own)
        marts.publish(1, coins=coins_of(1), articles=ARTICLES)
        start = datetime.now(UTC) - timedelta(minutes=3)
        failing = {"source": "coingecko", "status": "failed", "records_processed": 0, "error": "HTTP 429 <i>"}
        marts.run(start, [{"source": "coinpaprika"}, failing, {"source": "csv"}, {"source": "rss"}], "partial")
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(1)
            yield api, marts


def test_shows_what_is_published(browser: Chrome, site: tuple[Api, Marts]) -> None:
    api, _ = site
    browser.get(f"http://127.0.0.1:{api.port}/?show=all")
    wait_for_names(browser, ["Bitcoin", '<img src=x onerror="document.title=1">', "Baby Doge", "Gone", "Coin 005"])
    assert cells(browser, ".price")[:4] == ["$64,231.12", "$1.5000", "$0.0₈1612", "–"]
    assert cells(browser, ".change")[:4] == ["\u22121.26%", "–", "+2.50%", "–"]
    assert find(browser, "#rows .price").get_attribute("title") == "US$ 64,231.12"
    assert text(browser, "#total-coins") == "120"
    eventually(lambda: text(browser, "#version") == "1", "the version is shown")
    assert "1–50 of 120" in text(browser, "#range")
    assert text(browser, "#state") == "Degraded"
    assert text(browser, "#run") == "Partly failed"
    sources = text(browser, "#sources")
    assert "CoinGecko" in sources
    assert "HTTP 429 <i>" in sources
    footer = {link.text: link.get_attribute("href") for link in browser.find_elements(By.CSS_SELECTOR, "footer a")}
    assert footer["Data provided by CoinGecko"] == "https://www.coingecko.com/"
    assert "Data provided by CoinPaprika" in footer
    assert str(find(browser, "#prefect").get_attribute("href")).endswith(f":{api.context.settings.prefect_port}/")
    assert complaints(browser) == []


@pytest.mark.parametrize("width", [1600, 1280, 1100, 800, 400])
def test_a_long_name_leaves_room_for_the_symbol_and_they_for_it(
    browser: Chrome, site: tuple[Api, Marts], width: int
) -> None:
    browser.set_window_size(width, 900)
    try:
        browser.get(f"http://127.0.0.1:{site[0].port}/?show=all")
        wait_for_names(browser, ["Bitcoin"])
        long = find(browser, "#rows tr[data-id=evil] .name")
        assert long.size["width"] > 90
        assert str(long.get_attribute("title")).startswith("<img")
        for shown in ("evil] .symbol", "gone] .tag", "gone] .symbol"):
            assert browser.execute_script(IS_WHOLE, find(browser, f"#rows tr[data-id={shown}")), shown
    finally:
        browser.set_window_size(1280, 900)


def test_says_when_the_market_is_invented(
    browser: Chrome, empty: Warehouse, api_settings: Settings, site: tuple[Api, Marts]
) -> None:
    browser.get(f"http://127.0.0.1:{site[0].port}/")
    wait_for_names(browser, ["Bitcoin"])
    assert site[0].get("/", headers={"Accept": "application/json"}).json()["invented"] is False
    assert "invented" not in text(browser, "#notices")
    with serving(api_settings.model_copy(update={"invented_market": True}), lambda: empty.url("reader")) as api:
        browser.get(f"http://127.0.0.1:{api.port}/")
        eventually(lambda: "every price, coin and headline here is invented" in text(browser, "#notices"), "it says so")


def test_nothing_from_outside_is_markup_and_no_other_host_is_asked(browser: Chrome, site: tuple[Api, Marts]) -> None:
    api, _ = site
    browser.get(f"http://127.0.0.1:{api.port}/")
    eventually(lambda: "script" in text(browser, "#articles"), "the articles are shown")
    assert browser.find_elements(By.CSS_SELECTOR, "#rows img, #rows b, #articles script, #sources i") == []
    links = [link.get_attribute("href") for link in browser.find_elements(By.CSS_SELECTOR, "#articles a")]
    assert links == ["https://news.example/a1"]
    assert browser.title.startswith("Kasparro")
    asked = requests(browser)
    assert asked
    assert all(address.startswith((f"http://127.0.0.1:{api.port}/", "about:", "data:")) for address in asked), asked
    assert complaints(browser) == []


def test_search_sort_and_pages_by_keyboard(browser: Chrome, site: tuple[Api, Marts]) -> None:
    api, _ = site
    browser.get(f"http://127.0.0.1:{api.port}/?show=all")
    wait_for_names(browser, ["Bitcoin"])
    find(browser, "body").send_keys("/")
    browser.switch_to.active_element.send_keys("DOGE")
    wait_for_names(browser, ["Baby Doge"])
    eventually(lambda: names(browser) == ["Baby Doge"], "only what matches is left")
    assert "search=DOGE" in browser.current_url
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_for_names(browser, ["Bitcoin"])
    price = find(browser, "th[data-sort=price_usd] button")
    price.send_keys(Keys.ENTER)
    eventually(lambda: cells(browser, ".price")[:2] == ["$64,231.12", "$1.5000"], "dearest first")
    assert find(browser, "th[data-sort=price_usd]").get_attribute("aria-sort") == "descending"
    price.send_keys(Keys.SPACE)
    wait_for_names(browser, ["Baby Doge", "Coin 120"])
    find(browser, "#next").send_keys(Keys.ENTER)
    eventually(lambda: "51–100 of 120" in text(browser, "#range"), "the second page is shown")
    assert "page=2" in browser.current_url
    browser.refresh()
    eventually(lambda: "51–100 of 120" in text(browser, "#range"), "the address brings it back")
    find(browser, "#next").click()
    eventually(lambda: "101–120 of 120" in text(browser, "#range"), "the last page is shown")
    assert names(browser)[-1] == "Gone"  # no price comes last
    assert not find(browser, "#next").is_enabled()
    find(browser, "#search").send_keys("no such coin")
    eventually(lambda: "No coin matches" in text(browser, "#blank"), "an empty search says so")


def test_takes_up_a_new_version_by_itself(browser: Chrome, site: tuple[Api, Marts]) -> None:
    api, marts = site
    browser.get(f"http://127.0.0.1:{api.port}/")
    wait_for_names(browser, ["Bitcoin"])
    version = int(api.data()["meta"]["version"]) + 1
    marts.publish(version, coins=[coin("new", name="Newcomer", rank=1), *coins_of(version)[1:]])
    wait_for_names(browser, ["Newcomer"])
    eventually(lambda: text(browser, "#version") == str(version), "the version is shown")
    marts.publish(version + 1, coins=coins_of(version + 1))
    wait_for_names(browser, ["Bitcoin"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_fits_a_phone_in_either_theme(browser: Chrome, site: tuple[Api, Marts], theme: str) -> None:
    api, _ = site
    resize(browser, PHONE)
    choose_theme(browser, theme)
    browser.get(f"http://127.0.0.1:{api.port}/")
    wait_for_names(browser, ["Bitcoin"])
    assert fits(browser)
    light = browser.execute_script(
        "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(part => Number(part) > 127)"
    )
    assert light is (theme == "light")
    choose_theme(browser, None)


def test_empty_state_and_loss_of_the_api_are_told(browser: Chrome, empty: Warehouse, api_settings: Settings) -> None:
    with serving(api_settings, lambda: empty.url("reader")) as api:
        api.wait_for(None)
        browser.get(f"http://127.0.0.1:{api.port}/")
        eventually(lambda: "Nothing is published yet" in text(browser, "#blank"), "the empty state is told")
        eventually(lambda: text(browser, "#state") == "Waiting for the first run", "so does the state")
        assert text(browser, "#version") == "None yet"
        marts = Marts(empty)
        marts.publish(1, coins=coins_of(1))
        wait_for_names(browser, ["Bitcoin"])
    eventually(lambda: text(browser, "#state") == "Not reachable", "the loss is told")
    assert "does not answer" in text(browser, "#notices")
    assert names(browser)[0] == "Bitcoin"  # what was loaded stays
