"""A run beside servers that never come to an end: the others are read and published within the limit."""

import re
from contextlib import ExitStack

import pytest

from tests.extract.nasty import SLOW, nasty
from tests.flows.conftest import System


def test_what_drips_delays_nothing_and_a_feed_that_moved_brings_no_article_twice(
    filled: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.rss.FEED_SECONDS", 0.5)
    articles = "select count(*), count(distinct (title, published_at)) from marts.news_articles"
    before = filled.query(articles)
    moved = [re.sub(r"127\.0\.0\.1", "localhost", feed) for feed in filled.settings.rss_feeds]
    filled.query("update raw_coingecko.provider_calls set calls = 0")
    filled.stand_in.market.advance(1)  # pyright: ignore[reportAttributeAccessIssue]
    with ExitStack() as serving:
        drips = [serving.enter_context(nasty(SLOW[name])).url + "/rss" for name in ("header", "chunk size", "interim")]
        outcome = filled.run(rss_feeds=[*drips, *moved])

    assert outcome.exit_code == 3
    assert list(outcome.failures) == ["rss"] and outcome.failures["rss"].count("did not answer in time") == 3
    assert outcome.is_new
    ((now, distinct),) = filled.query(articles)
    assert now == distinct <= before[0][0] + 10
    assert filled.query("select count(*) from raw_rss.articles where feed like 'http://localhost%%'") > [(20,)]


def test_a_source_that_is_late_is_left_behind(filled: System, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.stand_in.market.advance(1)  # pyright: ignore[reportAttributeAccessIssue]
    with nasty(SLOW["body"]) as server:
        monkeypatch.setattr("extract.pipeline.READING_SHARE", 10)  # as when landing takes too long
        outcome = filled.run(coinpaprika_base_url=server.url, source_timeout_seconds=15)

    assert (outcome.exit_code, list(outcome.failures)) == (3, ["coinpaprika"])
    assert outcome.failures["coinpaprika"].startswith("not read and landed within 15 s: the run goes on without it")
    assert filled.query("select status from ops.etl_source_runs where source = 'coinpaprika' order by started_at")[
        -1
    ] == ("failed",)
