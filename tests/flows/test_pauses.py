"""Who is left alone is asked again at once, on demand."""

import pytest

from flows import pauses
from tests.flows.conftest import System

PAUSED = "select paused_until is not null, failures from raw_coingecko.provider_calls"


def test_pauses_are_lifted(filled: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KASPARRO_HOME", str(filled.settings.kasparro_home))
    monkeypatch.setenv("DATABASE_URL", filled.settings.database_url or "")
    filled.query("update raw_coingecko.provider_calls set paused_until = now() + interval '2 hours', failures = 7")
    assert pauses.main(["kraken"]) == 2
    assert "no source is called kraken" in capsys.readouterr().err
    assert pauses.main(["rss"]) == 0
    assert "rss is asked by the next run, every feed of it" in capsys.readouterr().out
    assert filled.query(PAUSED) == [(True, 7)]
    for said in ("coingecko was to be left alone until", "coingecko is asked by the next run"):
        assert pauses.main([]) == 0
        assert said in capsys.readouterr().out
    assert filled.query(PAUSED) == [(False, 0)]
