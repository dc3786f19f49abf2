"""What a benchmark says: a few lines on how it was measured, and a table."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """`notes` say what was measured and how; the rows are text, the first column names what each is about."""

    notes: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The notes and the table."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return f"{self.notes}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
