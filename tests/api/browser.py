"""A real browser, and what tests ask of it."""
# selenium's scripts and commands are typed for values of any kind:
# pyright: reportUnknownMemberType=false

import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

DESKTOP, PHONE = (1440, 1000), (390, 844)


@contextmanager
def chromium(profile: Path) -> Generator[Chrome]:
    """A headless Chromium that keeps its own counsel."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        if os.environ.get("KASPARRO_REQUIRE_BROWSER"):
            pytest.fail("KASPARRO_REQUIRE_BROWSER is set, and there is no chromium with chromedriver")
        pytest.skip("no chromium with chromedriver on this machine")
    options = ChromeOptions()
    options.binary_location = browser
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking", "disable-sync",
                   "no-first-run", "disable-component-update", f"user-data-dir={profile}"):  # fmt: skip
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options=options, service=ChromeService(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def fresh(chrome: Chrome) -> Chrome:
    """The browser at desktop size, with nothing of the test before in it."""
    chrome.get("about:blank")
    resize(chrome, DESKTOP)
    for log in ("browser", "performance"):
        chrome.get_log(log)
    return chrome


def resize(browser: Chrome, size: tuple[int, int]) -> None:
    width, height = size
    values = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", values)


def find(browser: Chrome, selector: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, selector)


def text(browser: Chrome, selector: str) -> str:
    return str(browser.execute_script("return document.querySelector(arguments[0])?.textContent ?? ''", selector))


def complaints(browser: Chrome) -> list[Any]:
    """Errors on the browser's console: blocked scripts, failed loads, exceptions."""
    entries: list[Any] = browser.get_log("browser")
    return [entry for entry in entries if entry["level"] == "SEVERE"]


def requests(browser: Chrome) -> set[str]:
    """The addresses that the pages asked for."""
    found: set[str] = set()
    entries: list[Any] = browser.get_log("performance")
    for entry in entries:
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.add(message["params"]["request"]["url"])
    return found


def choose_theme(browser: Chrome, theme: str | None) -> None:
    """Prefer `light` or `dark`, or nothing in particular."""
    features = [{"name": "prefers-color-scheme", "value": theme}] if theme else []
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def fits(browser: Chrome) -> bool:
    """Whether the page is no wider than the window."""
    return bool(browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"))
