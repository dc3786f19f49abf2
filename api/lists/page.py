"""The parameters that every list has."""

import zlib
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.lists.columns import Column, Kind
from api.lists.decimals import Decimals
from api.problems import invalid

Format = Literal["json", "csv", "ndjson", "parquet", "arrow"]
LARGEST_PAGE = 1000
LARGEST_OFFSET = 1_000_000
HOW_IT_IS_SHOWN = frozenset({"limit", "offset", "cursor", "fields", "decimals", "format"})

Fields = Annotated[str | None, Field(max_length=500, description="Comma-separated columns, in the order wanted")]
Limit = Annotated[
    int | None,
    Field(
        ge=1,
        le=LARGEST_PAGE,
        description="Rows on a page. The formats beside JSON have no pages unless it is given: all rows come",
    ),
]


class Page(BaseModel):
    """What part of a list, and how it is written. A parameter that is not here is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    page_size: ClassVar[int] = 100

    fields: Fields = None
    limit: Limit = None
    cursor: str | None = Field(
        None, min_length=1, max_length=1000, description="`next_cursor` of the page before, with the same filters"
    )
    decimals: Decimals = "number"
    format: Format | None = Field(None, description="Goes before `Accept`. CSV, NDJSON, Parquet and Arrow are streamed")

    @property
    def rows(self) -> int:
        """How many rows a page of JSON has."""
        return self.page_size if self.limit is None else self.limit

    @property
    def skipped(self) -> int:
        """How many rows are left out before the page."""
        return 0

    def walk(self, path: str) -> int:
        """A number that tells walks with other filters, or over another list, from this one."""
        parts = [f"{name}={value}" for name, value in self if name not in HOW_IT_IS_SHOWN and value is not None]
        return zlib.crc32("\x1f".join([path, *parts]).encode())

    def chosen(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """The columns asked for, in that order and each once, or all. Raises a 422 for an unknown one."""
        return columns if self.fields is None else _chosen(self.fields, columns)


@lru_cache(maxsize=256)
def _chosen(fields: str, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    known = {column.name: column for column in columns}
    names = dict.fromkeys(name.strip() for name in fields.split(",") if name.strip())
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        what = f"{unknown[0][:50]} is unknown" if unknown else "is empty"
        raise invalid("fields", f"{what}; there are {', '.join(known)}")
    return tuple(known[name] for name in names)


def decimals_of(columns: tuple[Column, ...]) -> frozenset[str]:
    """The columns that `decimals` is about."""
    return frozenset(column.name for column in columns if column.kind is Kind.DECIMAL)
