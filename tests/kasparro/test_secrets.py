import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kasparro import secrets
from kasparro.settings import REPOSITORY, SettingsError
from tests.conftest import make_settings


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_key_is_private_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        settings = make_settings(tmp_path / "home")
        secrets.admin_api_key(settings)
    finally:
        os.umask(before)
    path = secrets.key_path(settings, "admin_api_key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not stat.S_IMODE(settings.kasparro_home.stat().st_mode) & 0o022, "others may put their own keys there"


def test_a_key_stays_what_it_is_and_is_hard_to_guess(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    key = secrets.admin_api_key(settings)
    assert secrets.admin_api_key(settings) == key
    assert re.fullmatch(r"[\w-]{32}", key)
    assert secrets.admin_api_key(make_settings(tmp_path / "other")) != key


def test_a_key_that_is_set_is_not_generated(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, admin_api_key="set-by-the-user", prefect_auth="me:mine")
    assert secrets.admin_api_key(settings) == "set-by-the-user"
    assert secrets.prefect_auth(settings) == "me:mine"
    assert not (tmp_path / "keys").exists()


def test_prefects_password_is_kept_as_its_sign_in_page_wants_it(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    assert re.fullmatch(r"kasparro:[\w-]{32}", secrets.prefect_auth(settings))
    assert secrets.key_path(settings, "prefect_auth").read_text().strip() == secrets.prefect_auth(settings)


def test_processes_that_ask_at_once_get_the_same_key(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kasparro import secrets; from kasparro.settings import Settings;"
        "sys.stdin.read(); print(secrets.admin_api_key(Settings(kasparro_home=Path(sys.argv[1]))))"
    )
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "home")],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in asking:
        assert process.stdin
        process.stdin.close()
    keys: set[str] = set()
    for process in asking:
        assert process.stdout
        keys.add(process.stdout.read())
        assert process.wait() == 0
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "home" / "keys").iterdir()] == ["admin_api_key"]


def test_a_restored_key_is_made_private_again(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    secrets.admin_api_key(settings)
    path = secrets.key_path(settings, "admin_api_key")
    path.chmod(0o644)
    secrets.admin_api_key(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    secrets.admin_api_key(settings)
    secrets.key_path(settings, "admin_api_key").write_text("\n")
    with pytest.raises(SettingsError, match="admin_api_key is empty: remove it, and a new key is made"):
        secrets.admin_api_key(settings)
