"""Passes over feeds: what is new lands once, what is unchanged is not sent again, one that fails costs no other."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from extract import calls, pipeline, rss
from extract.http import SourceError
from extract.rss.articles import articles
from extract.rss.calls import FeedCalls
from extract.rss.document import Document
from extract.rss.feed import Feed
from providers.faults import Plan, Rule
from providers.faults.feeds import BadDates, EntityBomb, ExternalEntity, HtmlTitles, HugeFeed, ScriptLinks
from providers.generated import GeneratedMarket
from providers.server import running
from tests.extract.rss.conftest import Feeds


def feed(*titles: str, more: str = "") -> str:
    items = "".join(
        f"<item><guid isPermaLink='false'>{title}</guid><title>{title}</title><link>/{title}</link>"
        f"<pubDate>Fri, {day:02d} Sep 2026 10:00:00 GMT</pubDate>{more}</item>"
        for day, title in enumerate(titles, 1)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>n</title>{items}</channel></rss>"


def state(feeds: Feeds, url: str) -> dict[str, Any]:
    """What dlt's state holds of a feed."""
    known: Any = pipeline.pipeline_for("rss", feeds.settings, feeds.warehouse).state
    return known["sources"]["rss"]["resources"]["articles"]["feeds"][url]


def test_articles_land_once(feeds: Feeds) -> None:
    url = feeds.site.put("/rss", feed("one", "two"))
    assert feeds.read(url).accepted == 2
    feeds.read(url)
    rows = feeds.articles()
    assert [(row["feed"], row["guid"], row["title"]) for row in rows] == [(url, "one", "one"), (url, "two", "two")]
    assert rows[1]["url"] == f"http://{feeds.site.address}/two"
    assert rows[1]["published_at"] == datetime(2026, 9, 2, 10, tzinfo=UTC)


def test_an_older_article_that_comes_later_lands_too(feeds: Feeds) -> None:
    url = feeds.site.put("/rss", feed("a", "b", "c"))
    feeds.read(url)
    feeds.site.put("/rss", feed("early") + "<!-- changed -->")
    feeds.read(url)
    assert [row["guid"] for row in feeds.articles()] == ["a", "b", "c", "early"]
    assert state(feeds, url)["newest"] == "2026-09-03T10:00:00+00:00"


def test_an_edited_article_is_kept_in_every_form_it_had(feeds: Feeds) -> None:
    for title in ("a", "A, corrected", "a", "a"):
        url = feeds.site.put("/rss", feed("a").replace("<title>a<", f"<title>{title}<"))
        feeds.read(url)
    assert [row["title"] for row in feeds.articles()] == ["a", "A, corrected", "a"]


def test_an_unchanged_feed_is_not_sent_again(feeds: Feeds) -> None:
    url = feeds.site.put("/rss", feed("a"), ETag='"1"', Last_Modified="Fri, 25 Sep 2026 14:41:53 GMT")
    feeds.read(url)
    feeds.site.asked.clear()
    assert feeds.read(url).accepted == 0
    ((_, headers),) = feeds.site.asked
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"1"', "Fri, 25 Sep 2026 14:41:53 GMT")
    feeds.site.put("/rss", feed("a", "b"), ETag='"2"')
    assert feeds.read(url).accepted > 0
    assert len(feeds.articles()) == 2


def test_a_feed_that_fails_costs_no_other(feeds: Feeds) -> None:
    good = feeds.site.put("/good", feed("a"), ETag='"1"')
    page = feeds.site.put("/page", "<!doctype html><title>Just a moment</title>")
    gone = f"http://{feeds.site.address}/gone"
    first = feeds.read(gone, page, good)
    assert first.problems == (
        f"the feed {gone} answered /gone with status 404: check RSS_FEEDS",
        f"the feed {page} answered with a web page instead of a feed: check RSS_FEEDS",
    )
    assert [row["guid"] for row in feeds.articles()] == ["a"]
    assert feeds.read(gone, page, good).problems == first.problems  # the good one is unchanged: that is no failure


