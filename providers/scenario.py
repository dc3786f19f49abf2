"""What is to go wrong and what is to happen, as one JSON document: fault rules, keys and rate limits, market events.

{"seed": 7,
 "rules": [{"provider": "coingecko", "path": "/coins/markets", "nth": 3, "fault": {"kind": "too_many_requests"}}],
 "doors": {"coinpaprika": {"per_minute": 600}},
 "events": [{"tick": 10, "do": "rename", "with": ["bitcoin-cash", "Bitcoin Cash Classic"]}]}
"""

import inspect
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from providers.access import Access, Doorkeeper
from providers.faults import Plan, Rule
from providers.generated import GeneratedMarket
from providers.market import Market
from providers.messages import ProviderName
from providers.stand_in import StandIn


class Event(BaseModel):
    """A method of the generated market, by name, and its arguments in order; due at a tick."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tick: int = Field(ge=1)
    do: Literal[
        "rename", "change_symbol", "delist", "relist", "change_id", "reprice", "list_coin", "migrate", "split"
    ]  # fmt: skip
    arguments: list[str | float] = Field(alias="with")


class Scenario(BaseModel):
    """A scenario. The empty one changes nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    rules: list[Rule] = []
    doors: dict[ProviderName, Access] = {}
    events: list[Event] = []

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises OSError if the file can't be read, and pydantic's ValidationError, which says what is wrong in it."""
        return cls.model_validate_json(file.read_bytes())

    def apply(self, stand_in: StandIn) -> None:
        """Put rules and doors in force, in place of those before, and schedule the events.

        Raises ValueError for events in a market that does not move, and for arguments that an event does not take.
        """
        if self.events:
            self._schedule(stand_in.market)
        stand_in.faults = Plan(self.rules, self.seed)
        stand_in.doors = Doorkeeper(self.doors)

    def _schedule(self, market: Market) -> None:
        if not isinstance(market, GeneratedMarket):
            raise ValueError("events need a generated market")
        for event in self.events:
            happen = getattr(market, event.do)
            try:
                inspect.signature(happen).bind(*event.arguments)
            except TypeError as error:
                raise ValueError(f"event {event.do} at tick {event.tick}: {error}") from None
            market.at(event.tick, happen, *event.arguments)
