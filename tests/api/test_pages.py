"""The dashboard's pages under the overview in a real browser: a coin, changes, quality, runs."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.browser import PHONE, choose_theme, complaints, find, fits, requests, resize, text
from tests.api.conftest import KEY
from tests.api.marts import Marts, article, coin, listing
from tests.api.serving import Api, eventually, serving
from tests.conftest import own_database

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
EVIL = "<img src=x onerror='document.title=1'>"
PAGES = ("/dashboard/coin?id=btc", "/dashboard/changes", "/dashboard/quality", "/dashboard/runs")
CHANGES = 60


def hour(ago: int) -> dict[str, Any]:
    price = Decimal("0.00000001612") + Decimal(ago) / 10**10
    prices = {f"{name}_usd": price for name in ("open", "high", "low", "close")}
    return {
        "canonical_id": "btc",
        "bucket_at": NOW - timedelta(hours=ago),
        **prices,
        "sources": ["csv:mine" if ago > 30 else "coingecko"],
    }


def fill(marts: Marts) -> None:
    """A market in which everything that pages show has happened."""
    marts.add_records()
    seen = {"observed_at": NOW, "fetched_at": NOW, "price_usd": Decimal("0.00000001612")}
    counted = {**seen, "is_counted": True, "held_back_reason": None}
    held = {**seen, "price_usd": Decimal(9), "is_counted": False, "held_back_reason": f"implausible {EVIL}"}
    listings = [listing("coingecko", "bitcoin", "btc", **counted), listing("coinpaprika", "btc-bitcoin", "btc", **held)]
    given = {"given_version": 1, "given_at": NOW, "retired_version": 2, "retired_at": NOW}
    marts.insert("marts.coin_ids", {"canonical_id": "xbt", "redirects_to": "btc", **given})
    related = {
        "canonical_id": "btc",
        "related_canonical_id": "wbtc",
        "relation": "shares_symbol",
        "evidence": "both BTC",
    }
    marts.insert("marts.coin_relations", {**related, "confidence": Decimal("0.5")})
    deployed = {"chain_id": "eip155:1", "address": "0xabc", "canonical_id": "btc", "sources": ["coingecko"]}
    marts.insert("marts.coin_deployments", {**deployed, "caip19_id": "eip155:1/erc20:0xabc"})
    marts.insert("marts.coin_prices_hourly", *(hour(ago) for ago in range(40) if ago not in range(10, 20)))
    marts.insert("marts.news_mentions", {"article_id": "a1", "canonical_id": "btc", "matched_text": "Bitcoin"})
    change = {"canonical_id": "btc", "version": 1, "changed_at": NOW - timedelta(days=3)}
    renamed = (
        {**change, "change_id": n, "kind": "renamed", "old_value": "Old", "new_value": EVIL} for n in range(CHANGES)
    )
    marts.insert("marts.coin_changes", *renamed)
    merged = {**change, "change_id": CHANGES, "kind": "merged", "canonical_id": "xbt", "other_canonical_id": "btc"}
    marts.insert("marts.coin_changes", merged)
    event = {"event_id": "1", "source": "coingecko", "table_name": "markets", "field": EVIL, "kind": "renamed"}
    found = {"severity": "error", "status": "open", "evidence": "came as price", "suggested_mapping": "symbol: ticker"}
    marts.insert("ops.schema_drift_events", {**event, **found, "first_seen_at": NOW, "last_seen_at": NOW})
    exact = {name: Decimal("0.9876") for name in ("precision", "precision_low", "precision_high")}
    measured = {"truth": "seed", "method": "all", "market_cap_band": "all", "pairs": 29, "wrong": 0, "missed": 0}
    marts.insert("ops.identity_quality", {**measured, **exact})
    pair = {"coingecko_id": "bitcoin-x", "coinpaprika_id": "btcx", "kind": "weak", "row_if_same": "same,bitcoin-x,btcx"}
    marts.insert("ops.identity_review", pair)
    bitcoin = coin("btc", name="Bitcoin", rank=1, price_usd=seen["price_usd"], consensus="single_source")
    odd = article("a1", title=EVIL, url="javascript:document.title=1", coins=["btc"])
    marts.publish(3, coins=[bitcoin, coin("wbtc", name=EVIL)], listings=listings, articles=[odd])
    failed = {"source": "coingecko", "status": "failed", "records_processed": 0, "error": f"HTTP 429 {EVIL}"}
    marts.run(NOW, [failed, {"source": "csv"}], "partial", version=3)
    sources = [{"source": source} for source in ("coingecko", "coinpaprika", "csv", "rss")]
    marts.run(NOW + timedelta(minutes=5), sources, "failed", error=f"1 audit failed: coins {EVIL}")


@pytest.fixture(scope="module")
def site(warehouse: Warehouse, api_settings: Settings) -> Generator[Api]:
    """The API over that market."""
    with own_database(warehouse, api_settings) as own:
        fill(Marts(own))
        with serving(api_settings, lambda: own.url("reader")) as api:
            api.wait_for(3)
            yield api


def visit(browser: Chrome, site: Api, path: str, until: str) -> None:
    """Open a page, and wait until it says something."""
    browser.get(f"http://127.0.0.1:{site.port}{path}")
    eventually(lambda: until in text(browser, "main"), f"{path} says {until}")


def test_a_coin_says_what_it_costs_and_why(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/dashboard/coin?id=btc", "implausible")
    assert text(browser, "#price") == "$0.0₇1612"
    assert "From a single source" in text(browser, "#consensus")
    listings = text(browser, "#listings")
    assert "weight 100.0 %" in listings and "same contract" in listings and f"implausible {EVIL}" in listings
    assert [link.text for link in browser.find_elements(By.CSS_SELECTOR, "#relations a")] == ["wbtc"]
    assert "0xabc" in text(browser, "#contracts")
    eventually(lambda: EVIL in text(browser, "#articles"), "its news are shown")
    assert f"renamed: Old → {EVIL}" in text(browser, "#changes")
    assert browser.find_elements(By.CSS_SELECTOR, "main img, #articles a") == []
    assert browser.title == "Bitcoin (BTC) · Kasparro"
    assert complaints(browser) == []
    assert all(
        address.startswith((f"http://127.0.0.1:{site.port}/", "about:", "data:")) for address in requests(browser)
    )


def test_the_chart_is_drawn_read_by_keyboard_and_there_as_a_table(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/dashboard/coin?id=btc", "implausible")
    eventually(lambda: browser.find_elements(By.CSS_SELECTOR, "#chart path.line"), "the chart is drawn")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#chart path.line:not(.filed)")) == 2  # no line over ten hours
    assert len(browser.find_elements(By.CSS_SELECTOR, "#chart path.filed")) == 1
    assert "files alone" in text(browser, "#filed") and find(browser, "#filed").is_displayed()
    picture = find(browser, "#chart svg")
    assert str(picture.get_attribute("aria-label")).endswith("first $0.0₇2002, last $0.0₇1612")
    picture.send_keys(Keys.ARROW_LEFT)
    assert text(browser, ".mark text").startswith("$0.0₇1622 · ") and "CSV" not in text(browser, ".mark text")
    picture.send_keys(Keys.HOME)
    assert text(browser, ".mark text").endswith(" · CSV mine")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#chart-table tbody tr")) == 30
    browser.find_elements(By.CSS_SELECTOR, "#ranges button")[4].send_keys(Keys.ENTER)
    eventually(lambda: "No price in this time" in text(browser, "#chart"), "there are no days")
    assert "range=All" in browser.current_url


def test_an_id_that_was_merged_leads_on_and_one_that_is_none_is_told(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/dashboard/coin?id=xbt", "id btc")
    visit(browser, site, "/dashboard/coin?id=nothing", "There is no coin 'nothing'")
    assert not find(browser, "#coin").is_displayed()
    visit(browser, site, "/", "Bitcoin")
    find(browser, "#rows .name a").send_keys(Keys.ENTER)
    eventually(lambda: "id btc" in text(browser, "main"), "the overview leads to the coin")


def test_changes_are_newest_first_and_filtered(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/dashboard/changes", "into btc")
    rows = lambda: browser.find_elements(By.CSS_SELECTOR, "#changes tbody tr")  # noqa: E731
    assert rows()[0].text.split()[-4:] == ["xbt", "into", "btc", "1"]
    assert text(browser, "#range") == f"50 of {CHANGES + 1}"
    find(browser, "#more").send_keys(Keys.ENTER)
    eventually(lambda: len(rows()) == CHANGES + 1, "the rest is shown")
    Select(find(browser, "#kind")).select_by_value("merged")
    eventually(lambda: len(rows()) == 1, "one kind is shown")
    assert "kind=merged" in browser.current_url
    Select(find(browser, "#kind")).select_by_value("split")
    eventually(lambda: "No change of this kind" in text(browser, "#changes"), "none is told")


def test_quality_shows_drift_precision_and_doubts(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/dashboard/quality", "bitcoin-x")
    assert EVIL in text(browser, "#drift") and "symbol: ticker" in text(browser, "#drift")
    assert "98.8 %" in text(browser, "#identity")
    assert "same,bitcoin-x,btcx" in text(browser, "#review")
    assert browser.find_elements(By.CSS_SELECTOR, "main img") == []


def test_runs_are_shown_and_started_with_the_key(browser: Chrome, site: Api) -> None:
    visit(browser, site, "/dashboard/runs", "HTTP 429")
    newest, older = (row.text for row in browser.find_elements(By.CSS_SELECTOR, "#recent tbody tr"))
    assert "Failed" in newest and f"1 audit failed: coins {EVIL}" in newest  # whatever its sources did
    assert "Succeeded" not in newest and "CoinPaprika: 100 records" in newest
    assert "Partly failed version 3" in older and "CoinGecko: Failed" in older
    assert "CSV files" in text(browser, "#summary")
    for key, answer in (("guess", "This is not the admin key"), (KEY, "Prefect can't be reached")):
        find(browser, "#key").clear()
        find(browser, "#key").send_keys(key, Keys.ENTER)
        eventually(lambda answer=answer: answer in text(browser, "#started"), answer)
    assert browser.find_elements(By.CSS_SELECTOR, "main img") == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_page_fits_a_phone_and_is_labelled(browser: Chrome, site: Api, path: str, theme: str) -> None:
    resize(browser, PHONE)
    choose_theme(browser, theme)
    visit(browser, site, path, "")
    eventually(lambda: browser.find_elements(By.CSS_SELECTOR, "main tbody tr"), "it is drawn")
    assert fits(browser)
    assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1
    unlabelled = "return [...document.querySelectorAll('input, select')].filter(each => !each.labels.length).length"
    assert browser.execute_script(unlabelled) == 0
    choose_theme(browser, None)


def test_before_the_first_run_pages_say_so(browser: Chrome, empty: Warehouse, api_settings: Settings) -> None:
    with serving(api_settings, lambda: empty.url("reader")) as api:
        api.wait_for(None)
        for path, words in (
            ("/dashboard/coin?id=btc", "Nothing is published yet"),
            ("/dashboard/changes", "Nothing has changed"),
            ("/dashboard/quality", "Nothing has changed"),
            ("/dashboard/runs", "No run yet"),
        ):
            visit(browser, api, path, words)
