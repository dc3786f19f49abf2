"""docs/endurance.md, whose figures the long proofs write."""

import re
from datetime import UTC, datetime

from kasparro.settings import REPOSITORY

REPORT = REPOSITORY / "docs" / "endurance.md"


def record(section: str, text: str) -> None:
    """Put a section of the report in the place of its last one. Raises ValueError where the report has no such."""
    whole = REPORT.read_text()
    pattern = re.compile(rf"(<!-- {section} -->\n).*?(\n<!-- /{section} -->)", re.DOTALL)
    measured = f"{text}\n\nMeasured {datetime.now(UTC):%-d %B %Y}."
    replaced, places = pattern.subn(lambda found: f"{found[1]}{measured}{found[2]}", whole)
    if places != 1:
        raise ValueError(f"{REPORT} has {places} places for {section}")
    REPORT.write_text(replaced)
