"""What every fault is: something that answers in the provider's place, or spoils what the provider answered."""

from abc import abstractmethod
from collections.abc import Callable
from random import Random

from pydantic import BaseModel, ConfigDict

from providers.messages import Answer, Request

Respond = Callable[[Request], Answer]
"""The provider itself, when nothing goes wrong."""


class BaseFault(BaseModel):
    """A fault. `kind`, which each one defines, is its name in a JSON plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @abstractmethod
    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        """Answer the request wrongly. `chance` is the same for the same seed, rule and count of the request."""
