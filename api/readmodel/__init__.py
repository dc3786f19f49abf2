"""The coins in memory: one frozen snapshot per published version, ready to be served.

The marts change only when a version is published, so each version is read once, encoded once and sorted once:

    ops.publications ── NOTIFY, or a look every second ──> Keeper ── queries.load ──> build ──> Snapshot
    /data ── filters, sort, page ──> select ──> coins' numbers ──> Snapshot.rows
"""

from api.readmodel.columns import COLUMNS, DECIMALS, PLAIN, SORTABLE, TYPED
from api.readmodel.filters import Filters, Texts
from api.readmodel.keeper import Keeper
from api.readmodel.select import Page, select
from api.readmodel.snapshot import Snapshot

__all__ = [
    "COLUMNS",
    "DECIMALS",
    "PLAIN",
    "SORTABLE",
    "TYPED",
    "Filters",
    "Keeper",
    "Page",
    "Snapshot",
    "Texts",
    "select",
]
