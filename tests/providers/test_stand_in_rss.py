"""News feeds: formats, mentions, validators, and news that arrive."""

from xml.etree import ElementTree

import pytest
import requests

from providers.generated import GeneratedMarket
from providers.stand_in import StandIn

ATOM = "{http://www.w3.org/2005/Atom}"


def titles(client: requests.Session, stand_in: StandIn, name: str) -> dict[str, str]:
    """guid to title."""
    root = ElementTree.fromstring(client.get(stand_in.rss_url(name), timeout=10).content)
    entries = [(item.findtext("guid"), item.findtext("title")) for item in root.iter("item")]
    entries += [(entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}title")) for entry in root.iter(f"{ATOM}entry")]
    return {guid or "": title or "" for guid, title in entries}


@pytest.mark.parametrize("name", ["tape", "ledger", "notes"])
def test_a_feed_holds_thirty_articles_about_coins(
    stand_in: StandIn, client: requests.Session, market: GeneratedMarket, name: str
) -> None:
    articles = titles(client, stand_in, name)
    assert len(articles) == 30
    names = [asset.listings["coingecko"].name for asset in market.assets if "coingecko" in asset.listings]
    symbols = [asset.listings["coingecko"].symbol.upper() for asset in market.assets if "coingecko" in asset.listings]
    assert all(any(known in title for known in names + symbols) for title in articles.values())


def test_a_few_arrive_each_hour_and_push_the_oldest_out(
    stand_in: StandIn, client: requests.Session, market: GeneratedMarket
) -> None:
    before = titles(client, stand_in, "tape")
    market.advance(30)
    after = titles(client, stand_in, "tape")
    assert 0 < len(after.keys() - before.keys()) < 30
    assert all(after[guid] == before[guid] for guid in after.keys() & before.keys())


def test_304_until_there_is_news(stand_in: StandIn, client: requests.Session, market: GeneratedMarket) -> None:
    url = stand_in.rss_url("notes")
    first = client.get(url, timeout=10)
    for conditional in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.get(url, headers=conditional, timeout=10)
        assert (again.status_code, again.content) == (304, b"")
    market.advance(60)
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}, timeout=10).status_code == 200


def test_no_such_feed(stand_in: StandIn, client: requests.Session) -> None:
    assert client.get(stand_in.rss_url("nowhere"), timeout=10).status_code == 404
