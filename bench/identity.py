"""Resolving who is who: from scratch, and when nothing has changed."""

import time
from fnmatch import fnmatch
from statistics import median

from bench.scratch import Scratch, scratch
from bench.table import Table
from flows import transform
from flows.ledger import Ledger
from flows.steps import build as build_all
from flows.steps import run_pass
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse

TITLE = "Identity: 45,000 listings of CoinGecko and 13,000 of CoinPaprika"
COINS = 45_000
ROUNDS = 3
THREADS = 4
"""As profiles.yml says."""
BEFORE = (
    "resource_type:seed",
    "models/staging",
    "int_loads__*",
    "int_fields__*",
    "int_keys__*",
    "int_quotes__new",
    "int_sources__restated",
)
IDENTITY = (
    "int_names__*",
    "int_listings__*",
    "int_listing_links__*",
    "int_listing_pairs__*",
    "int_file_pairs__*",
    "int_quotes__believed",
    "int_coin_parts__*",
    "int_coin_ids__*",
    "int_coins__*",
    "coins",
    "coin_listings",
    "coin_ids",
    "coin_listing_history",
    "coin_changes",
    "coin_relations",
    "coin_deployments",
    "identity_*",
)
ONE_VIEW = ("stg_dlt__loads",)
NAMES = "drop table if exists intermediate.int_names__keyed cascade"
"""The one thing that a model keeps from run to run."""


def measure() -> Table:
    """Medians of building the identity models alone, less what dbt takes for a single view."""
    with scratch(COINS) as system:
        rows: list[list[str]] = []

        def build(settings: Settings, warehouse: Warehouse, ledger: Ledger) -> tuple[transform.NodeResult, ...]:
            _build(system, *BEFORE)
            rows.append(_figures(system, "from scratch: nothing is published", 60, forget=NAMES))
            return build_all(settings, warehouse, ledger)

        outcome = run_pass(system.settings, "bench", build=build)
        assert outcome.exit_code == 0, outcome.error or outcome.failures
        rows += [_unchanged(system), _moved(system)]
        listings, coins = system.execute(
            "select count(*), count(distinct canonical_id) from marts.coin_listings where source like 'coin%'"
        )[0]
    notes = (
        f"{listings:,} listings of every endpoint, priced or not, become {coins:,} coins: all models from what is\n"
        "known of a listing to ids, links, history, changes, relations, deployments and quality, built alone, less\n"
        "what dbt takes to build a single view. In a pass over an unchanged market: what is done instead of building\n"
        "them, which is to see that nothing has landed that is not published. In a pass in which every price has\n"
        "moved: the time of these models, as four threads share it with all others (their own seconds, by four).\n"
        f"Medians of {ROUNDS} in one process."
    )
    return Table(notes, ["", "seconds", "CPU of it, Postgres included, s"], rows)


def _unchanged(system: Scratch) -> list[str]:
    """A pass in which nothing has changed builds no model; what it does instead."""
    took: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        outcome = run_pass(system.settings, "bench")
        assert outcome.exit_code == 0
        assert not outcome.nodes
        busy, started = system.cpu_seconds(), time.perf_counter()
        assert not transform.is_needed(system.warehouse)
        took.append((time.perf_counter() - started, system.cpu_seconds() - busy))
    seconds, cpu = (median(values) for values in zip(*took, strict=True))
    return ["**nothing has changed since it was published**", f"**{seconds:.1f}** (target ≤ 3)", f"{cpu:.1f}"]


def _moved(system: Scratch) -> list[str]:
    """A pass in which every price has moved."""
    took: list[float] = []
    for _ in range(ROUNDS):
        system.advance()
        outcome = run_pass(system.settings, "bench")
        assert outcome.exit_code == 0, outcome.error or outcome.failures
        took.append(sum(node.seconds for node in outcome.nodes if _is_of_identity(node.name)) / THREADS)
    return ["every price has moved", f"{median(took):.1f}", ""]


def _is_of_identity(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in IDENTITY)


def _figures(system: Scratch, name: str, target: int, forget: str = "select") -> list[str]:
    whole: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        system.execute(forget)
        whole.append(_build(system, *IDENTITY))
    idle = [_build(system, *ONE_VIEW) for _ in range(ROUNDS)]
    seconds, cpu = (median(took[i] for took in whole) - median(took[i] for took in idle) for i in (0, 1))
    return [f"**{name}**", f"**{seconds:.1f}** (target ≤ {target})", f"{cpu:.1f}"]


def _build(system: Scratch, *models: str) -> tuple[float, float]:
    """Seconds, and seconds of CPU, that dbt and the warehouse take for some models."""
    busy, started = system.cpu_seconds(), time.perf_counter()
    transform.build(system.settings, system.warehouse, transform.Watch(), run_id="bench", turn=0, only=models)
    return time.perf_counter() - started, system.cpu_seconds() - busy
