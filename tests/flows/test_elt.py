"""The command line of one run: what it reads, and what it refuses."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows import elt
from kasparro.settings import REPOSITORY
from tests.flows.conftest import System
from tests.kasparro.commands import environment


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--sources", "binance"], "'binance' is no source: there are coinpaprika, coingecko, csv, rss"),
        (["--sources", "coingecko,binance"], "'binance' is no source"),
        (["--sources", "csv:mine"], "files are read together: name csv"),
        (["--sources", ""], "'' is no source"),
        (["--sources"], "expected at least one argument"),
        (["--catalog-ue"], "unrecognized arguments"),
    ],
)
def test_what_is_no_source_is_refused(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        elt.main(given)
    assert refused.value.code == 2
    assert said in capsys.readouterr().err


def test_one_source_and_its_catalogue_are_read_now(filled: System, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("database_url", "coinpaprika_base_url", "coingecko_base_url", "kasparro_home", "csv_dir"):
        monkeypatch.setenv(name.upper(), str(getattr(filled.settings, name)))
    for name in ("COINPAPRIKA_RATE_LIMIT", "COINGECKO_RATE_LIMIT"):
        monkeypatch.setenv(name, "1000/s")

    assert elt.main(["--sources", "CoinGecko", "--catalogue"]) == 0

    asked = {re.split(r"[?]", str(request.path))[0] for request in filled.stand_in.requests}
    assert any(path.endswith("/coins/list") for path in asked)
    assert not any("tickers" in path for path in asked)
    ((sources, trigger),) = filled.query("select sources, trigger from ops.etl_runs order by started_at desc limit 1")
    assert (sources, trigger) == (["coingecko"], "catalogue")


@pytest.mark.parametrize("command", ["flows.elt", "flows.schedule", "kasparro", "api", "providers"])
def test_ctrl_c_while_a_command_is_imported_is_no_traceback(command: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", command, "status"],
        cwd=REPOSITORY,
        env=environment(tmp_path / "home"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = ""
    while not re.search(r"\| +kasparro\.interrupts$", said, re.MULTILINE):
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    assert "Traceback" not in said
    assert process.returncode == -signal.SIGINT
