"""Drift of what the providers send: one event each, the last good data stays, and what was held back comes back."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from flows import drift
from flows.steps import Outcome
from kasparro import environment
from kasparro.settings import REPOSITORY
from providers.faults import Plan, Rule
from providers.faults.fields import DropField, FieldFault, RenameField, RetypeField, SetField
from providers.faults.rows import FewerRows
from providers.generated import GeneratedMarket
from tests.flows.conftest import System

KEY_MAPPING = "coingecko.markets.id: coin_id"
BTC_QUOTES = "select source, count(*) from marts.coin_quotes where canonical_id = 'btc' group by 1 order by 1"


def events(system: System) -> list[tuple[Any, ...]]:
    """What was recorded, by source."""
    return system.query(
        "select kind, concat_ws('.', source, table_name, field), status from ops.schema_drift_events "
        "order by source, first_seen_at"
    )


def drifting(system: System, **faults: FieldFault | FewerRows) -> None:
    """From now on the answers of these paths drift: `coins_markets` is `/coins/markets`."""
    rules = [Rule(fault=fault, path="/" + path.replace("_", "/")) for path, fault in faults.items()]  # pyright: ignore[reportArgumentType]
    system.stand_in.faults = Plan(rules)


def approve(project: Path, *mappings: str) -> None:
    """Add lines to the project file."""
    lines = "".join(f"\n    {line}" for line in mappings)
    project.write_text(project.read_text().replace("  field_mappings: {}", f"  field_mappings:{lines}"))


def next_pass(system: System, market: GeneratedMarket) -> Outcome:
    """A pass five minutes later."""
    market.advance(5)
    return system.run()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project file of a copy of the dbt project, that a test may edit as an operator would."""
    shutil.copytree(REPOSITORY / "dbt_project", tmp_path / "dbt_project")
    shutil.copy(REPOSITORY / "profiles.yml", tmp_path)
    monkeypatch.setattr(environment, "REPOSITORY", tmp_path)
    return tmp_path / "dbt_project" / "dbt_project.yml"


def test_a_rename_and_a_retype_are_held_back_and_end_as_if_they_had_not_been(
    filled: System, market: GeneratedMarket, project: Path
) -> None:
    before = filled.content("marts.coins")
    drifting(
        filled,
        coins_markets=RenameField(field="current_price", to="last_price"),
        tickers=RetypeField(field="quotes.USD.price"),
    )
    renamed, retyped = "coingecko.markets.current_price", "coinpaprika.tickers.usd_price"

    for _ in ("the first pass", "another pass is the same event"):
        outcome = next_pass(filled, market)

        assert outcome.exit_code == 3
        assert set(outcome.failures) == {"coingecko", "coinpaprika"}
        assert f"{renamed} is now called last_price" in outcome.failures["coingecko"]
        assert filled.query("select source from ops.source_status where error ~ 'held back' order by 1") == [
            ("coingecko",),
            ("coinpaprika",),
        ], "so /health says it, too"
        assert events(filled) == [("renamed", renamed, "open"), ("retyped", retyped, "open")]
        assert filled.query(BTC_QUOTES) == [("coingecko", 1), ("coinpaprika", 1)]
        assert filled.content("marts.coins") == before

    approved = [event.suggested_mapping for event in drift.open_events(filled.warehouse)]
    assert approved == [f"{renamed}: last_price", f"{retyped}: usd_price"]
    approve(project, *map(str, approved))
    outcome = next_pass(filled, market)

    assert outcome.exit_code == 0, outcome.error
    assert events(filled) == [("renamed", renamed, "resolved"), ("retyped", retyped, "resolved")]
    assert filled.query(BTC_QUOTES) == [("coingecko", 4), ("coinpaprika", 4)], "every pass is in the history"
    assert filled.query("select count(*) from marts.coin_quotes where price_usd is null") == [(0,)]


def test_what_went_missing_is_held_back_until_it_is_there_again(filled: System, market: GeneratedMarket) -> None:
    drifting(filled, coins_markets=DropField(field="current_price"), tickers=FewerRows(share=0.5))
    price, half = "coingecko.markets.current_price", "coinpaprika.tickers.*"

    assert next_pass(filled, market).exit_code == 3
    assert events(filled) == [("missing", price, "open"), ("row_count", half, "open")]
    assert filled.query(BTC_QUOTES) == [("coingecko", 1), ("coinpaprika", 1)]

    drifting(filled)
    assert next_pass(filled, market).exit_code == 0
    assert events(filled) == [("missing", price, "resolved"), ("row_count", half, "resolved")]
    assert filled.query(BTC_QUOTES) == [("coingecko", 2), ("coinpaprika", 2)], "a gap where the drift was"


def test_half_a_catalogue_delists_nobody_a_renamed_key_is_one_event_and_a_new_field_is_noted(
    filled: System, market: GeneratedMarket, project: Path
) -> None:
    listed = "select source_coin_id, status from marts.coin_listings where source = 'coingecko' order by 1"
    before = filled.query(listed)
    drifting(
        filled,
        coins_list=FewerRows(share=0.5),
        coins_markets=RenameField(field="id", to="coin_id"),
        tickers=SetField(field="sentiment", value="bullish"),
    )
    filled.query("delete from raw_coingecko._dlt_pipeline_state")  # the catalogue is due again
    shutil.rmtree(filled.settings.kasparro_home / "dlt")

    for _ in range(2):
        assert next_pass(filled, market).exit_code == 3
        assert sorted(events(filled)[:2]) + events(filled)[2:] == [
            ("renamed", "coingecko.markets.id", "open"),
            ("row_count", "coingecko.coins_list.*", "open"),
            ("added", "coinpaprika.tickers.sentiment", "noted"),
        ]
        assert filled.query(listed) == before
    assert filled.query(
        "select example, severity, 'coins' = any(touched_marts), 'GET /data' = any(touched_endpoints) "
        "from ops.schema_drift_events where kind = 'added'"
    ) == [("bullish", "warning", True, True)]

    # the records without a key were quarantined: one line gives them theirs
    assert [event.suggested_mapping for event in drift.open_events(filled.warehouse)][1:] == [KEY_MAPPING]
    assert filled.query(BTC_QUOTES) == [("coingecko", 1), ("coinpaprika", 3)]
    approve(project, KEY_MAPPING)
    for quotes in (4, 5):
        next_pass(filled, market)
        assert ("renamed", "coingecko.markets.id", "resolved") in events(filled)
        assert filled.query(BTC_QUOTES) == [("coingecko", quotes), ("coinpaprika", quotes)]


def test_what_people_accept_is_published(
    filled: System, market: GeneratedMarket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drift, "load_settings", lambda: filled.settings)
    assert drift.main([]) == 0
    assert "No drift is open" in capsys.readouterr().out
    drifting(filled, coins_markets=FewerRows(share=0.5))
    next_pass(filled, market)

    assert drift.main([]) == 0
    said = capsys.readouterr().out
    (event,) = drift.open_events(filled.warehouse)
    assert f"make drift ARGS='accept {event.short_id}'" in said
    assert drift.main(["accept", "nothing"]) == 1
    assert "`make drift` lists them" in capsys.readouterr().err
    assert drift.main(["reject"]) == 2
    assert drift.main(["accept", event.short_id]) == 0
    filled.run()

    assert events(filled) == [("row_count", "coingecko.markets.*", "accepted")]
    assert filled.query(BTC_QUOTES) == [("coingecko", 2), ("coinpaprika", 2)]
    assert next_pass(filled, market).exit_code == 0, "half is what is expected now"
