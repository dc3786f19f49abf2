"""Schema drift, as an operator meets it: what is open, what to do about it, and the word that lets it pass."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2

from kasparro.settings import SettingsError, load_settings
from kasparro.warehouse import Warehouse, WarehouseError, ensure_warehouse
from kasparro.warehouse.connect import require_writable

USAGE = """make drift                         what is open, and the line that approves a mapping
make drift ARGS="accept EVENT"     let pass what an event holds back"""
APPROVAL = "to approve it, add this line to field_mappings in dbt_project/dbt_project.yml: {}"
ACCEPTANCE = "if that is how it is from now on: make drift ARGS='accept {}'"
WAITING = "a good answer of the provider ends it by itself; {}"


@dataclass(frozen=True)
class Event:
    """A drift that is open; `field` is `source.table.field`."""

    event_id: str
    source: str
    field: str
    kind: str
    severity: str
    sent_as: str | None
    confidence: float | None
    evidence: str
    suggested_mapping: str | None

    @property
    def short_id(self) -> str:
        """What a person types."""
        return self.event_id[:8]

    @property
    def headline(self) -> str:
        """What happened, in a few words."""
        what = {
            "row_count": f"{self.source} returned far fewer rows than there are",
            "renamed": f"{self.field} is now called {self.sent_as} (confidence {self.confidence})",
            "missing": f"{self.field} is missing",
            "retyped": f"{self.field} has another type",
            "null_rate": f"{self.field} is filled much more seldom",
            "added": f"{self.field} is new",
        }
        return f"{what[self.kind]}: {self.evidence}"

    @property
    def advice(self) -> str:
        """What to do about it."""
        acceptance = ACCEPTANCE.format(self.short_id)
        return APPROVAL.format(self.suggested_mapping) if self.suggested_mapping else WAITING.format(acceptance)


def open_events(warehouse: Warehouse) -> list[Event]:
    """Every drift that is open, the gravest first. Empty before the first transformation."""
    statement = """
        select event_id, source, concat_ws('.', source, table_name, nullif(field, '*')), kind, severity, sent_as,
            confidence::float, evidence, suggested_mapping
        from ops.schema_drift_events where status = 'open' order by severity, source, table_name, field
    """
    with closing(_connect(warehouse)) as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('ops.schema_drift_events') is not null")
        if cursor.fetchone() != (True,):
            return []
        cursor.execute(statement)
        return [Event(*row) for row in cursor.fetchall()]


def held_back(warehouse: Warehouse) -> Mapping[str, str]:
    """Source → why what it sent is held back, and what to do, in one line."""
    reasons: dict[str, str] = {}
    for event in open_events(warehouse):
        if event.severity == "error":
            earlier = reasons.get(event.source)
            said = f"held back, what was published stays: {event.headline}; {event.advice}"
            reasons[event.source] = f"{earlier}; {event.headline}" if earlier else said
    return reasons


def accept(warehouse: Warehouse, prefix: str) -> Event | None:
    """Accept the open event whose id begins so: the next pass publishes what it held back. None if no single one is."""
    found = [event for event in open_events(warehouse) if event.event_id.startswith(prefix)]
    if len(found) != 1:
        return None
    statement = """
        insert into ops.drift_acceptances (source, table_name, field, kind)
        select source, table_name, field, kind from ops.schema_drift_events where event_id = %s
        on conflict (source, table_name, field, kind) do update set accepted_at = clock_timestamp()
    """
    with closing(_connect(warehouse)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, (found[0].event_id,))
    return found[0]


def main(arguments: Sequence[str]) -> int:
    """Show or accept; returns the exit code."""
    try:
        warehouse = ensure_warehouse(load_settings())
        if arguments:
            with closing(_connect(warehouse)) as connection:
                require_writable(connection)
    except (SettingsError, WarehouseError) as error:
        print(error, file=sys.stderr)
        return 1
    match list(arguments):
        case []:
            return _show(open_events(warehouse))
        case ["accept", prefix] if prefix:
            event = accept(warehouse, prefix)
            if event is None:
                print(f"no single open event begins with {prefix}: `make drift` lists them", file=sys.stderr)
                return 1
            print(f"accepted: {event.headline}\nThe next pass publishes what was held back: make elt")
            return 0
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def _connect(warehouse: Warehouse) -> Any:
    return psycopg2.connect(warehouse.url("transformer"))


def _show(events: list[Event]) -> int:
    if not events:
        print("No drift is open: what came is as it is expected.")
    for event in events:
        effect = "held back" if event.severity == "error" else "published all the same"
        print(f"{event.short_id}  {event.source}, {effect}\n  {event.headline}\n  {event.advice}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
