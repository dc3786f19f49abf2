"""No statement of a run pairs the market with itself, whatever the planner believes of the sizes of its tables."""

import re

from kasparro.settings import Settings
from providers.generated import GeneratedMarket
from tests.flows.conftest import System
from tests.flows.plans import executed, planned_blindly

DUE = {r"int_(fields|keys|loads)__\w+: .*": "drift compares fields of tables: some hundreds of rows"}
"""Joins that no key narrows, and why none has to."""


def test_every_join_of_a_run_has_an_equality_on_a_selective_key(
    filled: System, market: GeneratedMarket, settings: Settings
) -> None:
    market.advance(5)
    log = settings.kasparro_home / "logs" / "postgres.log"
    with executed(filled.warehouse, log) as statements:
        outcome = filled.run()
    assert outcome.exit_code == 0, outcome.error
    assert outcome.is_new

    blind = planned_blindly(filled.warehouse, statements)
    assert {"int_listings__matched", "int_coins__merged", "coins", "coin_listings"} <= {each.model for each in blind}
    wide = {join for each in [*statements, *blind] for join in each.wide_joins()}
    undue = [join for join in wide if not any(re.fullmatch(due, join, re.DOTALL) for due in DUE)]
    assert not undue, "\n".join(undue)
