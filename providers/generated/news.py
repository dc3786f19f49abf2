"""Articles that mention the market's coins, a few each minute, as RSS 2.0 and Atom.

The same seed and minute write the same article, so a feed can be had for any moment.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from xml.sax.saxutils import escape

from providers.generated.assets import Asset
from providers.market import Feed

ARTICLES_PER_FEED = 30
CHANCE_PER_MINUTE = 0.4
TITLES = (
    "{name} ({symbol}) {moves} as traders weigh {topic}",
    "{name} developers ship upgrade after months of testing",
    "Why {name} holders are watching {topic}",
    "{symbol} open interest climbs while {other} stalls",
    "{name} and {other} lead the day's movers",
    "Exchange adds {name} pairs, {symbol} volume doubles",
    "Analyst: {symbol} may test new range before {topic}",
    "{name} foundation publishes quarterly report",
    "Regulator asks about {topic}; {name} team responds",
    "Week in review: {name}, {other} and {topic}",
)
MOVES = ("slides", "climbs", "steadies", "rebounds", "whipsaws")
TOPICS = ("interest rates", "the next upgrade", "staking yields", "ETF flows", "a bridge audit", "fees & blockspace")
SUMMARY = "{name} ({symbol}) changed hands in brisk trade on {day}. {other} followed, with {topic} in focus."


@dataclass(frozen=True)
class Article:
    """A news article. `guid` is its identity in the feed."""

    guid: str
    title: str
    link: str
    summary: str
    published: datetime


class Newsroom:
    """Writes articles about the best-known half of the coins. `title` is the feed's, `site` the start of its links."""

    def __init__(self, seed: int, name: str, title: str) -> None:
        self._seed = f"news/{seed}/{name}"
        self.title = title
        self.site = f"https://{name}.example"
        self.articles: deque[Article] = deque(maxlen=ARTICLES_PER_FEED)
        self._written = 0

    def write_until(self, minute: int, assets: Sequence[Asset]) -> None:
        """Write what appeared up to a minute; at first, enough of the past to fill the feed."""
        past = int(ARTICLES_PER_FEED / CHANCE_PER_MINUTE * 2)
        subjects = [asset for asset in assets[: max(len(assets) // 4, 20)] if "coingecko" in asset.listings]
        for now in range(max(self._written + 1, minute - past), minute + 1):
            chance = Random(f"{self._seed}/{now}")
            if chance.random() < CHANCE_PER_MINUTE:
                self.articles.appendleft(self._article(now, subjects, chance))
        self._written = minute

    def _article(self, minute: int, subjects: Sequence[Asset], chance: Random) -> Article:
        """About one coin and another; the larger a coin, the likelier."""
        first, second = (subjects[int(len(subjects) * chance.random() ** 3)].listings["coingecko"] for _ in "12")
        published = datetime.fromtimestamp(minute * 60 - chance.randrange(60), UTC)
        words = {
            "name": first.name,
            "symbol": first.symbol.upper(),
            "other": second.name,
            "moves": chance.choice(MOVES),
            "topic": chance.choice(TOPICS),
            "day": published.strftime("%A"),
        }
        guid = f"{chance.getrandbits(64):016x}"
        title = chance.choice(TITLES).format(**words)
        link = f"{self.site}/{published:%Y/%m/%d}/{first.id}-{guid[:6]}?utm_source=feed&utm_medium=rss"
        return Article(guid, title, link, SUMMARY.format(**words), published)


def rss(newsroom: Newsroom) -> Feed:
    """The newest articles as RSS 2.0."""
    items = "".join(
        f"<item><title><![CDATA[{article.title}]]></title><link>{escape(article.link)}</link>"
        f'<guid isPermaLink="false">{article.guid}</guid><pubDate>{format_datetime(article.published)}</pubDate>'
        f"<description><![CDATA[<p>{escape(article.summary)}</p>]]></description><category>Markets</category></item>\n"
        for article in newsroom.articles
    )
    modified = _modified(newsroom)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{escape(newsroom.title)}</title><link>{newsroom.site}/</link><description>Invented news</description>"
        f"<lastBuildDate>{format_datetime(modified)}</lastBuildDate><language>en</language>\n{items}</channel></rss>\n"
    )
    return Feed(text.encode(), modified)


def atom(newsroom: Newsroom) -> Feed:
    """The newest articles as Atom 1.0."""
    entries = "".join(
        f'<entry><title>{escape(article.title)}</title><link rel="alternate" href="{escape(article.link)}"/>'
        f"<id>urn:article:{article.guid}</id><published>{article.published.isoformat()}</published>"
        f"<updated>{article.published.isoformat()}</updated><author><name>The desk</name></author>"
        f'<summary type="html">{escape(f"<p>{escape(article.summary)}</p>")}</summary></entry>\n'
        for article in newsroom.articles
    )
    modified = _modified(newsroom)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(newsroom.title)}</title>"
        f'<link href="{newsroom.site}/"/><id>{newsroom.site}/</id>'
        f"<updated>{modified.isoformat()}</updated>\n{entries}</feed>\n"
    )
    return Feed(text.encode(), modified, "application/atom+xml; charset=utf-8")


def _modified(newsroom: Newsroom) -> datetime:
    """When the newest article appeared; the epoch for an empty feed."""
    return newsroom.articles[0].published if newsroom.articles else datetime.fromtimestamp(0, UTC)


FEEDS: dict[str, tuple[str, Callable[[Newsroom], Feed]]] = {
    "tape": ("The Tape: markets by the minute", rss),
    "ledger": ("Ledger & Line", rss),
    "notes": ("Protocol Notes", atom),
}
"""Feed name to its title and format."""
