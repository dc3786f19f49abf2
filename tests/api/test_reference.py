"""The API's reference in a real browser, and how numbers are shown."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.api.browser import PHONE, find, fits, requests, resize, text
from tests.api.conftest import KEY
from tests.api.serving import Api, eventually


def test_reference_describes_and_tries_every_endpoint(browser: Chrome, whole: Api) -> None:
    api = whole
    browser.get(f"http://127.0.0.1:{api.port}/docs")
    paths = api.get("/openapi.json").json()["paths"]
    operations = sum(map(len, paths.values()))
    eventually(lambda: len(browser.find_elements(By.CSS_SELECTOR, "#operations section")) == operations, "it is drawn")
    find(browser, "#get-data-symbol").send_keys("btc")
    find(browser, "#get-data button").click()
    eventually(lambda: '"price_usd": 64231.12,' in text(browser, "#get-data .output"), "the answer is shown")
    assert text(browser, "#get-data .command") == f"curl 'http://127.0.0.1:{api.port}/data?symbol=btc'"
    find(browser, "#get-coins-canonical_id--canonical_id").send_keys("btc")
    find(browser, "#get-coins-canonical_id- button").click()
    eventually(lambda: '"relations": []' in text(browser, "#get-coins-canonical_id- .output"), "the coin is shown")
    find(browser, "#post-resolve button").click()
    eventually(lambda: "Asking" not in (text(browser, "#post-resolve .output") or "Asking"), "an answer is shown")
    assert '"canonical_id": "btc"' in text(browser, "#post-resolve .output")  # the body was sent
    find(browser, "#get-stream button").click()
    eventually(lambda: "retry: " in text(browser, "#get-stream .output"), "a stream's beginning is shown")
    find(browser, "#post-etl-trigger-key").send_keys(KEY)
    find(browser, "#post-etl-trigger button").click()
    eventually(lambda: "Prefect can't be reached" in text(browser, "#post-etl-trigger .output"), "the problem is shown")
    assert KEY not in text(browser, "#post-etl-trigger .output")
    assert all(address.startswith(f"http://127.0.0.1:{api.port}/") for address in requests(browser))


def test_the_reference_fits_a_phone(browser: Chrome, whole: Api) -> None:
    resize(browser, PHONE)
    browser.get(f"http://127.0.0.1:{whole.port}/docs")
    eventually(lambda: browser.find_elements(By.CSS_SELECTOR, "#operations section"), "it is drawn")
    assert fits(browser)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("64231.12", "$64,231.12"),
        ("1234567.895", "$1,234,567.90"),
        ("1", "$1.0000"),
        ("9.99995", "$10.0000"),
        ("0.99991", "$0.9999"),
        ("0.999999", "$1.0000"),
        ("0.0123", "$0.01230"),
        ("0.000009871", "$0.000009871"),
        ("0.00000000001234", "$0.0₁₀1234"),
        ("0.000000000000000000000001", "$0.0₂₃1"),
        ("0.00000000099999", "$0.0₈1"),
        ("0", "$0"),
        ("-0.5", "\u2212$0.5000"),
        ("123456789012345678901234567890.123456789", "$123,456,789,012,345,678,901,234,567,890.12"),
    ],
)
def test_prices_never_lie(browser: Chrome, whole: Api, value: str, shown: str) -> None:
    """Rounded in decimal, whatever the size; never a zero that is none."""
    browser.get(f"http://127.0.0.1:{whole.port}/docs")
    script = "const [text, done] = arguments; import('/dashboard/format.js').then(({price}) => done(price(text)))"
    assert browser.execute_async_script(script, value) == shown
