"""Rules that pick requests, and the plan that holds them."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from random import Random
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from providers.faults.answers import AnswerFaults
from providers.faults.base import Respond
from providers.faults.feeds import FeedFaults
from providers.faults.fields import FieldFaults
from providers.faults.rows import RowFaults
from providers.faults.transport import TransportFaults
from providers.messages import Answer, ProviderName, Request

Fault = Annotated[
    AnswerFaults | TransportFaults | RowFaults | FieldFaults | FeedFaults,
    Field(discriminator="kind"),
]


class Rule(BaseModel):
    """One fault and the requests it befalls.

    `path` is a glob below the provider's base (`/coins/*`); `query` gives values that must be there. Of the requests
    that match, `nth` picks one; `first` and `last` a range, counted from 1 and inclusive; `probability` a share of
    those.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: Fault
    provider: ProviderName | None = None
    path: str = "*"
    query: dict[str, str] = {}
    nth: int | None = Field(default=None, ge=1)
    first: int = Field(default=1, ge=1)
    last: int | None = Field(default=None, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)

    def matches(self, request: Request) -> bool:
        """Whether the request is one of those the rule is about."""
        return (
            self.provider in (None, request.provider)
            and fnmatchcase(request.path, self.path)
            and all(request.query.get(name) == value for name, value in self.query.items())
        )

    def picks(self, count: int, chance: Random) -> bool:
        """Whether the `count`-th matching request is picked."""
        if self.nth is not None:
            return count == self.nth
        return self.first <= count <= (self.last or count) and chance.random() < self.probability


class Plan:
    """Rules in force, with a count of the requests that each has seen. Safe to share between threads.

    The same seed and the same requests give the same faults.
    """

    def __init__(self, rules: Iterable[Rule] = (), seed: int = 0) -> None:
        self.rules: Sequence[Rule] = tuple(rules)
        self.seed = seed
        self._counts: Counter[int] = Counter()
        self._lock = threading.Lock()

    def answer(self, request: Request, respond: Respond) -> Answer:
        """The answer to a request: spoilt when a rule picks it, else the provider's own."""
        picked = self._pick(request)
        if picked is None:
            return respond(request)
        rule, chance = picked
        return rule.fault.apply(request, respond, chance)

    def _pick(self, request: Request) -> tuple[Rule, Random] | None:
        """The first rule that picks the request. Every rule that matches counts it, picked or not."""
        picked: tuple[Rule, Random] | None = None
        for number, rule in enumerate(self.rules):
            if not rule.matches(request):
                continue
            with self._lock:
                self._counts[number] += 1
                count = self._counts[number]
            chance = Random(f"{self.seed}/{number}/{count}")
            if picked is None and rule.picks(count, chance):
                picked = rule, chance
        return picked
