"""Markets that are not as they should be."""

import json
from collections.abc import Sequence

from providers import jsontext
from providers.generated import GeneratedMarket
from providers.market import Rows

MARK = "spoilt here"


class Spoilt(GeneratedMarket):
    """A market whose k-th coin has the k-th piece of nonsense in one of its fields at CoinGecko."""

    def __init__(self, nonsense: Sequence[tuple[str, object]], coins: int = 40) -> None:
        super().__init__(coins=coins, seed=7)
        self.nonsense = nonsense

    def coingecko_markets(self) -> Rows:
        """The quotes of all coins, spoilt."""
        rows = dict(super().coingecko_markets())
        for coin, (field, value) in zip(list(rows), self.nonsense, strict=False):
            said = json.dumps(value).encode() if isinstance(value, str) else jsontext.dumps(value)
            marked = jsontext.dumps({**jsontext.loads(rows[coin]), field: MARK})
            rows[coin] = marked.replace(jsontext.dumps(MARK), said)  # also what no JSON library would write
        return rows
