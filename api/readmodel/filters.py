"""What can be asked of the coins in memory."""

from decimal import Decimal
from typing import NamedTuple


class Texts(NamedTuple):
    """Texts that a coin must have, compared without regard to case: all that are set."""

    canonical_id: str | None = None
    symbol: str | None = None
    name: str | None = None
    search: str | None = None


class Filters(NamedTuple):
    """What a coin must satisfy: all that is set."""

    texts: Texts = Texts()
    min_market_cap: Decimal | None = None
    max_market_cap: Decimal | None = None
    status: str | None = None
    priced: bool | None = None
    """Whether it has a price."""
