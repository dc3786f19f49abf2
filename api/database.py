"""Read-only access to the warehouse as the reader role."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from psycopg2 import errors as pg
from psycopg2.extensions import connection as PgConnection
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.problems import Problem
from kasparro.warehouse import session

STATEMENT_SECONDS = 10
CONNECTING = {
    "application_name": "kasparro-api",
    "connect_timeout": 3,
    # a server that vanished without a word is noticed in seconds, not hours
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8000,
}
READING = {"default_transaction_read_only": "on", "statement_timeout": f"{STATEMENT_SECONDS}s"}
EXISTS = text("select to_regclass(:relation) is not null")


class WarehouseGone(Problem):
    """The warehouse can't be reached right now."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            503,
            f"The warehouse does not answer: {reason}",
            headers={"Retry-After": "5"},
        )
        self.reason = reason


class NotThereYet(Problem):
    """The warehouse is of an older release: the next pass brings what is missing."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "The warehouse does not hold this yet: the next pass brings it. `make elt` runs one.",
            headers={"Retry-After": "300"},
        )


def exists(connection: Connection, relation: str) -> bool:
    """Whether a table or view is there; a warehouse of an older release lacks some."""
    return bool(connection.execute(EXISTS, {"relation": relation}).scalar())


def reason_of(error: BaseException) -> str:
    """One line that says why the warehouse failed, without credentials or SQL."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def _prepare(connection: PgConnection, _record: object) -> None:
    """Set a new connection up. By statements, since poolers refuse libpq's `options`."""
    with connection.cursor() as cursor:
        cursor.execute(session.statement(session.writing(connection.server_version) | READING))
    connection.commit()


class Database:
    """The warehouse, whose URL may become known later: `locate` may start a server, or fail and be asked again."""

    def __init__(self, locate: Callable[[], str]) -> None:
        self._locate = locate
        self._engine: Engine | None = None

    def open(self) -> Engine:
        """Find the warehouse, on the first call. Blocks; raises whatever `locate` raises."""
        if self._engine is None:
            url = self._locate().replace("postgresql://", "postgresql+psycopg2://", 1)
            self._engine = create_engine(
                url,
                isolation_level="REPEATABLE READ",
                pool_size=4,
                max_overflow=4,
                pool_timeout=3,
                pool_pre_ping=True,
                client_encoding="utf8",
                connect_args=CONNECTING,
            )
            event.listen(self._engine, "connect", _prepare)
        return self._engine

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """A read-only REPEATABLE READ transaction: everything read in it is of one published version.

        Raises WarehouseGone when the warehouse is away, NotThereYet when it lacks a table or a column, and a 503
        problem when a statement takes too long.
        """
        if self._engine is None:
            raise WarehouseGone("it has not been reached yet")
        try:
            with self._engine.begin() as connection:
                yield connection
        except ProgrammingError as error:
            if isinstance(error.orig, pg.UndefinedTable | pg.UndefinedColumn):
                raise NotThereYet from error
            raise
        except PoolTimeout:
            raise Problem(503, "Too many queries at once.", headers={"Retry-After": "2"}) from None
        except (OperationalError, InterfaceError) as error:
            if isinstance(error.orig, pg.QueryCanceled):
                raise Problem(
                    503,
                    "The query takes too long: ask for a narrower window or one coin.",
                ) from None
            raise WarehouseGone(reason_of(error)) from error

    def close(self) -> None:
        """Give all connections back to the server."""
        if self._engine is not None:
            self._engine.dispose()
