"""Faults of news feeds: XML that attacks its reader, dates that are none, links and titles that carry scripts.

They edit the text of an honest feed, RSS 2.0 or Atom.
"""

import re
from abc import abstractmethod
from collections.abc import Callable
from random import Random
from typing import Literal

from pydantic import Field

from providers.conditional import spoilt, unconditionally
from providers.faults.base import BaseFault, Respond
from providers.messages import Answer, Request

FIRST_ENTRY = re.compile(r"<(item|entry)>.*?</\1>", re.DOTALL)
TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
LINK = re.compile(r"(<link>).*?(</link>)|(<link rel=\"alternate\" href=\").*?(\")", re.DOTALL)
DATE = re.compile(r"<(pubDate|published|updated)>.*?</\1>", re.DOTALL)
GUID = re.compile(r"(<guid[^>]*>|<id>)(.*?)(</guid>|</id>)")


class FeedFault(BaseFault):
    """A fault that edits a feed's text."""

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        reply = respond(unconditionally(request))
        if reply.status != 200:
            return reply
        return spoilt(reply, self.edited(reply.body.content.decode()).encode())

    @abstractmethod
    def edited(self, text: str) -> str:
        """The feed to serve instead."""


class EntityBomb(FeedFault):
    """The first title is an entity that unfolds to ten to the power of `levels`."""

    kind: Literal["entity_bomb"] = "entity_bomb"
    levels: int = Field(default=9, ge=1, le=20)

    def edited(self, text: str) -> str:
        entities = ['<!ENTITY lol0 "lol">']
        entities += [f'<!ENTITY lol{level} "{f"&lol{level - 1};" * 10}">' for level in range(1, self.levels + 1)]
        return _with_doctype(text, "".join(entities), f"&lol{self.levels};")


class ExternalEntity(FeedFault):
    """The first title is an entity that names a file or an address."""

    kind: Literal["external_entity"] = "external_entity"
    target: str = "file:///etc/passwd"

    def edited(self, text: str) -> str:
        return _with_doctype(text, f'<!ENTITY outside SYSTEM "{self.target}">', "&outside;")


class BadDates(FeedFault):
    """Every date is `date`."""

    kind: Literal["bad_dates"] = "bad_dates"
    date: str = "Thu, 32 Foo 2026 25:61:00 +9999"

    def edited(self, text: str) -> str:
        return _in_entries(DATE, lambda match: f"<{match[1]}>{self.date}</{match[1]}>", text)


class ScriptLinks(FeedFault):
    """Every article's link is a script."""

    kind: Literal["script_links"] = "script_links"
    link: str = "javascript:alert(document.domain)"

    def edited(self, text: str) -> str:
        return _in_entries(LINK, lambda match: f"{match[1] or match[3]}{self.link}{match[2] or match[4]}", text)


class HtmlTitles(FeedFault):
    """Every article's title is HTML."""

    kind: Literal["html_titles"] = "html_titles"
    title: str = "<img src=x onerror=alert(1)><b>Bitcoin</b> &amp; <script>alert(2)</script>friends"

    def edited(self, text: str) -> str:
        return _in_entries(TITLE, lambda _: f"<title><![CDATA[{self.title}]]></title>", text)


class HugeFeed(FeedFault):
    """So many more articles, each with an identity of its own."""

    kind: Literal["huge_feed"] = "huge_feed"
    articles: int = Field(default=100_000, gt=0)

    def edited(self, text: str) -> str:
        first = FIRST_ENTRY.search(text)
        guid = GUID.search(first[0]) if first else None
        if first is None or guid is None:
            return text
        before, after = first[0][: guid.end(2)], first[0][guid.end(2) :]
        more = "".join(f"{before}-{number}{after}\n" for number in range(self.articles))
        return text[: first.start()] + more + text[first.start() :]


def _with_doctype(text: str, declarations: str, title: str) -> str:
    """The feed with these entities declared, and a first title made of them."""
    declaration, _, rest = text.partition("?>")
    root = "rss" if "<rss" in rest else "feed"
    first = FIRST_ENTRY.search(rest)
    at = first.start() if first else len(rest)
    titled = TITLE.sub(f"<title>{title}</title>", rest[at:], count=1)
    return f"{declaration}?>\n<!DOCTYPE {root} [{declarations}]>{rest[:at]}{titled}"


def _in_entries(pattern: re.Pattern[str], put: Callable[[re.Match[str]], str], text: str) -> str:
    """Replace in the articles only, not in what stands before the first."""
    first = FIRST_ENTRY.search(text)
    at = first.start() if first else len(text)
    return text[:at] + pattern.sub(put, text[at:])


FeedFaults = EntityBomb | ExternalEntity | BadDates | ScriptLinks | HtmlTitles | HugeFeed
