"""What must hold of a list's rows."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Conditions:
    """SQL clauses and the values bound in them; all must hold."""

    clauses: list[str] = field(default_factory=list[str])
    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def add(self, clause: str, **values: Any) -> None:
        """Require one thing more."""
        self.clauses.append(clause)
        self.values.update(values)

    def equal(self, expression: str, name: str, value: Any) -> None:
        """Require a value, if there is one."""
        if value is not None:
            self.add(f"{expression} = :{name}", **{name: value})

    @property
    def where(self) -> str:
        """The clause as SQL."""
        return "\nwhere " + "\n    and ".join(self.clauses) if self.clauses else ""
