"""After an upgrade, marts hold what they would hold had the new release made them from the start."""

from flows import builds
from flows.steps import run_pass
from kasparro.settings import SAMPLES
from providers.generated import GeneratedMarket
from tests.flows.conftest import System
from tests.flows.life import read_nothing

PRICES = ("marts.coin_prices_hourly", "marts.coin_prices_daily")
RECORDS = ("marts.coin_candles", "marts.news_mentions", "marts.coin_quotes", "marts.coin_ids")


def test_marts_that_an_upgrade_brings_fill_themselves(filled: System, market: GeneratedMarket) -> None:
    history = (SAMPLES / "sample_history.csv").read_text() + "\n"  # as a file of the user's own
    (filled.settings.csv_dir / "history.csv").write_text(history)
    market.advance(90)
    assert filled.run().exit_code == 0

    def content() -> dict[str, object]:
        return {relation: filled.content(relation) for relation in (*PRICES, *RECORDS)}

    def upgraded() -> dict[str, object]:
        builds.forget(filled.warehouse)
        outcome = run_pass(filled.settings, "test", extract_all=read_nothing)
        assert outcome.exit_code == 0, outcome.error
        return content()

    before = content()
    assert not [relation for relation, rows in before.items() if not rows]
    filled.query(f"drop table {', '.join(PRICES)}, marts.coin_candles, marts.news_mentions cascade")
    assert upgraded() == before, "the release before had none of these tables"
    filled.query("delete from marts.coin_prices_hourly where canonical_id = 'btc'")
    filled.query("update ops.derivations set digest = ''")
    assert upgraded() == before, "the release before made them in another way"
    filled.query("delete from marts.coin_prices_hourly where canonical_id = 'btc'")
    assert upgraded() != before, "what is made as it was is not made anew at each upgrade"
