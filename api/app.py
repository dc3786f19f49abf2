"""The application: what it is made of, and its life from start to stop."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from api import accesslog, layers, problems
from api.changes.routes import router as changes
from api.coins.routes import router as coins
from api.context import Context
from api.data.routes import router as data
from api.database import Database
from api.document import describe
from api.drift.routes import router as drift
from api.edge import Edge
from api.etl.prefect import Prefect
from api.etl.routes import router as etl
from api.health.routes import router as health
from api.home.routes import not_found
from api.home.routes import router as home
from api.identity.routes import router as identity
from api.layers import Sometimes
from api.lean import Direct
from api.limits import RateLimit
from api.lists.export import Places
from api.memory import Memory
from api.metrics.routes import router as metrics
from api.news.routes import router as news
from api.readmodel import Keeper
from api.resolve.routes import router as resolve
from api.runs.routes import router as runs
from api.security import Keys
from api.stats.routes import router as stats
from api.stream.routes import router as stream
from kasparro import environment, logs, secrets
from kasparro.settings import Settings, load_settings
from kasparro.warehouse import ensure_warehouse

DESCRIPTION = "Crypto market data from several sources, unified by coin and published as whole audited versions."


def create_app(settings: Settings, locate: Callable[[], str] | None = None) -> Edge:
    """Build the API. `locate` gives the warehouse's URL for the reader; by default the configured one's.

    It starts at once, whether or not the warehouse is up, and picks it up when it comes.
    """
    prefect_url = environment.prefect_api_url(settings)
    database = Database(locate or (lambda: ensure_warehouse(settings).url("reader")))
    context = Context(
        settings=settings,
        database=database,
        keeper=Keeper(database),
        counts=Memory(1000),
        exports=Places(),
        prefect=Prefect(
            prefect_url,
            secrets.prefect_auth(settings),
            is_elsewhere=prefect_url != environment.local_prefect_api_url(settings),
        ),
        keys=Keys(secrets.admin_api_key(settings), required=settings.api_require_key),
    )

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncGenerator[None]:
        context.keeper.start()
        yield
        context.keeper.stop()
        await context.prefect.close()
        database.close()
        accesslog.flush()

    app = FastAPI(
        title="Kasparro",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=life,
        docs_url=None,
        openapi_url=None,  # ours is in `api.document`
        redirect_slashes=False,
        redoc_url=None,
    )
    app.state.context = context
    problems.install(app)
    app.add_exception_handler(404, not_found)
    describe(app)
    for router in (
        data,
        coins,
        changes,
        resolve,
        news,
        drift,
        identity,
        runs,
        stats,
        health,
        metrics,
        etl,
        stream,
        home,
    ):
        app.router.routes += router.routes  # as they are, so that lean ones can be found
    served: ASGIApp = Direct(app)
    for layer, applies in (
        (layers.bounded_body, layers.may_have_body),
        (layers.cors, layers.is_cross_origin_read),
        (layers.gzip, layers.takes_gzip),
    ):
        served = Sometimes(served, layer, applies)
    return Edge(served, app, context.keys.at_the_door, RateLimit(settings.api_rate_limit))


def create() -> Edge:
    """Build the API from the environment, in a server's worker."""
    settings = load_settings()
    logs.configure(settings)
    if not isinstance(logging.getLogger().handlers[0].formatter, logs.ConsoleFormatter):
        accesslog.use_json(logs.known_secrets(settings))
    return create_app(settings)
