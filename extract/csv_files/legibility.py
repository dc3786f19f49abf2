"""How much of a file can be read: what nobody can read is no news, and does not replace what the file said before."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from extract.csv_files.headers import MONEY, Mapping
from extract.csv_files.reading import Quote, Style

# A content is taken over when half of it can be read; of markets in several currencies, those in dollars are enough
MOST_UNREAD = 0.5
FEWEST_IN_DOLLARS = 0.1
FEWEST_PRICED = 0.1
LONGEST_EXAMPLE = 60


@dataclass(frozen=True)
class Doubt:
    """Something about a file that its user should know: a code for programs, and plain words."""

    code: str
    text: str


@dataclass(frozen=True)
class Before:
    """What a file's content that stands says: of how many rows, and which fields."""

    rows: int = 0
    fields: frozenset[str] = frozenset()


NOTHING_BEFORE = Before()


@dataclass
class Legibility:
    """What of a file's rows and cells could be read, counted."""

    rows: int = 0
    unusable: int = 0
    other_money: int = 0
    priced: int = 0
    breaks_off: bool = False
    filled: Counter[str] = field(default_factory=Counter[str])
    unread: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, quote: Quote) -> None:
        """Take a row into account."""
        self.rows += 1
        self.breaks_off = bool(quote.unusable) and len(quote.cells) == 1 and not quote.cells[0].endswith(("\n", "\r"))
        if quote.unusable:
            self.unusable += 1
            self.other_money += quote.is_in_other_money
            shown = f"row {quote.number} ({quote.unusable}{_shown(quote.unread.get('time'))})"
            self.examples.setdefault("money" if quote.is_in_other_money else "rows", shown)
            return
        price = quote.decimal("close") or quote.decimal("price")
        self.priced += price is not None and price > 0
        self.filled.update((*quote.values, *quote.unread))
        self.unread.update([*quote.unread])
        for role, text in quote.unread.items():
            self.examples.setdefault(role, f"row {quote.number}{_shown(text)}")

    @property
    def fields(self) -> frozenset[str]:
        """The fields of which the file says something."""
        return frozenset(role for role, count in self.filled.items() if count > self.unread[role])

    def objections(self, mapping: Mapping, style: Style, before: Before) -> Iterator[Doubt]:
        """Why the content is not believed; `before` is what stands while it is not."""
        if not self.rows:
            yield Doubt("no_rows", "the file has a header and no rows")
            return
        usable = self.rows - self.unusable
        if self.other_money and usable < FEWEST_IN_DOLLARS * (usable + self.other_money):
            yield Doubt("other_currency", f"{self._rows_told('money')}. Prices in US dollars are wanted")
        elif (self.unusable - self.other_money) > MOST_UNREAD * (self.rows - self.other_money):
            yield Doubt("rows_unreadable", f"{self._rows_told('rows')}: see rejected_records")
        elif self.breaks_off and usable < before.rows:
            yield Doubt("breaks_off", f"the file breaks off in its last line, and has {usable} of {before.rows} rows")
        if usable:
            yield from self._columns_unread(usable, mapping, style, before)

    def remarks(self, mapping: Mapping, style: Style, before: Before) -> Iterator[Doubt]:
        """What could not be read of a content that is believed, and what it says no longer."""
        for code, kind, count in (
            ("rows_rejected", "rows", self.unusable - self.other_money),
            ("rows_in_other_currency", "money", self.other_money),
        ):
            if count:
                yield Doubt(code, f"{self._rows_told(kind)}: see rejected_records")
        for role in self._unread_roles(style):
            yield Doubt("cells_unreadable", self._cells_told(role, mapping))
        gone = sorted((before.fields - self.fields) & (MONEY | {"time"}))
        if gone:
            yield Doubt("fields_gone", f"it says nothing any more of {', '.join(gone)}")
        if self.rows * 2 < before.rows:
            yield Doubt("rows_fewer", f"it has {self.rows} rows, and had {before.rows}")

    def _columns_unread(self, usable: int, mapping: Mapping, style: Style, before: Before) -> Iterator[Doubt]:
        needed = {"price", "close", "time"} | before.fields
        unread = [
            role
            for role in self._unread_roles(style)
            if role in needed and self.unread[role] > MOST_UNREAD * self.filled[role]
        ]
        for role in unread:
            yield Doubt("column_unreadable", f"{self._cells_told(role, mapping)}: write plain numbers, and ISO dates")
        price = mapping.matches.get("close") or mapping.matches.get("price")
        if price and self.priced < FEWEST_PRICED * usable and not unread and not style.numbers.doubt:
            told = f"only {self.priced} of {usable} rows have" if self.priced else f"none of {usable} rows has"
            yield Doubt("prices_missing", f'{told} a price above zero in "{price.header}"')

    def _unread_roles(self, style: Style) -> list[str]:
        """The fields with cells that can't be read, where not the style of all numbers or dates is what is wrong."""
        return [role for role in self.unread if not (style.dates.doubt if role == "time" else style.numbers.doubt)]

    def _rows_told(self, kind: str) -> str:
        count = self.other_money if kind == "money" else self.unusable - self.other_money
        return f"{count} of {self.rows} rows could not be used, such as {self.examples[kind]}"

    def _cells_told(self, role: str, mapping: Mapping) -> str:
        header = mapping.matches[role].header
        count = f"{self.unread[role]} of {self.filled[role]} rows"
        return f'"{header}" could not be read in {count}, such as {self.examples[role]}'


def _shown(text: str | None) -> str:
    return f': "{text[:LONGEST_EXAMPLE]}"' if text else ""
