"""What the routes work with, made once per process."""

from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from api.database import Database
from api.etl.prefect import Prefect
from api.lists.export import Places
from api.memory import Memory
from api.readmodel import Keeper
from api.security import Keys
from kasparro.settings import Settings


@dataclass(frozen=True)
class Context:
    """Settings, the warehouse, and the coins in memory."""

    settings: Settings
    database: Database
    keeper: Keeper
    counts: Memory[Any]
    """Counts over the marts: taken once per version, for nothing changes in between."""
    exports: Places
    """Room for lists that are streamed."""
    prefect: Prefect
    keys: Keys


def context_of(request: Request) -> Context:
    """The context of the application that a request came to."""
    return cast(Context, request.app.state.context)


async def _context(request: Request) -> Context:
    return context_of(request)


ContextDep = Annotated[Context, Depends(_context)]
