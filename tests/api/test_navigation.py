"""Getting about in the dashboard in a real browser: Back, Forward, what is searched for, and how names are shown."""
# selenium's scripts and commands are typed for values of any kind:
# pyright: reportUnknownMemberType=false

from collections.abc import Generator
from decimal import Decimal
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.browser import find, fits, resize, text
from tests.api.marts import Marts, coin, listing
from tests.api.serving import Api, eventually, serving
from tests.conftest import own_database

TETHER = "0xdac17f958d2ee523a2206206994597c13d831ec7"
MINT = "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"
BLANK = "\u200b \u3164"
LONG = [
    "Ethereum",
    "Internationalization",
    "Wrapped liquid staked Ether of a very long pool",
    "W" * 60,
    "比特币现金网络",
]


def market() -> list[dict[str, Any]]:
    """130 coins with a price and a rank, the first ones named for the tests; two that are not alive."""
    named = [
        coin("btc", name="Bitcoin", rank=1),
        coin("eth", name="Ethereum", rank=2, sources=["coingecko", "csv:mine"]),
        coin("usdt", name="Tether", rank=3),
        coin("xrp", name="XRP", rank=4),
        coin("odd", symbol=BLANK, name=BLANK, rank=5),
        coin("joke", symbol="BITCOIN", name="Harry", rank=99),
        coin("small", name="Small", rank=12, price_usd=Decimal("0.0000018031"), percent_change_24h=Decimal("-11.39")),
        coin("late", name="Late", rank=12345, price_usd=Decimal("0.000018")),
        coin("huge", name="Huge", rank=13, price_usd=Decimal("12345678901234567890.12"), market_cap_usd=Decimal(1)),
        *(coin(f"long-{number}", symbol="LONG", name=name, rank=6 + number) for number, name in enumerate(LONG)),
    ]
    dead = [
        coin("ghost", name="Ghost", status="delisted", price_usd=None, sources=[]),
        coin("idle", name="Idle", status="inactive"),
        coin("mute", name="Mute", price_usd=None),
    ]
    return named + dead + [coin(f"c{n:03}", name=f"Coin {n:03}", rank=n, price_usd=Decimal(n)) for n in range(15, 131)]


