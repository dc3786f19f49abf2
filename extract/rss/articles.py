"""From the items of a feed to articles."""

import hashlib
from collections.abc import Iterator
from typing import Any

from extract.records import Payload, Unusable, dumps
from extract.rss import plain
from extract.rss.document import Document, Node

LONGEST_GUID = 500
TITLES = ("title", "atom:title", "dc:title", "media:title")
SUMMARIES = ("description", "atom:summary", "dc:description", "content:encoded", "atom:content", "media:description")
AUTHORS = ("dc:creator", "author", "atom:author", "atom:contributor", "managingEditor")
PUBLISHED = ("pubDate", "atom:published", "atom:issued", "dc:date", "dcterms:created", "dcterms:issued", "atom:created")
UPDATED = ("atom:updated", "atom:modified", "dcterms:modified", "lastBuildDate")
LANGUAGES = ("language", "dc:language")
CATEGORIES = ("category", "atom:category", "dc:subject")
LINKS = ("link", "atom:link")
IDENTITIES = ("guid", "atom:id")
KNOWN = {*TITLES, *SUMMARIES, *AUTHORS, *PUBLISHED, *UPDATED, *LANGUAGES, *CATEGORIES, *LINKS, *IDENTITIES}


def articles(document: Document, feed: str, fetched_from: str) -> Iterator[Payload | Unusable]:
    """The articles of a feed, in its order; `feed` names it, and relative links are seen from `fetched_from`.

    What could not be used as it came (HTML, other links, other elements) stays beside it, under `item`.
    """
    root = document.channel[0]
    channel = Node("channel", {}, "", document.channel)
    base = plain.joined(fetched_from, root.attributes.get("xml:base", ""))
    language = _text(channel.first(*LANGUAGES)) or root.attributes.get("xml:lang")
    for item in document.items:
        fields = {"feed": feed, **_article(item, base, language)}
        yield fields if "guid" in fields else Unusable(fields, "neither guid, link, title nor summary")


def _article(item: Node, base: str, language: str | None) -> Payload:
    published, updated = item.first(*PUBLISHED), item.first(*UPDATED)
    fields: dict[str, Any] = {
        "title": _plain(item, TITLES),
        "url": _url(item, plain.joined(base, item.attributes.get("xml:base", ""))),
        "summary": _plain(item, SUMMARIES),
        "author": _author(item),
        "published_at": _moment(published),
        "updated_at": _moment(updated),
        "categories": _categories(item),
        "language": _text(item.first(*LANGUAGES)) or item.attributes.get("xml:lang") or language,
    }
    fields["guid"] = _guid(item, fields)
    fields["item"] = _rest([node for node in item.children if node not in (published, updated)], fields)
    return {name: value for name, value in fields.items() if value}


def _url(item: Node, base: str) -> str | None:
    """The address of the article; its guid stands in when it says that it is one."""
    candidates = [
        node.attributes.get("href") or node.text
        for node in item.all(*LINKS)
        if node.attributes.get("rel", "alternate") == "alternate"
    ]
    guid = item.first("guid")
    if guid and "://" in guid.text and guid.attributes.get("isPermaLink", "true").lower() == "true":
        candidates.append(guid.text)
    return next((url for candidate in candidates if (url := plain.link(candidate, base))), None)


def _guid(item: Node, fields: Payload) -> str | None:
    """What identifies the article in its feed: its own id, else its address, else a hash of what it says."""
    own = _text(item.first(*IDENTITIES)) or item.attributes.get("rdf:about")
    for identity in (own, fields["url"]):
        if identity and len(identity) <= LONGEST_GUID:
            return identity
    said = own or fields["url"] or [fields["title"], fields["summary"]]
    if said == [None, None]:
        return None
    return "hash:" + hashlib.blake2b(dumps(said).encode(), digest_size=16).hexdigest()


def _plain(item: Node, names: tuple[str, ...]) -> str | None:
    """The first of these elements that has text, as plain text."""
    return next((text for name in names for node in item.all(name) if (text := _text_of(node))), None)


def _text_of(node: Node) -> str:
    """An element as plain text. Atom says what it holds: a text as it is, XHTML, whose tags are gone, or HTML."""
    if node.name.startswith("atom:") and node.attributes.get("type") in ("text", "xhtml"):
        return plain.spaced(node.text)
    return plain.text(node.text)


def _author(item: Node) -> str | None:
    node = item.first(*AUTHORS)
    return plain.text(_text(node.first("atom:name", "name")) or node.text) if node else None


def _moment(node: Node | None) -> Any:
    """The time, or the text that is none: the model keeps it aside."""
    return (plain.moment(node.text) or node.text) if node else None


def _categories(item: Node) -> list[str]:
    names = (node.attributes.get("label") or node.attributes.get("term") or node.text for node in item.all(*CATEGORIES))
    return list(dict.fromkeys(filter(None, map(plain.text, names))))


def _rest(nodes: list[Node], fields: Payload) -> Payload:
    """The elements of which the fields do not say the same, word for word."""
    said = {*fields["categories"], *(value for value in fields.values() if isinstance(value, str))}
    kept: dict[str, list[Any]] = {}
    for node in nodes:
        if (node.attributes.get("href") or node.text) in said and node.name in KNOWN:
            continue
        if value := _whole(node):
            kept.setdefault(node.name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in kept.items()}


def _whole(node: Node) -> Any:
    """An element with all that is in it."""
    inner: dict[str, Any] = {child.name: _whole(child) for child in node.children}
    if not node.attributes and not inner:
        return node.text
    return {**node.attributes, **inner, **({"text": node.text} if node.text and not inner else {})}


def _text(node: Node | None) -> str | None:
    return node.text if node else None
