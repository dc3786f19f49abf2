"""A market from a folder of recorded responses. It stands still: nothing in it moves until the files are read anew.

Layout, all but `coingecko` or `coinpaprika` optional:

    coingecko/coins/{list,markets}.json     coinpaprika/{tickers,coins,contracts}.json
    coinpaprika/contracts/<platform>.json   rss/<name>.xml

Rows are cut out of the files as text, so every number is served as it was written.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson

from providers import jsontext
from providers.market import Feed, Point, Rows
from providers.messages import ProviderName


class RecordedMarket:
    """Serves a folder. Raises NotADirectoryError or ValueError at once when it is none, or a file is no JSON array."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        if not self._folder.is_dir():
            raise NotADirectoryError(f"no folder of recorded responses at {self._folder}")
        self.version = 0
        self.reload()

    def reload(self) -> None:
        """Read the files again, after a test has changed them."""
        self._markets = self._rows("coingecko/coins/markets.json")
        self._list = self._rows("coingecko/coins/list.json")
        self._tickers = self._rows("coinpaprika/tickers.json")
        self._coins = self._rows("coinpaprika/coins.json")
        self._contracts = self._platforms()
        self.now = self._newest()
        self.version += 1

    def coingecko_markets(self) -> Rows:
        return self._markets

    def coingecko_list(self, active: bool) -> Rows:
        return self._list if active else {}

    def coinpaprika_tickers(self, paid: bool) -> Rows:
        """As recorded, on any plan."""
        return self._tickers

    def coinpaprika_coins(self) -> Rows:
        return self._coins

    def coinpaprika_contracts(self) -> Mapping[str, list[bytes]]:
        return self._contracts

    def history(self, provider: ProviderName, coin_id: str, moments: list[datetime]) -> list[Point] | None:
        return None

    def feed(self, name: str) -> Feed | None:
        file = self._folder / "rss" / f"{Path(name).name}.xml"
        if not file.is_file():
            return None
        return Feed(file.read_bytes(), datetime.fromtimestamp(int(file.stat().st_mtime), UTC))

    def feed_names(self) -> list[str]:
        return sorted(file.stem for file in self._folder.glob("rss/*.xml"))

    def _rows(self, name: str) -> Rows:
        return {orjson.loads(row)["id"]: row for row in _rows_in(self._folder / name)}

    def _platforms(self) -> dict[str, list[bytes]]:
        index = self._folder / "coinpaprika/contracts.json"
        names: list[str] = orjson.loads(index.read_bytes()) if index.is_file() else []
        return {name: _rows_in(self._folder / "coinpaprika/contracts" / f"{name}.json") for name in names}

    def _newest(self) -> datetime:
        """The latest `last_updated` of the recorded quotes; the epoch when there is none."""
        rows = [*self._markets.values(), *self._tickers.values()]
        times = [orjson.loads(row).get("last_updated") or "" for row in rows]
        newest = max(times, default="")
        return datetime.fromisoformat(newest) if newest else datetime.fromtimestamp(0, UTC)


def _rows_in(file: Path) -> list[bytes]:
    """The rows of a file; none when there is no such file."""
    try:
        return jsontext.rows_of(file.read_bytes()) if file.is_file() else []
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
