"""News feeds.

Data flow: each URL of `RSS_FEEDS` → `raw_rss.articles`
"""

from collections.abc import Iterator
from typing import Any

import dlt
from dlt.extract import DltResource

from extract.landing import Landing
from extract.rss.models import Article
from kasparro.settings import Settings


def _nothing() -> Iterator[Any]:
    return iter(())


@dlt.source(name="rss")
def source(settings: Settings, landing: Landing) -> DltResource:
    """All articles of the feeds that changed since the last pass."""
    return landing.resource(Article, _nothing)
