"""Counts over the marts, taken once per published version: nothing changes in between."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

REMEMBERED = 1000
T = TypeVar("T")


class Counts:
    """A small memory of what was counted, the least used forgotten first. Safe to use from many threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def of(self, version: int, what: Hashable, count: Callable[[], T]) -> T:
        """What `count` says about a version, asked once. Two threads may ask at once: both get the same answer."""
        key = (version, what)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        result = count()
        with self._lock:
            self._known[key] = result
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return result