@pytest.fixture(scope="module")
def site(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """The API over that market."""
    with own_database(warehouse, api_settings) as own:
        marts = Marts(own)
        marts.add_records()
        deployed = {"canonical_id": "usdt", "sources": ["coingecko"]}
        marts.insert(
            "marts.coin_deployments",
            {**deployed, "chain_id": "eip155:1", "address": TETHER, "caip19_id": f"eip155:1/erc20:{TETHER}"},
            {**deployed, "chain_id": "solana:5", "address": MINT, "caip19_id": f"solana:5/token:{MINT}"},
        )
        changed = {"version": 1, "changed_at": "2026-01-01", "kind": "renamed", "old_value": "Old", "new_value": "New"}
        changes = ({**changed, "change_id": number, "canonical_id": "btc"} for number in range(120))
        marts.insert("marts.coin_changes", *changes)
        listings = [
            listing("coingecko", "ripple", "xrp"),
            listing("coinpaprika", "btc-bitcoin", "btc"),
            listing("coingecko", "the-ghost", "ghost"),
            listing("csv:mine", "eth-mine", "eth"),
        ]
        marts.publish(1, coins=market(), listings=listings)
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(1)
            yield api


def visit(browser: Chrome, site: Api, path: str) -> None:
    """Open a page of coins, and wait for its rows."""
    browser.get(f"http://127.0.0.1:{site.port}{path}")
    eventually(lambda: rows(browser), f"{path} shows coins")


def rows(browser: Chrome) -> list[str]:
    """The ids of the coins shown, at one moment."""
    return list(browser.execute_script("return [...document.querySelectorAll('#rows tr')].map(row => row.dataset.id)"))


def scrolled(browser: Chrome) -> int:
    return int(browser.execute_script("return Math.round(scrollY)"))


def is_at(browser: Chrome, place: int) -> bool:
    return abs(scrolled(browser) - place) < 120  # a few rows: fonts and charts move them


def test_next_shows_the_top_of_the_page_and_back_the_place_that_was_left(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/")
    left = int(browser.execute_script("document.getElementById('next').scrollIntoView(); return Math.round(scrollY)"))
    assert left > 500
    find(browser, "#next").click()
    eventually(lambda: "51–100" in text(browser, "#range"), "the second page is shown")
    top = "return Math.abs(document.getElementById('coins').getBoundingClientRect().top)"
    eventually(lambda: browser.execute_script(top) < 5, "from its top on")
    browser.back()
    eventually(lambda: "1–50" in text(browser, "#range"), "Back shows the first page")
    eventually(lambda: is_at(browser, left), "where it was left")
    browser.forward()
    eventually(lambda: "51–100" in text(browser, "#range"), "Forward shows the second one")


def test_back_goes_through_what_was_looked_at_and_never_leaves_early(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/")
    find(browser, "th[data-sort=price_usd] button").click()
    eventually(lambda: rows(browser)[0] == "huge", "dearest first")
    find(browser, "#search").send_keys("coin 04")
    eventually(lambda: rows(browser) == [f"c{n:03}" for n in range(49, 39, -1)], "only what matches")
    find(browser, "#rows tr[data-id=c045] a").click()
    eventually(lambda: "id c045" in text(browser, "main"), "the coin is shown")
    browser.back()
    eventually(lambda: rows(browser)[:1] == ["c049"], "Back to the search, in its order")
    assert find(browser, "#search").get_attribute("value") == "coin 04"
    browser.back()
    eventually(lambda: rows(browser)[:1] == ["huge"], "one search is one step")
    browser.back()
    eventually(lambda: rows(browser)[:1] == ["btc"], "and the order another")


def test_a_coin_left_far_down_is_returned_from_to_the_same_place(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/?page=2")
    script = "document.querySelector('#rows tr:nth-child(45)').scrollIntoView(); return Math.round(scrollY)"
    left = int(browser.execute_script(script))
    find(browser, "#rows tr:nth-child(46) a").send_keys(Keys.ENTER)
    eventually(lambda: text(browser, "#standing"), "the coin is shown")
    eventually(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#ranges button")) == 5, "its chart, too")
    find(browser, "#ranges button:nth-child(3)").click()
    eventually(lambda: "range=30" in browser.current_url, "another range is another address")
    browser.back()
    pressed = '#ranges [aria-pressed="true"]'
    eventually(lambda: text(browser, pressed) == "7 days", "Back shows the range before")
    browser.back()
    eventually(lambda: len(rows(browser)) == 50, "then the list")
    eventually(lambda: is_at(browser, left), "where it was left")


def test_changes_come_back_as_many_as_were_shown(browser: Chrome, site: Api) -> None:
    browser.get(f"http://127.0.0.1:{site.port}/dashboard/changes")
    shown = lambda: len(browser.find_elements(By.CSS_SELECTOR, "#changes tbody tr"))  # noqa: E731
    eventually(lambda: shown() == 50, "the newest ones")
    find(browser, "#more").click()
    eventually(lambda: shown() == 100, "more of them")
    find(browser, "#changes tr:nth-child(90) a").send_keys(Keys.ENTER)
    eventually(lambda: "id btc" in text(browser, "main"), "a coin")
    browser.back()
    eventually(lambda: shown() == 100, "Back shows them again")
    eventually(lambda: scrolled(browser) > 1000, "where they were left")


def test_enter_opens_the_best_hit(browser: Chrome, site: Api) -> None:
    for typed, opened in (
        ("bitc", "btc"),
        ("bitcoin", "btc"),  # not the lesser coin that has it for a symbol
        ("ETH", "eth"),
        ("ripple", "xrp"),
        ("btc-bitcoin", "btc"),
        ("eth-mine", "eth"),
        (TETHER.upper().replace("0X", "0x"), "usdt"),
        (MINT, "usdt"),
        (f"eip155:1/erc20:{TETHER}", "usdt"),
        ("the-ghost", "ghost"),
    ):
        visit(browser, site, "/")
        find(browser, "#search").send_keys(typed, Keys.ENTER)
        eventually(lambda opened=opened: f"id {opened}" in text(browser, "main"), f"{typed} opens {opened}")
    browser.back()
    eventually(lambda: rows(browser) == ["ghost"], "Back shows what was found, dead as it is")
    assert find(browser, "#search").get_attribute("value") == "the-ghost"


def test_the_list_is_of_what_is_alive_until_all_is_asked_for(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/?sort=name")
    eventually(lambda: "of 130" in text(browser, "#range"), "the living ones")
    find(browser, "#search").send_keys("mute")
    eventually(lambda: "1: show them" in text(browser, "#blank"), "that there are others is told")
    find(browser, "#blank button").click()
    eventually(lambda: rows(browser) == ["mute"], "and they can be shown")
    assert find(browser, "#all").is_selected() and "show=all" in browser.current_url
    browser.back()
    eventually(lambda: "1: show them" in text(browser, "#blank"), "Back hides them again")
    assert not find(browser, "#all").is_selected()
    visit(browser, site, "/?sort=-name&search=i&show=all")
    assert find(browser, "#all").is_selected()
    assert "idle" in rows(browser)
    find(browser, "#all").click()
    eventually(lambda: rows(browser) and "idle" not in rows(browser), "only the living ones")


def test_enter_stays_where_nothing_is_found(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/")
    find(browser, "#search").send_keys("0xdead", Keys.ENTER)
    eventually(lambda: "No coin matches “0xdead”" in text(browser, "#blank"), "nothing is told")
    assert "/dashboard/coin" not in browser.current_url


def test_a_coin_without_a_visible_name_has_a_label(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/")
    assert text(browser, "#rows tr[data-id=odd] .name") == "odd"
    find(browser, "#rows tr[data-id=odd] a").click()
    eventually(lambda: browser.title == "odd · Kasparro", "its page says its id")
    assert text(browser, "#name").strip() == "odd"


def test_no_name_is_broken_inside_a_word_on_a_phone(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/")
    broken = """
        const broken = [];
        for (const name of document.querySelectorAll('#rows .name bdi')) {
            const node = name.firstChild;
            for (const word of node.data.matchAll(/[\\p{Script=Latin}\\p{N}]+/gu)) {
                const range = document.createRange();
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                if (new Set([...range.getClientRects()].map(line => line.top)).size > 1) broken.push(node.data);
            }
        }
        return broken;
    """
    cut = "const it = document.querySelector(arguments[0]); return it.scrollWidth > it.clientWidth"
    hidden = """
        const cells = [...document.querySelectorAll('#rows td')];
        return cells.filter(it => it.scrollWidth > it.clientWidth).map(it => it.textContent);
    """
    lines = """
        const range = document.createRange();
        range.selectNodeContents(document.querySelector('#rows tr[data-id=small] .price'));
        return new Set([...range.getClientRects()].map(line => line.top)).size;
    """
    for width in (400, 390, 375, 360, 340, 320):
        resize(browser, (width, 780))
        assert browser.execute_script(broken) == []
        assert fits(browser)
        assert not browser.execute_script(cut, "#rows tr[data-id=eth] .name"), width
        assert browser.execute_script(hidden) == [], width
        assert browser.execute_script(lines) <= 1, width
    visit(browser, site, "/?search=late")
    assert browser.execute_script(hidden) == []
    browser.get(f"http://127.0.0.1:{site.port}/dashboard/coin?id=long-3")
    eventually(lambda: "id long-3" in text(browser, "main"), "its page is shown")
    assert fits(browser)
    assert find(browser, "#name").size["height"] < 65  # a line each for the name and the symbol


def test_an_address_without_anything_is_told_in_words_to_a_browser_alone(browser: Chrome, site: Api) -> None:
    browser.get(f"http://127.0.0.1:{site.port}/no/such/page")
    assert find(browser, "h1").text == "There is no such page"
    assert find(browser, "main a").get_attribute("href") == f"http://127.0.0.1:{site.port}/"
    html = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/no/such/page", "/dashboard/nothing", "/dashboard/missing", "/coin"):
        answer = site.get(path, headers=html)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8"), path
        for accepted in ("*/*", "application/json", "application/json, text/html;q=0.5"):
            answer = site.get(path, headers={"Accept": accepted})
            assert (answer.status_code, answer.json()["status"]) == (404, 404), path
            assert answer.headers["content-type"] == "application/problem+json"
            assert "Accept" in answer.headers["vary"]
    assert site.get("/coins/nothing", headers=html).json()["status"] == 404  # a resource that is missing is a problem
