import errno
import os
from pathlib import Path

import pytest

from kasparro import home
from kasparro.settings import Settings, SettingsError
from tests.conftest import make_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path / "home")


def test_a_private_file_appears_whole(settings: Settings) -> None:
    path = home.folder(settings) / "env"
    home.write_private(path, "old")
    with path.open() as before:
        home.write_private(path, "new")
        assert before.read() == "old", "who reads meanwhile sees one or the other"
    assert path.read_text() == "new"
    assert list(settings.kasparro_home.iterdir()) == [path]


def test_a_home_that_is_a_file_is_told(settings: Settings) -> None:
    settings.kasparro_home.write_text("")
    with pytest.raises(
        SettingsError, match=rf"can't write {settings.kasparro_home} \(File exists\): set KASPARRO_HOME"
    ):
        home.folder(settings, "logs")


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EROFS, "set KASPARRO_HOME to a folder that can be written"),
        (errno.ENOSPC, "make room, or set KASPARRO_HOME to a folder on another disk"),
        (errno.EACCES, "it belongs to another account"),
        (errno.EIO, "set KASPARRO_HOME to a folder that can be written"),
    ],
)
def test_what_the_file_system_refuses_comes_with_advice(settings: Settings, number: int, advice: str) -> None:
    with pytest.raises(SettingsError, match=advice), home.writing(settings):
        raise OSError(number, os.strerror(number), str(settings.kasparro_home / "keys"))


def test_a_fault_elsewhere_is_not_blamed_on_the_home(settings: Settings) -> None:
    with pytest.raises(FileNotFoundError), home.writing(settings):
        Path("/nowhere/at/all").read_text()


@pytest.fixture
def full_disk() -> Path:
    """A device that is always full."""
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("this system has no /dev/full")
    return device


def test_a_full_disk_is_told(settings: Settings, full_disk: Path) -> None:
    with pytest.raises(SettingsError, match=r"No space left on device.*make room"), home.writing(settings):
        full_disk.write_text("x")


def test_a_log_that_has_grown_is_moved_aside_while_it_is_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "LOG_BYTES", 10)
    log = home.folder(settings, "logs") / "api.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"small\n")
        home.keep_small(log)
        assert log.read_bytes() == b"small\n"
        writer.write(b"and now large\n")
        home.keep_small(log)
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    assert log.with_name("api.log.1").read_bytes() == b"small\nand now large\n"


def test_a_log_that_is_not_there_is_small(settings: Settings) -> None:
    home.keep_small(settings.kasparro_home / "logs" / "none.log")


def test_a_home_behind_a_link_is_emptied_and_what_it_links_to_stays(settings: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "kept").mkdir(parents=True)
    real = tmp_path / "real"
    (real / "postgres").mkdir(parents=True)
    (real / "postgres" / "file").touch()
    (real / "link").symlink_to(other)
    settings.kasparro_home.symlink_to(real)
    home.remove(settings)
    assert list(real.iterdir()) == []
    assert (other / "kept").is_dir()


def test_a_home_is_removed(settings: Settings) -> None:
    home.write_private(home.folder(settings, "keys") / "key", "x")
    home.remove(settings)
    assert not settings.kasparro_home.exists()
