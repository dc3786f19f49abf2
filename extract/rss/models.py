"""What is kept of news feeds."""

from typing import ClassVar

from pydantic import ConfigDict

from extract.records import Json, Keeps, Key, Moment, Record, Text


class Article(Record):
    """One item of an RSS or RDF feed, or one entry of an Atom feed. Texts are plain, links http(s) and absolute."""

    model_config = ConfigDict(strict=True)
    table: ClassVar[str] = "articles"
    keeps: ClassVar[Keeps] = "changes"

    feed: Key
    guid: Key
    title: Text | None = None
    url: Text | None = None
    summary: Text | None = None
    author: Text | None = None
    published_at: Moment | None = None
    updated_at: Moment | None = None
    categories: Json | None = None
    language: Text | None = None
