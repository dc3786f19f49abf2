"""A feed's address: how to ask for it, and how to name it without its secrets."""

import base64
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit, urlunsplit

SECRET = re.compile(r"((?:^|[?&;])[^=&;]*(?:key|token|secret|auth|password|sig)[^=&;]*=)[^&;]+", re.IGNORECASE)
HIDDEN = r"\1***"


@dataclass(frozen=True)
class Feed:
    """A feed's server and path; `name` is its address with login and keys left out: it may be stored and told."""

    name: str
    origin: str
    path: str
    login: dict[str, str]

    @classmethod
    def at(cls, url: str) -> Self:
        """Take an http(s) URL apart."""
        parts = urlsplit(url)
        user, _, host = parts.netloc.rpartition("@")
        path = urlunsplit(("", "", parts.path, parts.query, ""))
        login = {"Authorization": f"Basic {base64.b64encode(unquote(user).encode()).decode()}"} if user else {}
        origin = f"{parts.scheme}://{host}"
        return cls(SECRET.sub(HIDDEN, origin + path), origin, path, login)

    @property
    def shown_path(self) -> str:
        """The path with its keys left out."""
        return self.name.removeprefix(self.origin)
