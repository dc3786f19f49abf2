"""What `/identity` takes and gives."""

from pydantic import BaseModel, ConfigDict

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
    """A link in doubt; every column of `ops.identity_review`."""

    model_config = ConfigDict(extra="allow")