def test_a_feed_that_nobody_can_read_costs_no_other(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(document: Document, name: str, address: str) -> Iterator[Any]:
        if address.endswith("/bad"):
            raise OverflowError("out of remote input")
        return articles(document, name, address)

    good, bad = feeds.site.put("/good", feed("a")), feeds.site.put("/bad", feed("b"))
    moved = feeds.site.put("/moved", "", 302, Location="http://[::1")
    monkeypatch.setattr(rss, "articles", read)
    first, second = feeds.read(bad, moved, good).problems
    assert [row["guid"] for row in feeds.articles()] == ["a"]
    assert first == f"the feed {bad} answered with something that can't be read (OverflowError): check RSS_FEEDS"
    assert second.startswith(f"the feed {moved} answered /moved with something that can't be followed or read")


def test_pauses_of_feeds_can_be_lifted(feeds: Feeds) -> None:
    url = feeds.site.put("/busy", "", 429, Retry_After="99999999999999")
    for told in ("1,157,407 d, of which 24 h are heeded", "is left alone until"):
        with pytest.raises(SourceError, match=told):
            feeds.read(url)
    feeds.site.put("/busy", feed("a"))
    calls.lift(feeds.warehouse.url("loader"), "raw_rss")
    assert feeds.read(url).accepted == 1


def test_when_every_feed_fails_the_source_has_failed(feeds: Feeds) -> None:
    with pytest.raises(SourceError, match=r"status 404.*web page"):
        feeds.read(f"http://{feeds.site.address}/gone", feeds.site.put("/page", "<html></html>"))


def test_a_feed_that_breaks_off_is_told_and_asked_for_again_in_full(feeds: Feeds) -> None:
    whole = feed("a", "b", "c")
    url = feeds.site.put("/rss", whole[: whole.index("<title>c")], ETag='"1"')
    (problem,) = feeds.read(url).problems
    assert re.match(f"the feed {url} breaks off after 2 articles", problem)
    feeds.site.put("/rss", whole, ETag='"1"')
    assert feeds.read(url).problems == ()
    assert [row["guid"] for row in feeds.articles()] == ["a", "b", "c"]


def test_keys_and_passwords_of_a_feed_are_sent_and_never_told(feeds: Feeds) -> None:
    feeds.site.put("/rss?api_key=s3cret&page=1", feed("a"))
    url = f"http://ada:pa%3Ass@{feeds.site.address}/rss?api_key=s3cret&page=1"
    feeds.read(url)
    assert feeds.site.asked[0][1]["Authorization"] == "Basic YWRhOnBhOnNz"
    assert [row["feed"] for row in feeds.articles()] == [f"http://{feeds.site.address}/rss?api_key=***&page=1"]
    with pytest.raises(SourceError) as failure:
        feeds.read(url.replace("page=1", "page=2"), "http://ada:s3cret@127.0.0.1:1/rss?token=s3cret")
    assert "s3cret" not in str(failure.value) and "pa:ss" not in str(failure.value)


def test_addresses_are_told_without_their_secrets() -> None:
    taken = Feed.at("https://u:p@n.example:8443/f?category=btc&token=abc;Signature=x#part")
    assert taken.name == "https://n.example:8443/f?category=btc&token=***;Signature=***"
    assert taken.origin + taken.path == "https://n.example:8443/f?category=btc&token=abc;Signature=x"


def test_calls_are_counted_against_the_month_s_budget(feeds: Feeds) -> None:
    url, other = feeds.site.put("/rss", feed("a")), feeds.site.put("/other", feed("b"))
    feeds.settings = feeds.settings.model_copy(update={"rss_monthly_calls": 3})
    assert feeds.read(url, other).calls_this_month == 2
    told = feeds.read(url, other).problems  # the third call is that of whichever comes first
    assert any("the month's 3 calls" in problem and "RSS_MONTHLY_CALLS" in problem for problem in told)
    with pytest.raises(SourceError, match="the month's 3 calls"):
        feeds.read(url)


@pytest.mark.usefixtures("impatient")
def test_every_attempt_counts_and_a_broken_feed_is_left_alone_while_others_are_read(
    feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.http.ATTEMPTS", 2)
    monkeypatch.setattr("extract.calls.FAILURES_ALLOWED", 2)
    good = feeds.site.put("/good", feed("a"))
    broken = feeds.site.put("/broken", "", 500)
    assert feeds.read(good, broken).calls_this_month == 3, "the retry counts, too"
    feeds.read(good, broken)
    feeds.site.asked.clear()
    feeds.settings = feeds.settings.model_copy(update={"kasparro_home": feeds.settings.kasparro_home / "another"})

    (problem,) = feeds.read(good, broken).problems

    assert re.match(f"the feed {broken} is left alone until .* UTC: it failed 2 times in a row", problem)
    assert [path for path, _ in feeds.site.asked] == ["/good"]


@pytest.mark.usefixtures("impatient")
def test_a_feed_that_asks_to_wait_is_not_asked_before(feeds: Feeds) -> None:
    url = feeds.site.put("/busy", "", 429, Retry_After="600")
    with pytest.raises(SourceError, match="it asks to wait 600 s"):
        feeds.read(url)
    with pytest.raises(SourceError, match=r"is left alone until .* it answered /busy with status 429"):
        feeds.read(url)
    assert len(feeds.site.asked) == 1


def test_a_feed_that_answers_again_is_read_again() -> None:
    known: dict[str, Any] = {}
    counted = FeedCalls("the feed", known, None)
    for _ in range(5):
        assert counted.refusal() is None
        counted.failed()
    assert counted.refusal() is not None
    known["paused_until"] = "2026-01-01T00:00:00+00:00"
    assert counted.refusal() is None
    counted.failed()
    assert datetime.fromisoformat(known["paused_until"]) - datetime.now(UTC) > timedelta(minutes=1), "twice as long"
    counted.succeeded()
    assert known == {}


def test_equal_addresses_are_one_feed(feeds: Feeds) -> None:
    url = feeds.site.put("/rss", feed("a"))
    feeds.read(url, url)
    assert len(feeds.site.asked) == 1


def test_what_can_not_be_typed_stays_beside_the_article(feeds: Feeds) -> None:
    url = feeds.site.put(
        "/rss", feed("a").replace("Fri, 01 Sep 2026 10:00:00 GMT", "soon").replace("<link>/a", "<link>data:x")
    )
    feeds.read(url)
    (row,) = feeds.articles()
    assert (row["published_at"], row["url"]) == (None, None)
    assert row["extra"]["published_at"] == "soon" and row["extra"]["item"]["link"] == "data:x"


def test_more_than_a_feed_should_be_is_refused(feeds: Feeds) -> None:
    url = feeds.site.put("/rss", feed("a") + " " * (10 * 1024 * 1024))
    with pytest.raises(SourceError, match="sent more than 10 MB: refused"):
        feeds.read(url)


def test_hostile_feeds_of_the_stand_in(feeds: Feeds) -> None:
    with running(GeneratedMarket(coins=30)) as stand_in:
        bomb, outside, honest = (stand_in.rss_url(name) for name in stand_in.market.feed_names())
        paths = [f"/{name}" for name in stand_in.market.feed_names()]
        stand_in.faults = Plan([Rule(fault=EntityBomb(), path=paths[0]), Rule(fault=ExternalEntity(), path=paths[1])])
        problems = feeds.read(bomb, outside, honest).problems
        assert len(problems) == 2 and all("with entities of its own" in problem for problem in problems)
        assert bomb in problems[0] and outside in problems[1]
        assert {row["feed"] for row in feeds.articles()} == {honest}

        faults = zip((BadDates(), ScriptLinks(), HtmlTitles()), paths, strict=True)
        stand_in.faults = Plan([Rule(fault=fault, path=path) for fault, path in faults])
        assert feeds.read(bomb, outside, honest).problems == ()
    rows = feeds.articles()
    assert all(row["published_at"] is None and row["extra"]["published_at"] for row in rows if row["feed"] == bomb)
    assert all(row["url"] is None for row in rows if row["feed"] == outside)
    assert "Bitcoin & friends" in {row["title"] for row in rows if row["feed"] == honest}
    assert not any("<" in (row["title"] or "") for row in rows)


def test_a_feed_of_very_many_articles_is_refused_or_lands(feeds: Feeds) -> None:
    with running(GeneratedMarket(coins=30)) as stand_in:
        name = stand_in.market.feed_names()[0]
        stand_in.faults = Plan([Rule(fault=HugeFeed(articles=5000), path=f"/{name}")])
        feeds.read(stand_in.rss_url(name))
    assert len(feeds.articles()) > 5000
