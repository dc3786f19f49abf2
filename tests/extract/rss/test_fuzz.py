"""Whatever a server sends as a feed: articles without markup or odd links, or a refusal in plain words."""

import re
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.records import Unusable
from extract.rss.articles import articles
from extract.rss.document import FeedError, parsed

URL = "https://news.example/feed"
quick = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _rss(items: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    inner = "".join(f"<item>{''.join(f'<{name}>{text}</{name}>' for name, text in item)}</item>" for item in items)
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{inner}</channel></rss>".encode("utf-8", "surrogatepass")


words = st.sampled_from(
    "title link guid pubDate description category item entry rss feed channel rdf:RDF <![CDATA[ ]]> < > & &amp; &lt; "
    '&nbsp; &#0; &#x110000; javascript: https:// /x <!DOCTYPE <!ENTITY <?xml ?> <b> </b> <script> " \x00 \ud83d'.split()
)
inside = st.one_of(words, st.text(max_size=20), st.lists(words, max_size=6).map("".join))
NAMES: tuple[str, ...] = ("title", "link", "guid", "pubDate", "description", "category", "dc:date")
element: st.SearchStrategy[tuple[str, str]] = st.tuples(st.sampled_from(NAMES), inside)
body = st.one_of(
    st.binary(max_size=300),
    st.lists(inside, max_size=30).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")),
    st.lists(st.lists(element, max_size=6), max_size=5).map(_rss),
)


def holds(content: bytes) -> None:
    try:
        found = list(articles(parsed(content), URL, URL))
    except FeedError:
        return
    for article in found:
        if isinstance(article, Unusable):
            continue
        assert article["guid"].strip()
        assert not re.search(r"<(script|b|img)\b", article.get("title", ""))
        assert re.match("https?://.", article.get("url", "https://x"))
        assert isinstance(article.get("published_at", ""), str | datetime)


@quick
@given(body)
def test_any_answer_is_read_or_refused(content: bytes) -> None:
    holds(content)


@pytest.mark.long
@thorough
@given(body)
def test_any_answer_is_read_or_refused_at_length(content: bytes) -> None:
    holds(content)
