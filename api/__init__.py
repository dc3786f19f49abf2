"""The API over the marts, and the dashboard.

    marts ── one transaction per published version ──> readmodel (in memory) ──> GET /data
      └───── SQL over indexes ──> GET /data?source=..., dates
    ops ───> /stats  /health  /metrics
    Prefect <── POST /etl/trigger

One folder per resource: `routes.py` (HTTP), `queries.py` (all its SQL), `schemas.py` (what it takes and gives).
"""

from kasparro import interrupts as interrupts  # before what takes long to import
