"""Failure points within dlt's steps and within a COPY."""

from typing import IO, Any

from dlt.common.runtime.collector import NullCollector

from kasparro import failures

PIECE_BYTES = 1024


class _Monitor(NullCollector):
    """Told by dlt how far it is."""

    def __init__(self) -> None:
        self._step = ""

    def update(self, name: str, inc: int = 1, *_: Any, **__: Any) -> None:
        """Reach the point of the step that is under way."""
        if self._step.startswith("Normalize") and inc:
            failures.point("extract.normalise")
        if self._step.startswith("Load") and name == "Jobs" and inc:
            failures.point("load.committed")

    def _start(self, step: str) -> None:
        self._step = step

    def _stop(self) -> None:
        self._step = ""


class _Pieces:
    """A file that is read in small pieces; before the second one a point is reached."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._is_begun = False

    def read(self, size: int = -1) -> bytes:
        """The next piece."""
        if self._is_begun:
            failures.point("load.copy")
        self._is_begun = True
        return self._file.read(min(size, PIECE_BYTES))


def progress() -> Any:
    """The progress monitor for a pipeline: none, unless something is to break inside of dlt."""
    return _Monitor() if failures.is_armed("extract.normalise", "load.committed") else None


def pieces(file: IO[bytes]) -> Any:
    """The file for a COPY: itself, unless something is to break half-way."""
    return _Pieces(file) if failures.is_armed("load.copy") else file
