"""Plans of the statements that a run executed, and the joins in them that would pair a market with itself."""

import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from kasparro.warehouse import Warehouse

CATEGORIES = frozenset(
    """source other_source feed chain_id status method kind endpoint platform table_name precedence is_active strength
    place""".split()
)
"""Columns of so few values that an equality on them alone pairs a market with itself."""
FEW_ROWS = frozenset({"int_sources__restated", "chains", "publications"})
"""Relations whose size does not follow the market's, or that a comparison of times is right for."""
EQUALITY = re.compile(r"([\w.]+) = ([\w.]+)")
NOISE = re.compile(r'[()]|::\w+|"[^"]*"\.')
MODEL = re.compile(r'"(?:intermediate|candidate|ops)"\."(\w+)"')
COPIED = re.compile(r'from "\w+__dbt_tmp\w*"')
"""An incremental model's rows are made in a temporary table first."""
SIZE = 100_000

Node = dict[str, Any]


@dataclass(frozen=True)
class Statement:
    """A statement and its plan, with actual row counts where it was executed."""

    text: str
    plan: Node

    @property
    def model(self) -> str:
        """The relation that it fills."""
        found = MODEL.search(self.text)
        return found[1] if found else self.text[:60]

    def nodes(self) -> Iterator[Node]:
        """The nodes of the plan, those of CTEs and subqueries included."""
        return _below(self.plan)

    def largest(self) -> int:
        """Rows of the node that made the most of them; rows that it made only to drop them count."""
        return max(map(_rows_of, self.nodes()))

    def wide_joins(self) -> Iterator[str]:
        """Joins without an equality on a selective key, both of whose sides grow with the market."""
        ctes = {node["Subplan Name"][4:]: node for node in self.nodes() if "CTE " in node.get("Subplan Name", "")}
        for node in self.nodes():
            if node["Node Type"] not in ("Nested Loop", "Hash Join", "Merge Join"):
                continue
            sides = [side for side in node["Plans"] if side.get("Parent Relationship") in ("Outer", "Inner")]
            condition = _condition(node, sides[-1])
            columns = {name.split(".")[-1] for pair in EQUALITY.findall(NOISE.sub("", condition)) for name in pair}
            if columns <= CATEGORIES and all(_grows(side, ctes) for side in sides):
                yield f"{self.model}: {node['Node Type']} on {condition or 'nothing'}"


@contextmanager
def executed(warehouse: Warehouse, log: Path) -> Generator[list[Statement]]:
    """Collect what the transformer executes meanwhile, from the server's `log`. The list is filled at the end."""
    role = sql.Identifier(warehouse.login("transformer").username or "")
    values = {
        "session_preload_libraries": "auto_explain",
        "auto_explain.log_min_duration": "0",
        "auto_explain.log_analyze": "on",
        "auto_explain.log_timing": "off",
        "auto_explain.log_format": "json",
    }
    collected: list[Statement] = []
    admin = psycopg2.connect(warehouse.url("admin"))
    admin.autocommit = True
    with admin.cursor() as cursor:
        for name, value in values.items():
            setting = sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))
            cursor.execute(sql.SQL("alter role {} set {} = {}").format(role, setting, sql.Literal(value)))
        start = log.stat().st_size
        try:
            yield collected
        finally:
            cursor.execute(sql.SQL("alter role {} reset all").format(role))
            admin.close()
    collected += _statements(log.read_bytes()[start:].decode())


def planned_blindly(warehouse: Warehouse, statements: list[Statement]) -> list[Statement]:
    """The same statements as a planner plans them that takes every table for a large one and knows nothing of it.

    It then holds every key for equally selective, as it does for a CTE: whatever joins a plan may begin with, it may
    begin with here. Nothing is executed, and the statistics are as they were afterwards.
    """
    admin = psycopg2.connect(warehouse.url("admin"))
    try:
        with admin.cursor() as cursor:
            ours = "(select oid from pg_class where relnamespace::regnamespace::text = any (%s) and relkind = 'r')"
            schemas = (["intermediate", "candidate", "marts", "ops", "staging"],)
            cursor.execute(f"delete from pg_statistic where starelid in {ours}", schemas)
            cursor.execute(f"update pg_class set relpages = 1, reltuples = {SIZE} where oid in {ours}", schemas)
            return [
                Statement(each.text, _planned(cursor, query))
                for each in statements
                if (query := _query_of(each.text)) is not None
            ]
    finally:
        admin.rollback()
        admin.close()


def _planned(cursor: Any, query: str) -> Node:
    cursor.execute(f"explain (format json) {query}")
    return cursor.fetchone()[0][0]["Plan"]


def _query_of(text: str) -> str | None:
    """The part of dbt's text that makes a model's rows; None where it makes none, or copies them from where it did."""
    found = re.search(r"(?:insert into|create temporary table) .*\bselect\b.*", text, re.DOTALL)
    return found[0].rstrip(" ;\n") if found and MODEL.search(text) and not COPIED.search(text) else None


def _statements(text: str) -> Iterator[Statement]:
    for found in re.finditer(r"duration: [\d.]+ ms  plan:\n((?:\t.*\n)+)", text):
        logged = json.loads(re.sub(r"^\t", "", found[1], flags=re.MULTILINE))
        yield Statement(logged["Query Text"], logged["Plan"])


def _below(node: Node) -> Iterator[Node]:
    yield node
    for child in node.get("Plans", []):
        yield from _below(child)


def _rows_of(node: Node) -> int:
    dropped = node.get("Rows Removed by Join Filter", 0) + node.get("Rows Removed by Filter", 0)
    return round((node["Actual Rows"] + dropped) * node["Actual Loops"])


def _condition(join: Node, inner: Node) -> str:
    """All that a join's rows have to fulfil; of a nested loop also what its inner side is looked up by."""
    parts = [join.get(name) for name in ("Hash Cond", "Merge Cond", "Join Filter")]
    if join["Node Type"] == "Nested Loop":
        names = ("Index Cond", "Recheck Cond", "Cache Key", "Filter")
        parts += [node.get(name) for node in _below(inner) for name in names]
    return " and ".join(part for part in parts if part)


def _grows(side: Node, ctes: dict[str, Node]) -> bool:
    """Whether a side of a join has more rows in a larger market: it reads such a table, and not for one row of it."""
    if side["Node Type"] in ("Function Scan", "Values Scan", "Result", "Limit"):
        return False
    if side["Node Type"] == "Aggregate" and "Group Key" not in side:
        return False
    if side["Node Type"] == "CTE Scan":
        return _grows(ctes[side["CTE Name"]], ctes) if side["CTE Name"] in ctes else True
    if "Relation Name" in side:
        return side["Relation Name"] not in FEW_ROWS
    inner = [child for child in side.get("Plans", []) if child.get("Parent Relationship") != "InitPlan"]
    return any(_grows(child, ctes) for child in inner)
