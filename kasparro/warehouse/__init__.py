"""The warehouse: where it is, how each role logs in, and that it runs and is set up.

    settings ──> url.configured ──> DATABASE_URL's server ─┐
                      │ none                               ├─> setup.ensure ──> Warehouse(admin, loader, ...)
                      └──> embedded.EmbeddedPostgres ──────┘
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

import psycopg2
from sqlalchemy.engine import URL

from kasparro.secrets import generated
from kasparro.settings import Settings
from kasparro.warehouse import setup
from kasparro.warehouse.embedded import EmbeddedError, EmbeddedPostgres
from kasparro.warehouse.setup import SetupError
from kasparro.warehouse.url import configured, text

Role = Literal["admin", "loader", "transformer", "reader"]
LOGIN_ROLES: tuple[Role, ...] = ("loader", "transformer", "reader")

__all__ = ["EmbeddedError", "EmbeddedPostgres", "Role", "SetupError", "Warehouse", "WarehouseError", "ensure_warehouse"]


class WarehouseError(Exception):
    """The warehouse can't be reached or used; the message says what to do."""


@dataclass(frozen=True)
class Warehouse:
    """The warehouse's addresses: the administrator's as configured, the roles' derived from it."""

    admin: URL
    secret: str

    def login(self, role: Role) -> URL:
        """The URL of a role. Every machine that knows the administrator's URL derives the same password."""
        if role == "admin":
            return self.admin
        database = self.admin.database or ""
        salt = f"kasparro/{database}/{role}".encode()
        key = hashlib.scrypt(self.secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=24)
        return self.admin.set(username=setup.login_of(role, database), password=key.hex())

    def url(self, role: Role) -> str:
        """The URL of a role as text, password included."""
        return text(self.login(role))

    @property
    def shown(self) -> str:
        """Host, port and database, fit for logs."""
        return f"{self.admin.host}:{self.admin.port or 5432}/{self.admin.database}"


def locate(settings: Settings) -> Warehouse:
    """Where the warehouse is, without touching it."""
    admin = configured(settings) or EmbeddedPostgres(settings).url
    return Warehouse(admin, admin.password if isinstance(admin.password, str) else generated(settings, "role_secret"))


def ensure_warehouse(settings: Settings) -> Warehouse:
    """Return the warehouse, running and set up: starts the embedded Postgres when no other is configured.

    Raises WarehouseError with what to do, SettingsError for a malformed DATABASE_URL.
    """
    try:
        if configured(settings) is None:
            EmbeddedPostgres(settings).start()
        warehouse = locate(settings)
        setup.ensure(warehouse.admin, {role: warehouse.login(role) for role in LOGIN_ROLES}, settings)
    except (EmbeddedError, SetupError) as error:
        raise WarehouseError(str(error)) from None
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise WarehouseError(f"can't reach the warehouse that DATABASE_URL names: {reason}") from None
    return warehouse
