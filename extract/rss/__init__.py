"""News feeds.

Data flow: each URL of `RSS_FEEDS` → `raw_rss.articles`

dlt's state holds, for each feed, the validators of its last whole answer, so that an unchanged feed is not sent again,
and its newest publication date, for reporting.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import dlt
import psycopg2
from dlt.extract import DltResource

from extract.answers import conditions, validators
from extract.http import Answer, Client, RateLimiter, SourceError
from extract.landing import Landing
from extract.records import Payload, Unusable
from extract.rss.articles import articles
from extract.rss.calls import FeedCalls
from extract.rss.document import Document, FeedError, parsed
from extract.rss.feed import Feed
from extract.rss.models import Article
from kasparro.settings import Settings, is_demo

FEEDS_AT_ONCE = 32
FEED_SECONDS = 60.0
"""A feed is small: what takes longer would only hold up the others."""

LARGEST_FEED_BYTES = 10 * 1024 * 1024
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)


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
        ask = partial(_read, limiter=limiter, landing=landing, is_stand_in=is_demo(settings))
        asked = [pool.submit(ask, feed, known.setdefault(feed.name, {})) for feed in every]
        for feed, reading in zip(every, asked, strict=True):
            try:
                yield from _landed(feed, reading.result(), known[feed.name], landing)
            except SourceError as error:
                told = str(error)
                landing.problems.append(told.replace(feed.path, feed.shown_path) if feed.path else told)


@dataclass(frozen=True)
class _Reading:
    """A feed's answer, and what it says; no document when it is unchanged."""

    answer: Answer
    document: Document | None = None
    payloads: list[Payload | Unusable] = field(default_factory=list[Payload | Unusable])


def _read(feed: Feed, known: Payload, *, limiter: RateLimiter, landing: Landing, is_stand_in: bool) -> _Reading:
    """What a feed says. Raises SourceError, and what the warehouse raises: whatever a feed holds is its own error."""
    try:
        answer = _answer(feed, known, limiter, landing, is_stand_in=is_stand_in)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return _Reading(answer)
        if len(answer.body) > LARGEST_FEED_BYTES:
            raise SourceError(f"the feed {feed.name} sent more than {LARGEST_FEED_BYTES >> 20} MB: refused")
        document = parsed(answer.body, answer.headers.get("Content-Type", ""))
        return _Reading(answer, document, list(articles(document, feed.name, feed.origin + feed.path)))
    except (SourceError, psycopg2.Error):
        raise
    except FeedError as error:
        raise SourceError(f"the feed {feed.name} answered {error}: check RSS_FEEDS") from None
    except Exception as error:
        raise SourceError(
            f"the feed {feed.name} answered with something that can't be read ({type(error).__name__}): check RSS_FEEDS"
        ) from error


def _answer(feed: Feed, known: Payload, limiter: RateLimiter, landing: Landing, *, is_stand_in: bool) -> Answer:
    """What a feed's server answers. Raises SourceError."""
    label = f"the feed {feed.name}"
    counted = FeedCalls(label, known, landing.calls)
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
        seconds=FEED_SECONDS,
        until=landing.until,
    )
    return client.get(feed.path, None, **conditions(known.get("validators", {})))


def _landed(feed: Feed, reading: _Reading, known: Payload, landing: Landing) -> Iterator[Any]:
    """Land what a feed says, and note it for the next run."""
    document, answer = reading.document, reading.answer
    if document is None:
        landing.unchanged += 1
        return
    yield from landing.land(Article, reading.payloads, answer.origin)
    known["newest"] = _newest(reading.payloads, known.get("newest"))
    if document.broken:  # asked for again next run: its validators would hide what is missing
        known.pop("validators", None)
        count = len(document.items)
        landing.problems.append(f"the feed {feed.name} breaks off after {count} articles ({document.broken})")
    else:
        known["validators"] = validators(answer.headers)


def _newest(payloads: Iterable[Payload | Unusable], before: str | None) -> str | None:
    """The newest publication date of a feed, in ISO 8601."""
    times = [
        moment.isoformat()
        for payload in payloads
        if isinstance(payload, dict) and isinstance(moment := payload.get("published_at"), datetime)
    ]
    return max([*times, *([before] if before else [])], default=None)
