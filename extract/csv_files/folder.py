"""The files of CSV_DIR or CSV_PATH: which there are, whether they changed, and a private copy to read."""

import hashlib
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from extract.http import SourceError
from extract.records import storable
from kasparro.settings import Settings

CHUNK = 1024 * 1024
# A file written again within one tick of the file system's clock keeps its times: only older times prove anything
SETTLED_SECONDS = 2


class UnreadableError(Exception):
    """A file's content can't be had as text. The message says what it is and what to do."""


def found(settings: Settings) -> dict[str, Path]:
    """The CSV files that are there, by name, in the order of their names.

    Raises SourceError when CSV_DIR is not a folder that can be read.
    """
    if settings.csv_path:
        paths = [settings.csv_path]
    else:
        try:
            paths = [path for path in settings.csv_dir.iterdir() if path.suffix.lower() == ".csv"]
        except OSError as error:
            raise SourceError(f"CSV_DIR {settings.csv_dir}: {error.strerror}: create it, or name another") from None
    return {storable(path.name): path for path in sorted(paths) if path.is_file()}


def place(settings: Settings) -> str:
    """Where the files are looked for, for messages."""
    return f"CSV_PATH {settings.csv_path}" if settings.csv_path else f"CSV_DIR {settings.csv_dir}"


def stamp(path: Path) -> tuple[list[int] | None, datetime]:
    """What the file system says about a file's content, None while that proves nothing; and when it was modified.

    Raises OSError.
    """
    status = path.stat()
    proof = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    settled = time.time() - max(status.st_mtime, status.st_ctime) >= SETTLED_SECONDS
    return proof if settled else None, datetime.fromtimestamp(status.st_mtime, UTC)


def copied(path: Path) -> tuple[IO[bytes], str]:
    """A private copy of a file, which nobody can change while it is read, and its hash (32 hex digits).

    The caller closes the copy; it has no name. Raises OSError.
    """
    digest = hashlib.blake2b(digest_size=16)
    copy = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        with path.open("rb") as original:
            while chunk := original.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
    except OSError:
        copy.close()
        raise
    return copy, digest.hexdigest()
