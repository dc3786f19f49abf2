import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from kasparro import logs, secrets
from kasparro.settings import Settings
from tests.conftest import make_settings
from tests.kasparro.commands import environment, python

SPEAK = """
import logging, sys
from pathlib import Path
from kasparro import logs, secrets
from kasparro.settings import load_settings
logs.configure(load_settings())
ours, theirs = logging.getLogger("flows.steps"), logging.getLogger("dlt")
for log in (ours, theirs):
    for level in ("debug", "info", "warning", "error"):
        getattr(log, level)("%s from %s", level, log.name)
try:
    {}["gone"]
except KeyError:
    ours.error("it failed", exc_info=True)
print("heard", file=sys.stderr)
"""


def spoken(tmp_path: Path, level: str, form: str) -> list[str]:
    heard = python(SPEAK, environment(tmp_path / "home", LOG_LEVEL=level, LOG_FORMAT=form))
    assert heard.returncode == 0
    return heard.stderr.splitlines()


@pytest.mark.parametrize(
    ("level", "ours", "theirs"),
    [
        ("debug", ["debug", "info", "warning", "error"], ["warning", "error"]),
        ("", ["info", "warning", "error"], ["warning", "error"]),
        ("WARNING", ["warning", "error"], ["warning", "error"]),
        ("error", ["error"], ["error"]),
    ],
)
def test_the_level_is_ours_and_libraries_speak_from_warning_on(
    level: str, ours: list[str], theirs: list[str], tmp_path: Path
) -> None:
    entries = [json.loads(line) for line in spoken(tmp_path, level, "json")[:-1]]
    assert [entry["level"] for entry in entries if entry["logger"] == "flows.steps"] == [*ours, "error"]
    assert [entry["level"] for entry in entries if entry["logger"] == "dlt"] == theirs


def test_without_a_terminal_the_log_is_json(tmp_path: Path) -> None:
    assert json.loads(spoken(tmp_path, "", "")[0])["message"] == "info from flows.steps"


def test_on_a_terminal_the_log_is_for_people(tmp_path: Path) -> None:
    heard = python(f"import os, pty, sys; pty.spawn([sys.executable, '-c', {SPEAK!r}])", environment(tmp_path / "home"))
    assert re.search(r"^\d\d:\d\d:\d\d info from flows.steps\r?$", heard.stdout, re.MULTILINE)


def test_a_console_user_sees_no_trace_below_debug(tmp_path: Path) -> None:
    lines = spoken(tmp_path, "info", "console")
    assert lines[-2].endswith("error: it failed (KeyError: 'gone')")
    assert "Traceback" in "\n".join(spoken(tmp_path, "debug", "console"))


UNCAUGHT = """
from kasparro import logs, secrets
from kasparro.settings import load_settings
logs.configure(load_settings())
raise RuntimeError("the reason\\nand more")
"""


def test_an_error_that_nobody_catches_is_one_line_on_a_console(tmp_path: Path) -> None:
    ended = python(UNCAUGHT, environment(tmp_path / "home", LOG_FORMAT="console"))
    assert ended.returncode == 1
    assert ended.stderr.endswith("critical: stopped by an unexpected error (RuntimeError: the reason)\n")
    assert len(ended.stderr.splitlines()) == 1
    ended = python(UNCAUGHT, environment(tmp_path / "home", LOG_FORMAT="json"))
    assert "Traceback" in json.loads(ended.stderr)["exception"]


def formatted(formatter: logging.Formatter, message: object, *arguments: object, **extra: Any) -> str:
    record = logging.getLogger("flows").makeRecord("flows", logging.INFO, "", 0, message, arguments, None, extra=extra)
    return formatter.format(record)


