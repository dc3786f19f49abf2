"""What `/resolve` takes and gives."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.lists.schemas import Number, OneAnswer
from api.moments import Moment, window_edge
from api.texts import LongText, Text

MOST_AT_ONCE = 1000
AS_OF = (
    "What it was as published at this time (ISO 8601; UTC when it has no offset; a date is its end). "
    "For `source` and `id`, and for `canonical_id`"
)
AsOf = Annotated[Moment | None, Field(description=AS_OF)]


class Question(BaseModel):
    """Which coin is asked for, in one of four ways."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Text | None = Field(
        None, description="With `id`: `coingecko`, `coinpaprika`, `csv:<file stem>`", examples=["coingecko"]
    )
    id: LongText | None = Field(
        None, description="The source's own id of the coin, such as `bitcoin`", examples=["bitcoin"]
    )
    symbol: Text | None = Field(None, description="Any case. Several coins may share one: then all of them are given")
    contract: LongText | None = Field(
        None,
        description="CAIP-19, such as `eip155:1/erc20:0x...`; or an address alone: the coins that have it on any chain",
        examples=["eip155:1/erc20:0xdac17f958d2ee523a2206206994597c13d831ec7"],
    )
    canonical_id: Text | None = Field(None, description="An id of ours, also one that was merged into another")

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.source is None) != (self.id is None):
            raise ValueError(f"{'id' if self.id is None else 'source'}: source and id go together")
        ways = [self.source, self.symbol, self.contract, self.canonical_id]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("source: ask by exactly one of source with id, symbol, contract, canonical_id")
        return self


def only_where_published(question: Question, as_of: str | None) -> None:
    """Raise ValueError for a past that is not on record: which coin had a symbol or a contract."""
    if as_of is not None and (question.symbol or question.contract):
        raise ValueError("as_of: is possible with source and id, and with canonical_id")


class ResolveQuery(Question):
    """The parameters of `GET /resolve`."""

    as_of: AsOf = None

    @model_validator(mode="after")
    def _has_a_past(self) -> Self:
        only_where_published(self, self.as_of)
        return self


class Questions(BaseModel):
    """The body of `POST /resolve`."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"queries": [{"source": "coingecko", "id": "bitcoin"}, {"symbol": "ETH"}]}]},
    )

    queries: Annotated[list[Question], Field(min_length=1, max_length=MOST_AT_ONCE)]
    as_of: AsOf = None

    @model_validator(mode="after")
    def _have_a_past(self) -> Self:
        for question in self.queries:
            only_where_published(question, self.as_of)
        return self


def moment_of(as_of: str | None) -> datetime | None:
    """The first moment after the time asked for."""
    return None if as_of is None else window_edge(as_of, last=True)


class Match(BaseModel):
    """A coin that answers, and why. What is not known of it in this way of asking is null."""

    canonical_id: str
    symbol: str | None
    name: str | None
    rank: int | None
    method: str | None = Field(description="What the link rests on")
    confidence: Number | None
    evidence: str | None
    version: int | None = Field(description="With `as_of`: the version that published the link")
    current_canonical_id: str | None = Field(description="The live coin: another one after a merge")


class Resolved(BaseModel):
    """The answer to one question."""

    query: Question
    canonical_id: str | None = Field(description="The coin; null when there is none, or more than one")
    matches: list[Match] = Field(description="The best known first")


ResolveAnswer = OneAnswer[Resolved]
BulkAnswer = OneAnswer[list[Resolved]]
