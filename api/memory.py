"""A small memory of what was dear to find out, the least used forgotten first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Answers by question. Safe to use from many threads: two that ask at once both find out, and agree."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def of(self, question: Hashable, find_out: Callable[[], T]) -> T:
        """The answer that is known, else the one that `find_out` gives."""
        with self._lock:
            if question in self._known:
                self._known.move_to_end(question)
                return self._known[question]
        answer = find_out()
        with self._lock:
            self._known[question] = answer
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return answer
