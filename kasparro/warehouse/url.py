"""Connection URLs: the forms that users and hosting providers write, and ours."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from kasparro.settings import Settings, SettingsError


def parse(text: str) -> URL:
    """Read any Postgres URL (`postgres://`, `postgresql+asyncpg://`, ...) as a plain `postgresql://` one.

    asyncpg's `ssl=` becomes libpq's `sslmode=`. Raises SettingsError for anything that is not Postgres.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise SettingsError("DATABASE_URL is not a URL like postgresql://user:password@host:5432/database") from None
    if url.drivername.partition("+")[0] not in ("postgres", "postgresql"):
        raise SettingsError(f"DATABASE_URL names {url.drivername!r}: the warehouse is Postgres 15 or newer")
    if not url.database:
        raise SettingsError("DATABASE_URL names no database: add /name at its end")
    query = dict(url.query)
    if "ssl" in query:
        ssl = query.pop("ssl")
        query["sslmode"] = {"true": "require", "false": "disable"}.get(str(ssl), ssl)
    return url.set(drivername="postgresql", query=query)


def text(url: URL) -> str:
    """The URL as a string, password included."""
    return url.render_as_string(hide_password=False)


def configured(settings: Settings) -> URL | None:
    """The warehouse that the settings name, or None for the embedded one."""
    if settings.database_url:
        return parse(settings.database_url)
    if not settings.db_host:
        return None
    missing = [name for name in ("db_name", "db_user") if not getattr(settings, name)]
    if missing:
        raise SettingsError(f"DB_HOST is set, so {' and '.join(missing).upper()} must be set too")
    return URL.create(
        "postgresql",
        username=settings.db_user,
        password=settings.db_password,
        host=settings.db_host,
        port=settings.db_port,
        database=settings.db_name,
    )
