"""All SQL of `GET /news`, and of the articles in `/data`."""

from datetime import datetime

from api.lists.columns import Column, arranged
from api.lists.conditions import Conditions
from api.lists.listing import Listing, SortKey

COLUMNS = arranged("article_id title url summary published_at feed coins", time="published_at", texts="coins")


def articles(
    *,
    start: datetime | None,
    end: datetime | None,
    canonical_id: str | None,
    symbol: str | None,
    title: str | None,
    feed: str | None = None,
    descending: bool,
    columns: tuple[Column, ...] = COLUMNS,
) -> Listing:
    """News articles: of a time, of a feed, mentioning a coin, with words in the title."""
    conditions = Conditions()
    if start is not None:
        conditions.add("article.published_at >= :start", start=start)
    if end is not None:
        conditions.add("article.published_at < :end", end=end)
    if canonical_id:
        conditions.add("article.coins @> array[:canonical_id]", canonical_id=canonical_id.lower())
    if symbol:
        conditions.add(
            "article.coins && array(select canonical_id from marts.coins where lower(symbol) = :symbol)",
            symbol=symbol.lower(),
        )
    if title:
        conditions.add("strpos(lower(article.title), :title) > 0", title=title.lower())
    conditions.equal("article.feed", "feed", feed)
    select = ", ".join(f"article.{column.name}" for column in columns)
    key = SortKey("article.published_at", "timestamptz")
    relation = "\nfrom marts.news_articles as article"
    return Listing(columns, select, relation, conditions, key, descending, ("article.article_id",))
