"""From one file to the rows of its table, and what is to be said about it."""

import logging
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import IO, Any

from extract.csv_files.checks import ALL_MONEY, NOT_LOADED, Claims, Verdict, judged, row_flags
from extract.csv_files.claims import verified
from extract.csv_files.headers import COLUMNS, Kind, Mapping
from extract.csv_files.layout import Layout, layout_of
from extract.csv_files.legibility import NOTHING_BEFORE, Before, Doubt
from extract.csv_files.models import Ohlcv, Snapshot
from extract.csv_files.peers import Closes
from extract.csv_files.reading import Quote, Style, Value, model_fields, quotes, style_of
from extract.landing import Landing
from extract.records import Origin, Payload, Unusable

logger = logging.getLogger("extract")

ROWS_AT_ONCE = 20_000
MODELS: dict[Kind, type[Snapshot | Ohlcv]] = {"snapshot": Snapshot, "ohlcv": Ohlcv}
DELIMITER_NAMES = {"\t": "tab"}
KIND_NAMES: dict[Kind, str] = {"snapshot": "quotes", "ohlcv": "daily history"}
# With these, what the file says is not believed: its rows are kept in raw, what it said before stays in the marts
UNTRUSTED = {"numbers_contradictory", "numbers_unclear", "dates_unclear"}


@dataclass(frozen=True)
class Content:
    """One content of a file: a private copy, and what its rows carry to tell it from others.

    `before` is what the content says that stands while this one does not.
    """

    copy: IO[bytes]
    file: str
    file_hash: str
    revision: int
    before: Before = NOTHING_BEFORE

    @property
    def key(self) -> Payload:
        """The columns that every row of it begins with."""
        return {"file": self.file, "file_hash": self.file_hash, "revision": self.revision}


@dataclass(frozen=True)
class Outcome:
    """What became of a file: what its event says (status, how it was read, counts, doubts), and some of its closes.

    `against` are the files that it contradicts, `fields` those of which it says something.
    """

    report: Payload
    closes: Closes = field(default_factory=dict[str, dict[str, float]])
    against: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()


def load(
    content: Content, others: dict[str, Closes], landing: Landing, origin: Origin
) -> Generator[Any, None, Outcome]:
    """Land a file's rows, in batches; `others` are the closes of other files.

    Returns what became of the file. Raises UnreadableError for what is not text.
    """
    layout = layout_of(content.copy)
    if not layout.mapping.kind:
        return _unmapped(layout)
    style = style_of(content.copy, layout, origin.fetched_at)
    layout, coins = verified(content.copy, layout, style, content.file)
    kind = layout.mapping.kind
    if not kind:
        return _unmapped(layout)
    report = _layout_report(layout)
    report |= {"kind": kind, "decimal_style": style.numbers.label, "date_style": style.dates.label}
    if kind == "ohlcv" and style.dates.doubt:
        verdict = Verdict(refusal=Doubt("dates_unclear", style.dates.doubt))
    else:
        claims = Claims(layout.mapping, kind, style, coins)
        rows = quotes(content.copy, layout, style, kind, coins)
        verdict = judged(rows, claims, others, content.before, origin.fetched_at)
    if verdict.refusal:
        return Outcome({**report, "status": "unmapped", **_words([verdict.refusal])}, against=verdict.against)
    landed = landing.landed.accepted, landing.landed.rejected
    payloads = _payloads(content, layout, kind, quotes(content.copy, layout, style, kind, coins), verdict)
    while batch := list(islice(payloads, ROWS_AT_ONCE)):
        yield from landing.land(MODELS[kind], batch, origin)
    accepted, rejected = landing.landed.accepted - landed[0], landing.landed.rejected - landed[1]
    doubts = [*_style_doubts(style), *verdict.doubts, *_mapping_doubts(layout.mapping)]
    report |= {"row_count": accepted, "rejected_count": rejected, **_words(doubts)}
    if verdict.is_withheld or not UNTRUSTED.isdisjoint(doubt.code for doubt in doubts):
        return Outcome({**report, "status": "withheld"})
    logger.info("csv: %s: %s rows of %s", content.file, f"{accepted:,}", KIND_NAMES[kind])
    if doubts:
        logger.warning("csv: %s: %s", content.file, report["message"])
    return Outcome({**report, "status": "loaded"}, verdict.closes, fields=verdict.fields)


