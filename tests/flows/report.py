"""Results of the long proofs, as tables in docs/recovery.md."""

from collections.abc import Sequence
from datetime import UTC, datetime

from kasparro.settings import REPOSITORY

PAGE = REPOSITORY / "docs" / "recovery.md"


def write_section(name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Put a table between the marks of its name in the page."""
    table = "\n".join(f"| {' | '.join(line)} |" for line in [header, ["---"] * len(header), *rows])
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = PAGE.read_text().partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{table}\n\nMeasured {datetime.now(UTC):%-d %B %Y}.\n{end}{after}")
