"""A small memory of what was dear to find out, the least used forgotten first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Answers by question. Safe to use from many threads: two that ask at once both find out, and agree.

    `size` is how much they may weigh together; each weighs one, or what `weigh` says.
    """

    def __init__(self, size: int, weigh: Callable[[T], int] = lambda _: 1) -> None:
        self._size = size
        self._weigh = weigh
        self._weight = 0
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
            if question not in self._known:
                self._known[question] = answer
                self._weight += self._weigh(answer)
            while self._weight > self._size and self._known:
                self._weight -= self._weigh(self._known.popitem(last=False)[1])
        return answer

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
            self._weight = 0
