"""What the shell has for other programs changes nothing in ours, and proxies are asked for the internet alone."""

import os
import shlex
from pathlib import Path

import pytest

from kasparro import shell
from kasparro.environment import write_shell_file
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.hostile import FOREIGN, PROXIES, SHELL
from tests.kasparro.commands import environment, kasparro, python


@pytest.mark.parametrize("name", FOREIGN)
def test_a_variable_of_another_program_is_put_away(name: str) -> None:
    given = {name: FOREIGN[name], "PATH": "/bin"}
    shell.put_away(given)
    assert set(given) == {"PATH", "KASPARRO_NO_PROXY", "no_proxy", "NO_PROXY"}


def test_settings_and_what_is_nobodys_stay() -> None:
    ours = {name.upper(): "x" for name in Settings.model_fields} | {"PAGER": "x", "PSQLRC": "x"}
    given = dict(ours)
    shell.put_away(given)
    assert given.items() >= ours.items()


def test_a_flow_run_keeps_what_prefects_runner_gave_it() -> None:
    given = {"PREFECT__FLOW_RUN_ID": "1", "PREFECT_API_AUTH_STRING": "a:b", "DBT_TARGET": "theirs"}
    shell.put_away(given)
    assert "DBT_TARGET" not in given
    assert given["PREFECT__FLOW_RUN_ID"] == "1" and given["PREFECT_API_AUTH_STRING"] == "a:b"


@pytest.mark.parametrize("program", ["kasparro.settings", "extract", "api.moments"])
def test_every_program_puts_them_away_first(program: str, tmp_path: Path) -> None:
    code = f"import {program}, os; print([name for name in {[*FOREIGN]!r} if name in os.environ])"
    assert python(code, environment(tmp_path, **FOREIGN)).stdout == "[]\n"


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A shell without proxies, and a way to set some."""
    for name in (*PROXIES, shell.NO_PROXY):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("url", "variables", "expected"),
    [
        ("https://api.example/x", {"HTTPS_PROXY": "http://p:1"}, {"https": "http://p:1"}),
        ("https://api.example/x", {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:2"}, {"https": "http://q:2"}),
        ("https://api.example/x", {"ALL_PROXY": "socks5h://p:1"}, {"all": "socks5h://p:1"}),
        ("https://api.example/x", {"https_proxy": "http://p:1", "no_proxy": "example"}, {}),
        ("https://api.example/x", {"https_proxy": "http://p:1", "NO_PROXY": ".example, other"}, {}),
        ("https://api.example/x", {"https_proxy": "http://p:1", "NO_PROXY": "api.example:443"}, {}),
        ("https://api.example/x", {"https_proxy": "http://p:1", "NO_PROXY": "*"}, {}),
        ("https://api.example/x", {"https_proxy": "http://p:1", "NO_PROXY": "ample"}, {"https": "http://p:1"}),
        ("http://10.1.2.3/x", {"http_proxy": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, {}),
        ("http://10.1.2.3/x", {"http_proxy": "http://p:1", "NO_PROXY": "11.0.0.0/8"}, {"http": "http://p:1"}),
        *(
            (f"http://{host}:8000/x", {"HTTP_PROXY": "http://p:1", "ALL_PROXY": "theirs://", "NO_PROXY": ""}, {})
            for host in ("127.0.0.1", "127.8.8.8", "localhost", "a.localhost", "[::1]", "0.0.0.0")
        ),
    ],
)
def test_the_internet_is_asked_through_the_users_proxy_and_this_machine_directly(
    url: str, variables: dict[str, str], expected: dict[str, str], proxied: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        proxied.setenv(name, value)
    for _ in range(2):  # before our process has put things away, and in one of its children
        assert shell.proxies_for(url) == expected
        shell.put_away(os.environ)


def test_programs_of_the_user_get_their_proxies_back(proxied: pytest.MonkeyPatch) -> None:
    proxied.setenv("NO_PROXY", "theirs.invalid")
    shell.put_away(os.environ)
    with shell.asking_proxies():
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "theirs.invalid,localhost,127.0.0.1,::1"
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "*"


def test_dbt_and_psql_work_from_a_hostile_shell(warehouse: Warehouse, settings: Settings, tmp_path: Path) -> None:
    given = environment(tmp_path, DATABASE_URL=warehouse.url("admin"), **SHELL)
    asked = kasparro(given, "psql", "--no-psqlrc", "-At", "-c", "select current_setting('timezone')")
    assert asked.stdout == "UTC\n", asked.stderr
    sourced = write_shell_file(settings, warehouse)
    command = f". {shlex.quote(str(sourced))}; psql --no-psqlrc -At -c 'select current_user'"
    code = f"import os; os.execvp('sh', ['sh', '-c', {command!r}])"
    assert python(code, given).stdout == f"{warehouse.login('reader').username}\n"
    listed = kasparro(given, "dbt", "--quiet", "list", "--select", "coins", "--resource-type", "model")
    assert listed.stdout == "kasparro.marts.coins\n", listed.stdout + listed.stderr
