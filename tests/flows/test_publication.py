"""What may be published: all of a run's own work, with every audit, or nothing."""

import os
import subprocess
import sys
from pathlib import Path

from flows import transform
from flows.steps import Outcome, run_pass
from flows.transform import NodeResult, Watch
from kasparro.environment import dbt_environment
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import Warehouse
from providers.generated import GeneratedMarket
from tests.flows.conftest import System
from tests.flows.life import read_everything, read_nothing


class Intruder(Watch):
    """A run of dbt beside a pass, as when the warehouse has cut the lock: after the coins are built."""

    def __init__(self, settings: Settings, warehouse: Warehouse) -> None:
        self.environment = {**os.environ, **dbt_environment(settings, warehouse)}
        self.environment |= {"DBT_TARGET_PATH": f"{settings.kasparro_home}/dbt-by-hand", "KASPARRO_TURN": "1"}

    def ended(self, node: NodeResult) -> None:
        """Build a table that the pass has built."""
        if node.name == "coins":
            dbt = [str(Path(sys.executable).parent / "dbt"), "run", "--select", "int_listings__keyed"]
            subprocess.run(dbt, env=self.environment, cwd=REPOSITORY, check=True, capture_output=True)


def test_nothing_is_published_but_a_whole_audited_run_of_its_own(filled: System, market: GeneratedMarket) -> None:
    market.advance(5)
    read_everything(filled.settings, filled.warehouse)

    def published() -> list[tuple[object, ...]]:
        return filled.query("select version, changes::text from ops.publications") + filled.query(
            "select canonical_id, price_usd, updated_at, xmin::text from marts.coins order by 1"
        )

    def build(watch: Watch, *only: str) -> Outcome:
        return run_pass(
            filled.settings,
            "test",
            extract_all=read_nothing,
            build=lambda settings, warehouse, ledger: transform.build(
                settings, warehouse, watch, run_id=ledger.run_id, turn=ledger.turn.key, only=only
            ),
        )

    before = published()
    assert not build(Watch(), "path:models/marts").is_new, "what they are made of is not part of the run"
    assert not build(Watch(), "*").is_new, "no audit is part of the run"
    outcome = build(Intruder(filled.settings, filled.warehouse))
    assert outcome.exit_code == 1
    assert "another run of dbt built some of these tables meanwhile" in (outcome.error or "")
    assert published() == before
    assert build(Watch()).version == 2, "and what was held back is published by the next good run"
