"""A whole pass over a whole market, against an ETL that validates and upserts record by record and does no more."""  # noqa: N999

import resource
from statistics import median

from bench.per_record import per_record
from bench.scratch import COINS, scratch
from bench.table import Table

TITLE = "A whole pass"
ROUNDS = 3
TARGET_SECONDS = 15
TARGET_RATIO = 2
TARGET_MB = 600


def measure() -> Table:
    """Medians of rounds in which every price is new: a pass, then the yardstick on the same answers, turn by turn."""
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    count = 0
    with scratch() as system, per_record(system.settings, system.warehouse) as yardstick:
        system.run()  # the catalogues, too; and it is cold
        yardstick()
        for _ in range(ROUNDS):
            before = system.cpu_seconds()
            seconds = system.run()
            ours.append((seconds, system.cpu_seconds() - before))
            before = system.cpu_seconds()
            count, seconds, busy = yardstick()
            theirs.append((seconds, system.cpu_seconds() - before + busy))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    seconds, busy = (median(values) for values in zip(*ours, strict=True))
    their_seconds, their_busy = (median(values) for values in zip(*theirs, strict=True))
    notes = (
        f"One pass over {COINS:,} coins of CoinGecko and 2,500 of CoinPaprika, every price new, catalogues unchanged:\n"
        "extraction, dbt, audits, publication. The yardstick reads the same answers of the same stand-in providers,\n"
        "validates each record by the same Pydantic models and upserts all its fields by SQLAlchemy's session, one\n"
        f"statement per record and one transaction per answer, and does none of the rest. Medians of {ROUNDS} rounds,\n"
        "turn by turn, each in a warm process. CPU is all that the process and Postgres took."
    )
    rows = [
        ["whole pass", f"**{seconds:.1f}** (target ≤ {TARGET_SECONDS})", f"{count / seconds:,.0f}", f"{busy:.1f}"],
        ["record by record", f"{their_seconds:.1f}", f"{count / their_seconds:,.0f}", f"{their_busy:.1f}"],
        ["the pass's speed, of it", f"**{their_seconds / seconds:.1f} ×** (target ≥ {TARGET_RATIO} ×)", "",
         f"{their_busy / busy:.1f} ×"],
        ["most memory of the pipeline", f"{memory} MB (target ≤ {TARGET_MB} MB)", "", ""],
    ]  # fmt: skip
    return Table(notes, ["", "seconds", "quotes/s", "CPU seconds"], rows)
