"""Files under `KASPARRO_HOME`: private, whole when they appear, bounded, and clear about what stops them."""

import errno
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from kasparro.settings import Settings, SettingsError

LOG_BYTES = 20_000_000
ADVICE = {
    errno.EACCES: "it belongs to another account: run as that one, or set KASPARRO_HOME to a folder of your own",
    errno.EPERM: "it belongs to another account: run as that one, or set KASPARRO_HOME to a folder of your own",
    errno.EROFS: "set KASPARRO_HOME to a folder that can be written",
    errno.ENOSPC: "make room, or set KASPARRO_HOME to a folder on another disk",
    errno.EDQUOT: "make room, or set KASPARRO_HOME to a folder on another disk",
}


@contextmanager
def writing(settings: Settings) -> Generator[None]:
    """Turn what the file system refuses within the home into a SettingsError that says what to do."""
    try:
        yield
    except OSError as error:
        place = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else settings.kasparro_home
        if not place.is_relative_to(settings.kasparro_home) and place not in settings.kasparro_home.parents:
            raise
        advice = ADVICE.get(error.errno or 0, "set KASPARRO_HOME to a folder that can be written")
        raise SettingsError(f"can't write {place} ({error.strerror}): {advice}") from None


def folder(settings: Settings, *names: str) -> Path:
    """A folder of the home, made if need be; nobody else may write into it, whatever the umask."""
    path = settings.kasparro_home.joinpath(*names)
    with writing(settings):
        for each in (*reversed(path.parents), path):
            if not each.is_dir():
                each.mkdir(mode=0o755, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all, in place of what was there."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def keep_small(log: Path) -> None:
    """Move a log that has grown large aside, as `<name>.1`; whoever appends to it may go on meanwhile."""
    try:
        if log.stat().st_size < LOG_BYTES:
            return
    except FileNotFoundError:
        return
    aside = log.with_name(f"{log.name}.1")
    aside.touch(mode=0o600)
    shutil.copyfile(log, aside)
    os.truncate(log, 0)


def remove(settings: Settings) -> None:
    """Remove the home and everything in it; a link to it, or a mounted volume, is emptied."""
    with writing(settings):
        for each in settings.kasparro_home.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            else:
                each.unlink()
        with suppress(OSError):
            settings.kasparro_home.rmdir()
