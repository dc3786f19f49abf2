"""How a file writes numbers, judged by all of them, and reading them that way.

`1.234` is one and a bit or a thousand and more: a single value can't tell. A whole file can: by values that fit only
one style, and by values that contradict each other, as after a spreadsheet took decimal points for thousands.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Literal

Mark = Literal[".", ","]
MARKS: tuple[Mark, Mark] = (".", ",")
# Values that contradict the rest: fewer are slips, each dropped alone; more, and no value of the file can be trusted
MOST_CONTRADICTIONS = 0.01
# More digits than any column holds; it also bounds what a hostile cell can cost
LONGEST = 100
PLAIN = re.compile(r"-?(\d+)(?:\.(\d+))?")
NUMBER = re.compile(
    r"""(?P<open>\()?\s*(?P<sign>[-+\u2212])?\s*(?:US\$|USD|\$)?\s*(?P<sign2>[-+\u2212])?
        (?P<body>[\d.,][\d.,'\u2019\u00a0\u202f\ _]*)(?P<exponent>e[-+]?\d{1,3})?\s*
        (?P<unit>%|thousand|million|billion|trillion|k|mn?|bn?|tn?)?\s*(?:US\$|USD|\$)?\s*(?P<close>\))?""",
    re.VERBOSE | re.IGNORECASE,
)
SPACED = re.compile(r"\d{1,3}(?:[ '\u2019\u00a0\u202f_]\d{3})+(?=[.,]|$)")
SPACES = re.compile(r"[ '\u2019\u00a0\u202f_]")
UNITS = {"%": 0, "t": 12, "b": 9, "m": 6, "k": 3}


@dataclass(frozen=True)
class _Parts:
    """A number taken apart: digits with their marks, and by what it is to be scaled."""

    body: str
    negative: bool
    exponent: int
    scientific: bool


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written. `label` is for people, as `1,234.5`; `doubt` says what can't be trusted, and why."""

    label: str
    decimal: Mark | None
    unsure: frozenset[Mark] = frozenset()
    doubt: str | None = None

    def reader(self) -> Callable[[str], Decimal | None]:
        """A function that reads a number of this style exactly; None for anything else."""
        if self.decimal is None:
            return _nothing
        group = "," if self.decimal == "." else "."
        allowed = re.compile(
            rf"(?:\d{{1,3}}(?:\{group}\d{{3}})+|\d+)(?:\{self.decimal}\d*)?"
            rf"|\{self.decimal}\d+"
        )
        plain = PLAIN if self.decimal == "." and not self.unsure else re.compile(r"-?\d+")

        def read(text: str) -> Decimal | None:
            if plain.fullmatch(text):
                return Decimal(text)
            parts = _parts(text)
            if not parts or not allowed.fullmatch(parts.body) or self._is_unsure(parts):
                return None
            digits = parts.body.replace(group, "").replace(self.decimal or "", ".")
            try:
                value = Decimal(digits).scaleb(parts.exponent)
            except InvalidOperation:
                return None
            return -value if parts.negative else value

        return read

    def _is_unsure(self, parts: _Parts) -> bool:
        return any(mark in self.unsure and _form(parts, mark) == "either" for mark in MARKS)


@dataclass
class NumberEvidence:
    """What the numbers of a file show, counted value by value."""

    counts: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, text: str) -> None:
        """Take a value into account; what is no number at all counts for nothing."""
        if (plain := PLAIN.fullmatch(text)) and plain[2] and (len(plain[2]) != 3 or plain[1][0] == "0"):
            self.counts["decimal."] += 1  # by far the most frequent, and quick to tell
            self.examples.setdefault("decimal.", text)
            return
        parts = _parts(text)
        if not parts:
            return
        for mark in MARKS:
            if form := _form(parts, mark):
                self.counts[form + mark] += 1
                self.examples.setdefault(form + mark, text)
        if parts.body.isdigit():
            self.counts["long" if len(parts.body) > 3 and not parts.scientific else "short"] += 1

    def style(self) -> NumberStyle:
        """The one style that all values allow, or one that trusts none."""
        return self._contradiction() or self._consistent()

    def _contradiction(self) -> NumberStyle | None:
        for mark in MARKS:
            if self._clash(f"group{mark}", f"decimal{mark}"):
                return self._distrusted(f"group{mark}", f"decimal{mark}", f'"{mark}" can\'t be both')
            if self.counts[f"broken{mark}"] > MOST_CONTRADICTIONS * self.counts.total():
                return self._distrusted(f"broken{mark}", None, "its groups of digits fit no way of writing numbers")
        if self._clash("decimal.", "decimal,"):
            return self._distrusted("decimal.", "decimal,", "decimal points and decimal commas are mixed")
        return None

    def _clash(self, one: str, other: str) -> bool:
        fewer, more = sorted((self.counts[one], self.counts[other]))
        return fewer > MOST_CONTRADICTIONS * (fewer + more)

    def _distrusted(self, one: str, other: str | None, why: str) -> NumberStyle:
        shown = f'"{self.examples[one]}"' + (f' and "{self.examples[other]}"' if other else "")
        return NumberStyle(
            "contradictory",
            None,
            doubt=f"numbers like {shown} contradict each other: {why}. A spreadsheet of another locale probably "
            "changed them, and some would be thousands of times too large. No number is taken over; export the file "
            "again from its source, without opening it in a spreadsheet",
        )

    def _consistent(self) -> NumberStyle:
        points = self.counts["decimal."] + self.counts["group,"]
        commas = self.counts["decimal,"] + self.counts["group."]
        if points or commas:
            return _style("." if points >= commas else ",")
        either: list[Mark] = [mark for mark in MARKS if self.counts[f"either{mark}"]]
        if not either:
            return NumberStyle("1234", ".")
        if len(either) == 1 and self.counts["long"]:
            return _style(either[0])
        example = self.examples[f"either{either[0]}"]
        return NumberStyle(
            "unclear",
            ".",
            frozenset(either),
            f'nothing in the file tells whether the mark in "{example}" is a decimal or a thousands separator: such '
            "numbers are not taken over. Write numbers without thousands separators",
        )


def _style(decimal: Mark) -> NumberStyle:
    return NumberStyle("1,234.5" if decimal == "." else "1.234,5", decimal)


def _nothing(_: str) -> None:
    return None


def _parts(text: str) -> _Parts | None:
    match = NUMBER.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if not match or bool(match["open"]) != bool(match["close"]) or (match["sign"] and match["sign2"]):
        return None
    body = match["body"].rstrip(" \u00a0\u202f")
    if SPACED.match(body):
        body = SPACES.sub("", body)
    if not any(character.isdigit() for character in body) or SPACES.search(body):
        return None
    exponent = int(match["exponent"][1:]) if match["exponent"] else 0
    unit = match["unit"]
    negative = bool(match["open"]) or (match["sign"] or match["sign2"] or "+") != "+"
    return _Parts(body, negative, exponent + (UNITS[unit[0].lower()] if unit else 0), bool(match["exponent"]))


def _form(parts: _Parts, mark: Mark) -> Literal["group", "decimal", "either", "broken"] | None:
    """What a mark must be in a number: it may also be either of the two, or fit neither."""
    before, *groups = parts.body.split(mark)
    other = "," if mark == "." else "."
    if not groups:
        return None
    if other in groups[-1]:  # 1,234.5
        whole = groups[-1].partition(other)[0]
        return "group" if _are_groups(before, [*groups[:-1], whole]) and groups[-1].count(other) == 1 else "broken"
    if len(groups) > 1:
        return "group" if _are_groups(before, groups) else "broken"
    if other in before or parts.scientific or len(groups[0]) != 3 or not 1 <= len(before) <= 3 or before[0] == "0":
        return "decimal"
    return "either"


def _are_groups(first: str, others: list[str]) -> bool:
    return 1 <= len(first) <= 3 and all(len(each) == 3 and each.isdigit() for each in others)
