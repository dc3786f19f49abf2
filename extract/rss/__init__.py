"""News feeds.

Data flow: each URL of `RSS_FEEDS` → `raw_rss.articles`

dlt's state holds, for each feed, the validators of its last whole answer, so that an unchanged feed is not sent again,
and its newest publication date, for reporting.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import dlt
from dlt.extract import DltResource

from extract.calls import Calls
from extract.http import Answer, Client, RateLimiter, SourceError
from extract.landing import Landing
from extract.records import Payload, Unusable
from extract.rss.articles import articles
from extract.rss.calls import FeedCalls
from extract.rss.document import FeedError, parsed
from extract.rss.feed import Feed
from extract.rss.models import Article
from kasparro.settings import Settings, is_demo

FEEDS_AT_ONCE = 8
LARGEST_FEED_BYTES = 10 * 1024 * 1024
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


@dlt.source(name="rss")
def source(settings: Settings, landing: Landing) -> DltResource:
    """All articles of the feeds that changed since the last pass."""
    return landing.resource(Article, lambda: feeds(settings, landing))


def feeds(settings: Settings, landing: Landing) -> Iterator[Any]:
    """The articles of every feed. A feed that fails is a problem of the pass, and the others' articles land."""
    known: dict[str, Payload] = dlt.current.resource_state().setdefault("feeds", {})
    limiter = RateLimiter(settings.rss_rate_limit)
    every = [Feed.at(url) for url in dict.fromkeys(settings.rss_feeds)]
    with ThreadPoolExecutor(FEEDS_AT_ONCE) as pool:
        # side by side, so that one that hangs delays no other
        ask = partial(_answer, limiter=limiter, calls=landing.calls, is_stand_in=is_demo(settings))
        asked = [pool.submit(ask, feed, known.setdefault(feed.name, {})) for feed in every]
        for feed, answer in zip(every, asked, strict=True):
            try:
                yield from _articles(feed, answer.result(), known[feed.name], landing)
            except (SourceError, FeedError) as error:
                told = str(error)
                landing.problems.append(told.replace(feed.path, feed.shown_path) if feed.path else told)


def _answer(feed: Feed, known: Payload, *, limiter: RateLimiter, calls: Calls | None, is_stand_in: bool) -> Answer:
    """What a feed's server answers. Raises SourceError."""
    label = f"the feed {feed.name}"
    counted = FeedCalls(label, known, calls)
    if refusal := counted.refusal():
        raise SourceError(refusal)
    client = Client(
        label,
        feed.origin,
        limiter=limiter,
        base_url_variable="RSS_FEEDS",
        is_stand_in=is_stand_in,
        json=False,
        headers={"Accept": ACCEPT},
        secrets=feed.login,
        calls=counted,
    )
    return client.get(feed.path, None, **_conditions(known))


def _articles(feed: Feed, answer: Answer, known: Payload, landing: Landing) -> Iterator[Any]:
    """The articles of a feed's answer, and the state of it for the next pass. Raises FeedError."""
    if answer.status == 304:
        landing.unchanged += 1
        return
    if len(answer.body) > LARGEST_FEED_BYTES:
        raise FeedError(f"the feed {feed.name} sent more than {LARGEST_FEED_BYTES >> 20} MB: refused")
    try:
        document = parsed(answer.body, answer.headers.get("Content-Type", ""))
    except FeedError as error:
        raise FeedError(f"the feed {feed.name} answered {error}: check RSS_FEEDS") from None
    payloads = list(articles(document, feed.name, feed.origin + feed.path))
    yield from landing.land(Article, payloads, answer.origin)
    known["newest"] = _newest(payloads, known.get("newest"))
    if document.broken:  # asked for again next pass: its validators would hide what is missing
        known.pop("validators", None)
        count = len(document.items)
        landing.problems.append(f"the feed {feed.name} breaks off after {count} articles ({document.broken})")
    else:
        known["validators"] = _validators(answer)


def _conditions(known: Payload) -> dict[str, str]:
    """The request headers that ask only for what is new."""
    return {VALIDATORS[header]: value for header, value in known.get("validators", {}).items()}


def _validators(answer: Answer) -> dict[str, str]:
    return {header: value for header in VALIDATORS if (value := answer.headers.get(header))}


def _newest(payloads: Iterable[Payload | Unusable], before: str | None) -> str | None:
    """The newest publication date of a feed, in ISO 8601."""
    times = [
        moment.isoformat()
        for payload in payloads
        if isinstance(payload, dict) and isinstance(moment := payload.get("published_at"), datetime)
    ]
    return max([*times, *([before] if before else [])], default=None)
