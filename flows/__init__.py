"""Orchestration: one pass is extract, then transform; Prefect schedules it, retries it and shows it.

    run_pass ──> every source in parallel (extract.pipeline.run) ──> dbt build, audits, publication ──> ledger

`python -m flows.elt` runs one pass without Prefect; `python -m flows.serve` puts it on the schedule.
"""

from kasparro import interrupts as interrupts  # before what takes long to import
