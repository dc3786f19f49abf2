"""All SQL of `GET /changes`."""

from datetime import datetime

from api.lists.columns import arranged
from api.lists.conditions import Conditions
from api.lists.listing import Listing, SortKey

COLUMNS = arranged(
    "change_id version changed_at kind canonical_id other_canonical_id old_value new_value detail",
    integer="change_id version",
    time="changed_at",
)


def changes(*, after: int | datetime | None, kind: str | None, canonical_id: str | None, latest: bool) -> Listing:
    """What happened to coins after a version or a time, oldest first, or with `latest` newest first."""
    conditions = Conditions()
    if isinstance(after, int):
        conditions.add("change.version > :after", after=after)
    elif after is not None:
        conditions.add("change.changed_at > :after", after=after)
    conditions.equal("change.kind", "kind", kind)
    if canonical_id is not None:
        coin = ":canonical_id in (change.canonical_id, change.other_canonical_id)"
        conditions.add(coin, canonical_id=canonical_id.lower())
    select = ", ".join(f"change.{column.name}" for column in COLUMNS)
    key = SortKey("change.change_id", "bigint", nullable=False)
    relation = "\nfrom marts.coin_changes as change"
    return Listing(COLUMNS, select, relation, conditions, key, descending=latest, tie=("change.change_id",))
