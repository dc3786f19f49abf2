"""What is kept of CSV files: an event per file, and a record per row.

Rows are converted from text before they are validated, by the decimal and date style that the whole file shows. So
the row models are strict: text where a number or a time belongs is text that could not be read, and stays in `extra`.
"""

from typing import ClassVar

from pydantic import ConfigDict

from extract.records import Integer, Json, Key, Moment, Number, Record, Text


class FileEvent(Record):
    """What happened to a file. The latest event by `recorded_at` tells its current state.

    `status` is `loaded`, `withheld` (the rows are in raw, but what they say is not believed), `unmapped`, `unreadable`
    or `removed`. `revision` counts the contents that a file had, so that one that comes back to an earlier content has
    new rows. `mapping` tells for each field the header, how it was matched (`name`, `alias`, `similarity`, `values`)
    and the confidence; `doubts` the codes of what `message` says in words.
    """

    table: ClassVar[str] = "files"

    file: Key
    file_hash: Key
    status: Key
    recorded_at: Moment
    revision: Integer | None = None
    kind: Text | None = None
    delimiter: Text | None = None
    encoding: Text | None = None
    decimal_style: Text | None = None
    date_style: Text | None = None
    mapping: Json | None = None
    row_count: Integer | None = None
    rejected_count: Integer | None = None
    doubts: Json | None = None
    message: Text | None = None
    modified_at: Moment | None = None


class Snapshot(Record):
    """A row of a file of quotes: one coin at one time, in USD. `flags` tells why numbers were kept back in `extra`."""

    model_config = ConfigDict(strict=True)
    table: ClassVar[str] = "snapshots"

    file: Key
    file_hash: Key
    revision: Integer
    row_number: Integer
    symbol: Text | None = None
    name: Text | None = None
    price_usd: Number | None = None
    market_cap_usd: Number | None = None
    volume_24h_usd: Number | None = None
    percent_change_24h: Number | None = None
    circulating_supply: Number | None = None
    rank: Integer | None = None
    observed_at: Moment | None = None
    flags: Json | None = None


class Ohlcv(Record):
    """A row of a file of daily history: one coin on one day (its start in UTC), in USD. `flags` tells what is wrong."""

    model_config = ConfigDict(strict=True)
    table: ClassVar[str] = "ohlcv"

    file: Key
    file_hash: Key
    revision: Integer
    row_number: Integer
    date: Moment
    symbol: Text | None = None
    name: Text | None = None
    open_usd: Number | None = None
    high_usd: Number | None = None
    low_usd: Number | None = None
    close_usd: Number | None = None
    volume_usd: Number | None = None
    market_cap_usd: Number | None = None
    flags: Json | None = None