def _unmapped(layout: Layout) -> Outcome:
    doubts = [_missing(layout.mapping), *_mapping_doubts(layout.mapping)]
    return Outcome({**_layout_report(layout), "status": "unmapped", **_words(doubts)})


def _payloads(
    content: Content, layout: Layout, kind: Kind, rows: Iterator[Quote], verdict: Verdict
) -> Iterator[Payload | Unusable]:
    """What is landed of each row: its fields, then the other columns under their headers."""
    columns = layout.mapping.columns
    names = _extra_names(layout.mapping, kind)
    for quote in rows:
        key = {**content.key, "row_number": quote.number}
        if len(quote.cells) != len(layout.mapping.headers):
            yield Unusable({**key, "line": quote.cells[0]}, quote.unusable or "not a row of the table")
            continue
        if quote.unusable:
            yield Unusable({**key, "row": dict(zip(names, quote.cells, strict=True))}, quote.unusable)
            continue
        flags = row_flags(quote, verdict.supplies.get(quote.coin))
        withheld = verdict.withheld
        if not NOT_LOADED.isdisjoint(flags):
            withheld = ALL_MONEY
        kept: dict[str, Value] = {
            role: quote.cells[columns[role]] if role in withheld else _whole(role, value)
            for role, value in quote.values.items()
        }
        taken = set(columns.values())
        aside = {names[column]: cell for column, cell in enumerate(quote.cells) if cell and column not in taken}
        fields = {**model_fields(kind, kept), **model_fields(kind, quote.unread)}
        yield {**key, **fields, **aside, **({"flags": flags} if flags else {})}


def _whole(role: str, value: Value) -> Any:
    """A rank as the whole number it is."""
    return int(value) if role == "rank" and isinstance(value, Decimal) and value == value.to_integral() else value


def _extra_names(mapping: Mapping, kind: Kind) -> list[str]:
    """A name for each column under which it can stand in `extra`: its header, made unique."""
    reserved = {*MODELS[kind].model_fields, "row", "line", ""}
    names: list[str] = []
    for column, header in enumerate(mapping.headers):
        name = header if header not in reserved else f"{header} (column {column + 1})".strip()
        reserved.add(name)
        names.append(name)
    return names


def _layout_report(layout: Layout) -> Payload:
    mapping = layout.mapping
    columns = COLUMNS[mapping.kind] if mapping.kind else {}
    return {
        "encoding": layout.encoding,
        "delimiter": DELIMITER_NAMES.get(layout.delimiter, layout.delimiter),
        "mapping": {
            columns.get(role, role): {"header": match.header, "how": match.how, "confidence": match.confidence}
            for role, match in mapping.matches.items()
        },
    }


def _missing(mapping: Mapping) -> Doubt:
    headers = ", ".join(f'"{header[:40]}"' for header in mapping.headers[:20])
    has = f"The columns are {headers}" if headers else "The file names no columns"
    return Doubt("columns_missing", f"what is missing is {mapping.missing}. {has}: add one, or rename one")


def _mapping_doubts(mapping: Mapping) -> list[Doubt]:
    similar = [
        Doubt("column_similar", f'"{match.header}" is taken for {role}, by similarity ({match.confidence:.0%})')
        for role, match in mapping.matches.items()
        if match.how == "similarity"
    ]
    return [*similar, *(Doubt("column_doubtful", text) for text in mapping.doubts)]


def _style_doubts(style: Style) -> list[Doubt]:
    numbers = "numbers_unclear" if style.numbers.unsure else "numbers_contradictory"
    found = ((numbers, style.numbers), ("dates_unclear", style.dates))
    return [Doubt(code, each.doubt) for code, each in found if each.doubt]


def _words(doubts: Sequence[Doubt]) -> Payload:
    """Codes and words of doubts; each said once."""
    if not doubts:
        return {}
    texts = dict.fromkeys(doubt.text for doubt in doubts)
    return {
        "doubts": list(dict.fromkeys(doubt.code for doubt in doubts)),
        "message": ". ".join(text[0].upper() + text[1:] for text in texts),
    }
