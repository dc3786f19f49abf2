"""The application: what it is made of, and its life from start to stop."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

from api import problems
from api.compression import Compression
from api.context import Context
from api.counts import Counts
from api.data.routes import router as data
from api.database import Database
from api.edge import Edge
from api.etl.prefect import Prefect, api_url
from api.etl.routes import router as etl
from api.health.routes import router as health
from api.home.routes import router as home
from api.metrics.routes import router as metrics
from api.readmodel import Keeper
from api.security import guard
from api.stats.routes import router as stats
from kasparro import logs, secrets
from kasparro.settings import Settings, load_settings
from kasparro.warehouse import ensure_warehouse

DESCRIPTION = "Crypto market data from several sources, unified by coin and published as whole audited versions."
LARGEST_BODY = 256 * 1024


def create_app(settings: Settings, locate: Callable[[], str] | None = None) -> FastAPI:
    """Build the API. `locate` gives the warehouse's URL for the reader; by default the configured one's.

    It starts at once, whether or not the warehouse is up, and picks it up when it comes.
    """
    database = Database(locate or (lambda: ensure_warehouse(settings).url("reader")))
    admin_key = secrets.admin_api_key(settings)
    context = Context(
        settings=settings,
        database=database,
        keeper=Keeper(database),
        counts=Counts(),
        prefect=Prefect(api_url(settings), secrets.prefect_auth(settings)),
        admin_key=admin_key,
    )

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncGenerator[None]:
        context.keeper.start()
        yield
        context.keeper.stop()
        await context.prefect.close()
        database.close()

    app = FastAPI(
        title="Kasparro",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=life,
        redoc_url=None,
    )
    app.state.context = context
    problems.install(app)
    for router in (data, home, health, stats, metrics, etl):
        app.include_router(router)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET"],
        allow_headers=["X-API-Key", "X-Request-ID", "If-None-Match"],
        expose_headers=["ETag", "Warning", "X-Request-ID"],
    )
    app.add_middleware(Compression)
    app.add_middleware(Edge, guard=guard(admin_key, require_key=settings.api_require_key))
    return app


def create() -> FastAPI:
    """Build the API from the environment, in a server's worker."""
    settings = load_settings()
    logs.configure(settings)
    return create_app(settings)
