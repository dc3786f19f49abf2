"""The warehouse: where it is, how each role logs in, and that it runs and is set up.

`locate` takes the server that DATABASE_URL names, or the embedded one; `ensure_warehouse` starts the latter and sets
either up: then every role's login works.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from sqlalchemy.engine import URL

from kasparro import database_url
from kasparro.secrets import generated
from kasparro.settings import Settings
from kasparro.warehouse import setup
from kasparro.warehouse.embedded import EmbeddedPostgres
from kasparro.warehouse.errors import WarehouseError

Role = Literal["admin", "loader", "transformer", "reader", "analyst"]
LOGIN_ROLES: tuple[Role, ...] = ("loader", "transformer", "reader", "analyst")
PASS_LOCK = 7_202_117_002
"""The session lock of the database that a pass, a backfill or maintenance holds as long as it lives."""

__all__ = [
    "LOGIN_ROLES",
    "PASS_LOCK",
    "EmbeddedPostgres",
    "Role",
    "Warehouse",
    "WarehouseError",
    "ensure_warehouse",
    "locate",
]


@dataclass(frozen=True)
class Warehouse:
    """The warehouse's addresses: the administrator's as configured, the roles' derived from it."""

    admin: URL
    secret: str = field(repr=False)

    def login(self, role: Role) -> URL:
        """The URL of a role. Every machine that knows the administrator's URL derives the same password."""
        if role == "admin":
            return self.admin
        database = self.admin.database or ""
        password = hmac.digest(_login_key(self.secret, database), role.encode(), "sha256").hex()
        return self.admin.set(username=setup.login_of(role, database), password=password)

    def url(self, role: Role) -> str:
        """The URL of a role as text, password included."""
        return database_url.text(self.login(role))

    @property
    def shown(self) -> str:
        """Host, port and database, fit for logs."""
        return database_url.shown(self.admin)


@cache
def _login_key(secret: str, database: str) -> bytes:
    """The key of a database's login passwords; slow to derive, so that no login's password betrays the secret."""
    return hashlib.scrypt(secret.encode(), salt=f"kasparro/{database}".encode(), n=2**14, r=8, p=1)


def locate(settings: Settings) -> Warehouse:
    """Where the warehouse is, without touching it."""
    admin = settings.warehouse_url or EmbeddedPostgres(settings).url
    return Warehouse(admin, str(admin.password) if admin.password else generated(settings, "role_secret"))


def ensure_warehouse(settings: Settings) -> Warehouse:
    """Return the warehouse, running and set up: starts the embedded Postgres when no other is configured.

    Raises WarehouseError or SettingsError, both with what to do.
    """
    if settings.warehouse_url is None:
        EmbeddedPostgres(settings).start()
    warehouse = locate(settings)
    setup.ensure(warehouse.admin, {role: warehouse.login(role) for role in LOGIN_ROLES}, settings)
    return warehouse
