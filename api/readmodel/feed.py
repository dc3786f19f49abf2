"""The publications, as they come, for any number of listeners."""

import asyncio
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from api.readmodel.queries import Announcement

REMEMBERED = 1000


class Feed:
    """The newest publications. Written by the read model's thread, heard in event loops."""

    def __init__(self) -> None:
        self._known: deque[Announcement] = deque(maxlen=REMEMBERED)
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self.restarts = 0
        """How often what was announced turned out to be of another history: a backup was restored."""

    @property
    def newest(self) -> int:
        """The newest version announced; 0 before the first."""
        return self._known[-1].version if self._known else 0

    @property
    def oldest(self) -> int:
        """The oldest version that is remembered; 0 before the first."""
        return self._known[0].version if self._known else 0

    @property
    def newest_tag(self) -> str | None:
        """The newest publication announced; None before the first."""
        return self._known[-1].publication if self._known else None

    def has(self, tag: str) -> bool:
        """Whether a publication, or a bare version, is of the history that is announced, as far as is remembered."""
        version, _, identity = tag.partition("-")
        known = next((each.publication for each in tuple(self._known) if each.version == int(version)), None)
        return int(version) < self.oldest or (known is not None and (not identity or known == tag))

    def restart(self, announcements: Iterable[Announcement]) -> None:
        """Announce another history in place of the one that was announced."""
        self._known = deque(maxlen=REMEMBERED)
        self.restarts += 1
        self.add(announcements)

    def add(self, announcements: Iterable[Announcement]) -> None:
        """Announce what is new, and wake the listeners."""
        self._known.extend(each for each in announcements if each.version > self.newest)
        for loop, event in tuple(self._listeners):
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:  # the loop is closed: its server has stopped
                self._listeners.discard((loop, event))

    def after(self, version: int) -> list[Announcement]:
        """What came after a version, in order."""
        return [each for each in tuple(self._known) if each.version > version]

    @contextmanager
    def heard(self) -> Generator[asyncio.Event]:
        """An event of the running loop that is set whenever something is announced."""
        listener = (asyncio.get_running_loop(), asyncio.Event())
        self._listeners.add(listener)
        try:
            yield listener[1]
        finally:
            self._listeners.discard(listener)
