"""What can be asked of the coins in memory."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Filters:
    """What a coin must satisfy: all that is set. Texts are compared without regard to case."""

    canonical_id: str | None = None
    symbol: str | None = None
    name: str | None = None
    search: str | None = None
    min_market_cap: Decimal | None = None
    max_market_cap: Decimal | None = None
