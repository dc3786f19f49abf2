"""What the routes work with, made once per process."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from api.counts import Counts
from api.database import Database
from api.etl.prefect import Prefect
from api.readmodel import Keeper
from kasparro.settings import Settings


@dataclass(frozen=True)
class Context:
    """Settings, the warehouse, and the coins in memory."""

    settings: Settings
    database: Database
    keeper: Keeper
    counts: Counts
    prefect: Prefect
    admin_key: str


def context_of(request: Request) -> Context:
    """The context of the application that a request came to."""
    return cast(Context, request.app.state.context)


async def _context(request: Request) -> Context:
    return context_of(request)


ContextDep = Annotated[Context, Depends(_context)]
