"""What `GET /data` takes and gives."""

import zlib
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from api.data.sorting import DataSort, SortParameter
from api.lists.page import LARGEST_OFFSET, Page
from api.lists.schemas import Meta, Number, Pagination
from api.moments import EARLIEST, LATEST, Moment, window_edge
from api.texts import Text

LARGEST_AMOUNT = Decimal("1e30")
RSS = ("rss", "rss_feed")


def _source(given: str) -> str:
    given = given.lower()
    if given in ("coinpaprika", "coingecko", "csv", *RSS) or given.startswith("csv:"):
        return given
    raise ValueError("expected coinpaprika, coingecko, csv, csv:<file stem>, rss or rss_feed")


def _amount(given: object) -> Decimal:
    """A number of dollars; by hand, for pydantic's own way costs as much as the rest of the query."""
    text = str(given)
    try:
        amount = Decimal(text if text.isascii() else "")
    except InvalidOperation:
        raise ValueError("expected a number") from None
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -30 or not 0 <= amount <= LARGEST_AMOUNT:
        raise ValueError("expected a number from 0 to 1e30, with at most 30 decimals")
    return amount


QuoteSource = Annotated[Text, AfterValidator(_source)]
AMOUNT_SCHEMA = {"type": "number", "minimum": 0, "maximum": 1e30}
Amount = Annotated[Decimal, PlainValidator(_amount), WithJsonSchema(AMOUNT_SCHEMA)]


def _yes_or_no(given: object) -> object:
    if given in ("true", "false"):
        return given == "true"
    raise ValueError("expected true or false")


Priced = Annotated[bool, BeforeValidator(_yes_or_no)]


class View(StrEnum):
    """What one row of `/data` is."""

    COINS = "coins"
    LATEST = "latest"
    WINDOW = "window"
    ARTICLES = "articles"


class DataQuery(Page):
    """The parameters of `GET /data`."""

    page_size: ClassVar[int] = 10

    symbol: Text | None = Field(
        None, description="Exact symbol, any case. Several coins may share one", examples=["BTC"]
    )
    ticker: Text | None = Field(None, description="The same as `symbol`", examples=["BTC"])
    name: Text | None = Field(None, description="Part of the name, any case", examples=["bitcoin"])
    search: Text | None = Field(None, description="Part of the symbol or the name, any case", examples=["doge"])
    canonical_id: Text | None = Field(None, description="One coin, such as `btc`", examples=["btc"])
    source: QuoteSource | None = Field(
        None,
        description="That source's latest quote per coin: `coinpaprika`, `coingecko`, `csv` (all files), "
        "`csv:<file stem>`. `rss` gives articles",
        examples=["coingecko"],
    )
    start_date: Moment | None = Field(
        None, description="Quotes from here on (ISO 8601; UTC when it has no offset)", examples=["2026-01-01"]
    )
    end_date: Moment | None = Field(
        None, description="Quotes up to here; a date stands for its whole day", examples=["2026-01-31T18:30:00Z"]
    )
    min_market_cap: Amount | None = Field(None, description="US dollars, inclusive", examples=[1000000])
    max_market_cap: Amount | None = Field(None, description="US dollars, inclusive", examples=[1000000000])
    status: Literal["active", "inactive", "delisted"] | None = Field(
        None, description="Coins that are so. Providers list many that are no longer traded", examples=["active"]
    )
    priced: Priced | None = Field(None, description="Only with a price, or only without one", examples=["true"])
    sort: SortParameter | None = Field(
        None,
        description="`-` descends. Default `rank`; newest first for quotes in a window (`observed_at` only) and for "
        "articles (`published_at` only)",
        json_schema_extra={"x-enum-varnames": [key.name for key in DataSort]},  # `-` is nothing to name by
    )
    offset: int | None = Field(None, ge=0, le=LARGEST_OFFSET, description="Rows to skip; not together with `cursor`")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.symbol and self.ticker and self.symbol.casefold() != self.ticker.casefold():
            raise ValueError("ticker: is an alias of symbol, and differs from it")
        if self.start_date and self.end_date and self.start >= self.end:
            raise ValueError("start_date: is after end_date")
        low, high = self.min_market_cap, self.max_market_cap
        if low is not None and high is not None and low > high:
            raise ValueError("min_market_cap: is greater than max_market_cap")
        if self.cursor is not None and self.offset is not None:
            raise ValueError("offset: a cursor already says where to go on")
        return self

    @property
    def skipped(self) -> int:
        """How many rows are left out before the page."""
        return self.offset or 0

    def walk(self, path: str) -> int:
        """What must stay the same from page to page; the two names of a symbol are one."""
        symbol = (self.symbol or self.ticker or "").casefold()
        names = f"{symbol}\x1f{self.name}\x1f{self.search}\x1f{self.canonical_id}"
        bounds = f"{self.start_date}\x1f{self.end_date}\x1f{self.min_market_cap}\x1f{self.max_market_cap}"
        if self.status is not None or self.priced is not None:
            bounds = f"{bounds}\x1f{self.status}\x1f{self.priced}"
        return zlib.crc32(f"{path}\x1f{self.view}\x1f{self.source}\x1f{self.sort}\x1f{names}\x1f{bounds}".encode())

    @property
    def start(self) -> datetime:
        """The first moment of the window."""
        return window_edge(self.start_date, last=False) if self.start_date else EARLIEST

    @property
    def end(self) -> datetime:
        """The first moment after the window."""
        return window_edge(self.end_date, last=True) if self.end_date else LATEST

    @property
    def view(self) -> View:
        """What the rows are."""
        if self.source in RSS:
            return View.ARTICLES
        if self.start_date or self.end_date:
            return View.WINDOW
        return View.LATEST if self.source else View.COINS


class CoinRow(BaseModel):
    """A coin, or with `source` or dates one quote. Every number has all its digits."""

    model_config = ConfigDict(extra="allow")

    canonical_id: str
    symbol: str
    name: str
    rank: int | None
    price_usd: Number | None
    market_cap_usd: Number | None
    volume_24h_usd: Number | None
    percent_change_24h: Number | None
    sources: list[str]
    updated_at: datetime | None


class ArticleRow(BaseModel):
    """A news article, with the canonical ids of the coins it mentions."""

    title: str
    url: str
    summary: str | None
    published_at: datetime | None
    feed: str
    coins: list[str]


class DataAnswer(BaseModel):
    """The envelope."""

    request_id: str
    api_latency_ms: float
    data: list[CoinRow | ArticleRow | dict[str, Any]] = Field(description="With `fields`, rows have those only")
    pagination: Pagination
    meta: Meta
