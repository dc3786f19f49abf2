"""What `GET /data` can be sorted by, and which of it each view offers."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator


class DataSort(StrEnum):
    """Sort keys; `-` descends. Rows without a value come last either way."""

    CANONICAL_ID = "canonical_id"
    CANONICAL_ID_DESC = "-canonical_id"
    SYMBOL = "symbol"
    SYMBOL_DESC = "-symbol"
    NAME = "name"
    NAME_DESC = "-name"
    RANK = "rank"
    RANK_DESC = "-rank"
    PRICE_USD = "price_usd"
    PRICE_USD_DESC = "-price_usd"
    MARKET_CAP_USD = "market_cap_usd"
    MARKET_CAP_USD_DESC = "-market_cap_usd"
    VOLUME_24H_USD = "volume_24h_usd"
    VOLUME_24H_USD_DESC = "-volume_24h_usd"
    PERCENT_CHANGE_24H = "percent_change_24h"
    PERCENT_CHANGE_24H_DESC = "-percent_change_24h"
    SOURCE_COUNT = "source_count"
    SOURCE_COUNT_DESC = "-source_count"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"
    OBSERVED_AT = "observed_at"
    OBSERVED_AT_DESC = "-observed_at"
    PUBLISHED_AT = "published_at"
    PUBLISHED_AT_DESC = "-published_at"

    @property
    def column(self) -> str:
        """The column that is compared."""
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the largest value comes first."""
        return self.value.startswith("-")


BY_TEXT: dict[object, DataSort] = {key.value: key for key in DataSort}


def _known(given: object) -> object:
    if given in BY_TEXT:
        return BY_TEXT[given]
    names = ", ".join(key.value for key in DataSort if not key.descending)
    raise ValueError(f"expected one of {names}; with - before it, it descends")


SortParameter = Annotated[DataSort, BeforeValidator(_known)]
