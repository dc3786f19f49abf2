"""From a feed's bytes to its items: RSS 0.9x to 2.0, RDF (RSS 1.0) and Atom, also when they are not quite well-formed.

Entities that the document declares itself are refused, so are external ones: neither a bomb nor a file gets in
(defusedxml). What can't be parsed to its end yields the items before that point. What stands around a feed, as a
server's warning or a script, is left out; a second feed after the first is read as well.
"""

import codecs
import html
import io
import re
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
RSS = (
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://channel.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss2",
    "http://blogs.law.harvard.edu/tech/rss",
)
PREFIXES = {
    **dict.fromkeys(RSS, ""),
    **dict.fromkeys(ATOM, "atom:"),
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}
ROOTS = {"rss", "rdf:RDF", "atom:feed", "channel"}
ITEMS = {"item", "atom:entry"}
DEEPEST = 100
NEW_LINE = re.compile(r"\r\n?")
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']""")
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
# Of all that XML does not allow in a text
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z]\w*);")
# A tag can't hold another `<`: what looks so is a text that nobody escaped, unless it is in one of the first two
BARE_LESS_THAN = re.compile(
    r"(<!\[CDATA\[.*?\]\]>|<!--.*?-->)|<(?![!?])(?:(?![A-Za-z_/:])|(?=[^<>]*(?:<|$)))", re.DOTALL
)
ROOT = re.compile(r"<(?:rss|feed|channel|[\w.-]+:(?:RDF|feed))[\s>]")
MOST_DOCUMENTS = 10
BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
DECLARES_ENTITIES = re.compile(r"<!ENTITY", re.IGNORECASE)


class FeedError(Exception):
    """What came is no feed; the message says what it is."""


@dataclass(frozen=True)
class Node:
    """An element: its name with one of our prefixes (`atom:link`, `dc:creator`; RSS's own have none), what is in it."""

    name: str
    attributes: dict[str, str]
    text: str
    children: list["Node"] = field(default_factory=list["Node"])

    def first(self, *names: str) -> "Node | None":
        """The first child with content under the first of these names that has one."""
        return next((child for name in names for child in self.children if child.name == name and child.text), None)

    def all(self, *names: str) -> list["Node"]:
        """All children of these names."""
        return [child for child in self.children if child.name in names]


@dataclass
class Document:
    """A feed: its root's and channel's own elements, its items, and where it breaks off, if it does.

    `rest` is what follows its root.
    """

    channel: list[Node] = field(default_factory=list[Node])
    items: list[Node] = field(default_factory=list[Node])
    broken: str | None = None
    rest: str = ""


def parsed(body: bytes, content_type: str = "") -> Document:
    """Read a feed. Raises FeedError for what is none."""
    text = _decoded(body, content_type)
    try:
        document = _repaired(text)
    except FeedError:
        begin = ROOT.search(text)
        if begin is None or DECLARES_ENTITIES.search(text):
            raise
        document = _repaired(text[begin.start() :])
    _append_others(document)
    return document


def _append_others(document: Document) -> None:
    """Read the feeds that follow the first one into it. What is none is no part of a feed."""
    rest = document.rest
    for _ in range(MOST_DOCUMENTS):
        begin = ROOT.search(rest)
        if begin is None:
            return
        if DECLARES_ENTITIES.search(rest):
            raise FeedError("with entities of its own, as attacks have: refused")
        try:
            other = _repaired(rest[begin.start() :])
        except FeedError as error:
            document.broken = document.broken or f"then it goes on {error}"
            rest = rest[begin.end() :]
            continue
        document.items += other.items
        document.broken = document.broken or other.broken
        rest = other.rest
    document.broken = document.broken or f"more than {MOST_DOCUMENTS} documents"


def _repaired(text: str) -> Document:
    """Read one feed; where it is not well-formed, with its texts escaped as they should have been."""
    document = _read(text)
    if document.broken and not DECLARES_ENTITIES.search(text):
        repaired = NAMED_ENTITY.sub(lambda match: html.unescape(match[0]).replace("&", "&amp;"), text)
        repaired = BARE_AMPERSAND.sub("&amp;", repaired)
        repaired = BARE_LESS_THAN.sub(lambda match: match[1] or "&lt;", repaired)
        again = _read(repaired)
        document = again if len(again.items) >= len(document.items) else document
    if document.broken and not document.items:
        raise FeedError(_what(text) or f"with XML that can't be read ({document.broken})")
    return document


def _decoded(body: bytes, content_type: str) -> str:
    """The text of a document, whatever encoding it claims: what is valid UTF-8 is UTF-8."""
    declared = DECLARED_ENCODING.search(body)
    served = CHARSET.search(content_type)
    claims = [declared[1].decode() if declared else "", served[1] if served else ""]
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif body[:2] == b"\x00<":
        encodings = ["utf-16-be"]
    elif body[:2] == b"<\x00":
        encodings = ["utf-16-le"]
    else:
        encodings = ["utf-8-sig", *filter(None, claims)]
    text = next((found for each in encodings if (found := _tried(body, each)) is not None), None)
    if text is None:
        text = body.decode("cp1252", "replace")
    text = NEW_LINE.sub("\n", text)  # as XML has it, and as its parser counts
    return NOT_XML.sub("\ufffd", DECLARATION.sub("", text).lstrip("\ufeff \t\n"))


def _tried(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _read(text: str) -> Document:
    document = Document()
    depth = 0
    events: Any = iterparse(io.BytesIO(text.encode()), events=("start", "end"))
    try:
        for event, element in events:
            name = _name(element.tag)
            if event == "start":
                depth += 1
                if depth > DEEPEST:
                    raise FeedError(f"with elements nested more than {DEEPEST} deep: refused")
                if depth == 1:
                    _check_root(name, element, document)
                continue
            depth -= 1
            if name in ITEMS:
                document.items.append(_node(element))
                element.clear()
            elif depth <= 2 and name not in ROOTS:
                document.channel.append(_node(element))
    except ParseError as error:
        if depth == 0 and document.channel:
            document.rest = _from(text, *error.position)
        else:
            document.broken = str(error)
    except DefusedXmlException as error:
        raise FeedError(f"with entities of its own, as attacks have ({type(error).__name__}): refused") from None
    return document


def _from(text: str, line: int, column: int) -> str:
    """The text from a place on, as the parser names it: lines from 1, characters from 0."""
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return text[at + column :]


def _check_root(name: str, element: Element, document: Document) -> None:
    if name not in ROOTS:
        raise FeedError("with a web page instead of a feed" if name.endswith("html") else f"with <{name}>, no feed")
    document.channel.append(Node(name, _attributes(element), ""))  # what is in it has not been parsed yet


def _node(element: Element) -> Node:
    children = [_node(child) for child in element]
    return Node(_name(element.tag), _attributes(element), "".join(element.itertext()).strip(), children)


def _attributes(element: Element) -> dict[str, str]:
    return {_name(key): value for key, value in element.attrib.items()}


def _name(tag: str) -> str:
    """`{namespace}local` with our prefix; of other namespaces, the last part of their address."""
    namespace, mark, local = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    if not mark:
        return local
    prefix = PREFIXES.get(namespace)
    return f"{prefix}{local}" if prefix is not None else f"{namespace.rstrip('/#').rpartition('/')[2]}:{local}"


def _what(text: str) -> str | None:
    """What an answer is that is no XML."""
    start = text[:500].lstrip().lower()
    if not start:
        return "with nothing"
    if start.startswith(("<!doctype html", "<html")):
        return "with a web page instead of a feed"
    return None if start.startswith("<") else "with something that is no XML"