@pytest.mark.parametrize(
    ("extra", "shown"),
    [
        ({"coins": 17}, 17),
        ({"coins": Path("/a")}, "/a"),
        ({"coins": float("nan")}, "nan"),
        ({"coins": {("a", 1): 2}}, "{('a', 1): 2}"),
        ({"coins": "née \udc80 \N{SNOWMAN} \u202e"}, "née \udc80 \N{SNOWMAN} \u202e"),
    ],
)
def test_a_json_line_is_json_whatever_is_logged(extra: dict[str, Any], shown: object) -> None:
    line = formatted(logs.JsonFormatter(), "a %s\nb", "\x00", **extra)
    assert line.isascii() and "\n" not in line
    entry = json.loads(line, parse_constant=pytest.fail)
    assert (entry["message"], entry["coins"]) == ("a \x00\nb", shown)


def test_what_is_passed_along_never_replaces_what_a_line_says() -> None:
    entry = json.loads(formatted(logs.JsonFormatter(), "true", level="forged", time="never"))
    assert entry["level"] == "info" and entry["time"] != "never"


def test_text_from_outside_can_neither_forge_a_line_nor_move_the_cursor() -> None:
    line = formatted(logs.ConsoleFormatter(), "title: %s", "\x1b[2Jx\n12:00:00 forged")
    assert "\x1b" not in line
    assert "\n  12:00:00 forged" in line


SECRETS = {
    "admin_api_key": "admin-key-of-the-user",
    "coingecko_api_key": "CG-key-of-the-user",
    "coinpaprika_api_key": 'cp-key-"of"-the-user',
    "prefect_auth": "me:prefect-pass",
    "database_url": "postgresql://u:database-pass@h/d",
}


@pytest.mark.parametrize("formatter", [logs.JsonFormatter, logs.ConsoleFormatter])
@pytest.mark.parametrize(
    "secret",
    ["admin-key-of-the-user", "CG-key-of-the-user", 'cp-key-"of"-the-user', "prefect-pass", "database-pass"],
)
def test_a_secret_never_reaches_a_log(formatter: type[logs.JsonFormatter], secret: str, tmp_path: Path) -> None:
    known = logs.known_secrets(make_settings(tmp_path, **SECRETS))
    line = formatted(formatter(known), "the provider said: %s is wrong", secret)
    assert "is wrong" in line and "***" in line
    assert secret not in line and json.dumps(secret)[1:-1] not in line


@pytest.mark.parametrize("formatter", [logs.JsonFormatter, logs.ConsoleFormatter])
def test_nor_does_a_key_that_was_generated(formatter: type[logs.JsonFormatter], tmp_path: Path) -> None:
    """Whoever asks for one has it masked from then on, in loggers that were set up before, too."""
    before = formatter()
    settings = make_settings(tmp_path)
    for secret in (secrets.admin_api_key(settings), secrets.prefect_auth(settings).partition(":")[2]):
        for line in (formatted(before, "got %s", secret), formatted(before, "at /x?key=%s&y", secret)):
            assert "***" in line and secret not in line


def test_a_secret_is_masked_as_a_url_writes_it() -> None:
    logs.hide("a/key+with odd=signs")
    for form in ("a%2Fkey%2Bwith%20odd%3Dsigns", "a%2Fkey%2Bwith+odd%3Dsigns", "a/key+with odd=signs"):
        assert logs.redacted(f"x={form}&") == "x=***&"


@pytest.mark.parametrize("formatter", [logs.JsonFormatter, logs.ConsoleFormatter])
def test_nor_does_the_password_of_any_url(formatter: type[logs.JsonFormatter]) -> None:
    line = formatted(formatter(), "tried postgresql://reader:abc%40def@127.0.0.1:5433/kasparro, then http://h/a@b")
    assert "postgresql://reader:***@127.0.0.1:5433/kasparro, then http://h/a@b" in line


def test_configuring_twice_logs_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hook = sys.excepthook
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        for _ in range(2):
            logs.configure(Settings(kasparro_home=tmp_path, log_format="console"))
        logging.getLogger("api").info("once")
        assert capsys.readouterr().err.count("once") == 1
    finally:
        sys.excepthook = hook
        root.handlers[:], root.level = before
