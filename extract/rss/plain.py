"""What a feed's texts, links and times mean: plain text, http(s) links, moments in UTC."""

import html
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import nh3

LONGEST_TIME = 100
# Parsing costs the square of how deep elements are nested; whole articles are kept beside, as they came
LONGEST_MARKUP = 10_000
# Feeds escape HTML once or twice
MOST_LAYERS = 3
BLOCK = re.compile(
    r"</?(?:p|br|div|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|figure|figcaption|section|hr)\b", re.IGNORECASE
)
MARKUP = re.compile(r"<[a-z/!?]|&(?:#\d+|#x[0-9a-f]+|[a-z]\w*);", re.IGNORECASE)
TAGS = """
    a abbr address area article aside audio b base bdi bdo big blink blockquote body br button canvas caption
    center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset
    figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img
    input ins kbd label legend li link main map mark marquee menu meta meter nav noembed noframes noscript object
    ol optgroup option output p param picture plaintext pre progress q rp rt ruby s samp script search section
    select slot small source span strike strong style sub summary sup svg table tbody td template textarea tfoot
    th thead time title tr track tt u ul var video wbr
""".split()
CLOSING = re.compile(r"</([a-z][\w:.-]*)\s*>", re.IGNORECASE)
# Of what may begin a tag: its end, an attribute's name and value, or one of the attributes that have none
TAG = re.compile(
    r"</?([a-z][\w:.-]*)(?:\s*/?>|[\s/]+[\w:.@-]+\s*=|(?:\s+(?:async|defer|controls|hidden|disabled|checked|nowrap|"
    r"allowfullscreen|autoplay|muted|loop|open|noshade))+\s*/?>)|<!--|<!doctype\b|<!\[CDATA\[",
    re.IGNORECASE,
)
LESS_THAN = re.compile("<")
SPACE = re.compile(r"\s+")
LINK = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
# Names that Python's own parser would silently take for UTC
ZONES = {"CET": 1, "CEST": 2, "BST": 1, "MSK": 3, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11}
KNOWN_ZONES = frozenset("GMT UT UTC Z EST EDT CST CDT MST MDT PST PDT".split())
ZONE = re.compile(r"\b([A-Za-z]{1,5})$")


def text(markup: str) -> str:
    """HTML as text: no tags, no scripts, entities decoded, white space single. Very long ones are cut."""
    markup = markup[:LONGEST_MARKUP]
    for _ in range(MOST_LAYERS):
        if not MARKUP.search(markup):
            break
        parted = BLOCK.sub(lambda tag: " " + tag[0], _tags_only(markup))
        markup = html.unescape(nh3.clean(parted, tags=set()))
    return spaced(markup)


def spaced(text: str) -> str:
    """A text with single white space."""
    return SPACE.sub(" ", text[:LONGEST_MARKUP]).strip()


def _tags_only(markup: str) -> str:
    """The markup with every `<` escaped that begins no tag: `ETH<SOL` is a text.

    A tag is one of HTML's, or one that is closed somewhere; and its name is followed by what may follow one.
    """
    names = {*TAGS, *(name.lower() for name in CLOSING.findall(markup))}

    def kept(less_than: re.Match[str]) -> str:
        tag = TAG.match(markup, less_than.start())
        return "<" if tag and (tag[1] is None or tag[1].lower() in names) else "&lt;"

    return LESS_THAN.sub(kept, markup)


def joined(base: str, relative: str) -> str:
    """An address as it is seen from another one; one that is none changes nothing."""
    try:
        return urljoin(base, relative)
    except ValueError:
        return base


def link(url: str, base: str) -> str | None:
    """An absolute http(s) address; a relative one is resolved. None for any other, as `javascript:`."""
    if not url.strip():
        return None
    try:
        absolute = urljoin(base, url.strip())
        usable = LINK.match(absolute) and urlsplit(absolute).hostname
    except ValueError:
        return None
    return absolute.replace(" ", "%20") if usable else None


def moment(value: str) -> datetime | None:
    """A time as RSS (RFC 822) or Atom (ISO 8601) writes it; without zone it is UTC. None for anything else."""
    value = value.strip()[:LONGEST_TIME]
    zone = ZONE.search(value)
    offset = 0
    if zone and zone[1].upper() not in KNOWN_ZONES and value[-3:-2] != "T":
        if zone[1].upper() not in ZONES:
            return None
        offset = ZONES[zone[1].upper()]
        value = value[: zone.start()] + "GMT"
    found = _iso(value) or _rfc822(value)
    if not found:
        return None
    try:
        aware = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        return (aware - timedelta(hours=offset)).astimezone(UTC)
    except OverflowError:
        return None


def _iso(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _rfc822(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
