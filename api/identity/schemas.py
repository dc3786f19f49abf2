"""What `/identity` takes and gives."""

from pydantic import BaseModel, ConfigDict, Field

from api.lists.schemas import Number


class Quality(BaseModel):
    """How good the links of one method are, in one band of market caps, against one set of labelled pairs."""

    model_config = ConfigDict(extra="allow")

    truth: str
    method: str
    market_cap_band: str
    pairs: int | None
    correct: int | None
    wrong: int | None
    missed: int | None
    precision: Number | None
    recall: Number | None


class Doubt(BaseModel):
    """A pair of listings that people should look at; every column of `ops.identity_review`."""

    model_config = ConfigDict(extra="allow")

    coingecko_id: str | None
    coinpaprika_id: str | None
    coingecko_coin: str | None = Field(description="The coin that the listing is now")
    coinpaprika_coin: str | None = Field(description="The coin that the listing is now")
    kind: str | None = Field(description="Why it is in doubt")
    evidence: str | None
    row_if_same: str | None = Field(description="The row of the overrides that says they are one coin")
    row_if_different: str | None = Field(description="The row of the overrides that says they are two")
    confidence: Number | None
    market_cap_usd: Number | None
