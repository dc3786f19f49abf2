"""Dropping whatever is derived, and comparing what a rebuild makes of raw and the records with what was there."""

from typing import Any

import pytest

from flows import rebuild
from tests.flows.conftest import System

DERIVATIONS = (
    *("coins", "coin_listings", "coin_deployments", "coin_relations"),
    *("coin_prices_hourly", "coin_prices_daily"),
)
DROP = """
    do $$ declare found record; begin
    for found in
        select oid::regclass::text as name, case relkind when 'v' then 'view' else 'table' end as kind
        from pg_class
        where relkind in ('r', 'v') and (
            relnamespace::regnamespace::text in ('staging', 'intermediate', 'candidate')
            or (relnamespace = 'marts'::regnamespace and relname = any (%s))
        )
        order by relkind, name -- named before the first is dropped, which may take others along
    loop
        execute format('drop %%s if exists %%s cascade', found.kind, found.name);
    end loop; end $$
"""
SERVED = """
    select relnamespace::regnamespace || '.' || relname from pg_class
    where relkind in ('r', 'v') and (
        relnamespace = 'marts'::regnamespace
        or (relnamespace = 'ops'::regnamespace and relname in (
            'schema_drift_events', 'identity_review', 'csv_files', 'coverage_gaps', 'rejected_records'
        ))
    )
    order by 1
"""


def served(system: System) -> dict[str, list[tuple[Any, ...]]]:
    """Every mart, and what ops derives: all rows with every column."""
    return {name: system.query(f"select t::text from {name} as t order by 1") for (name,) in system.query(SERVED)}


def assert_all_can_be_made_anew(system: System, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Drop every derivation, with all that lies between raw and marts, rebuild, and compare to the row."""
    monkeypatch.setattr(rebuild, "load_settings", lambda: system.settings)
    monkeypatch.setattr("sys.argv", ["rebuild"])
    before = served(system)
    system.query(DROP, list(DERIVATIONS))

    assert rebuild.main() == 0

    said = capsys.readouterr().out.splitlines()
    ((version,),) = system.query("select max(version) from ops.publications")
    assert said[0] == f"everything was made anew; what differs is published as version {version}"
    assert {line.split(":")[0].strip() for line in said[1:]} == {
        name for name in DERIVATIONS if before[f"marts.{name}"]
    }, "the records are as they were"
    after = served(system)
    assert {name: sorted(set(rows) ^ set(after[name])) for name, rows in before.items() if rows != after[name]} == {}
