"""Keys that the system makes for itself: generated once, kept under `KASPARRO_HOME/keys` with mode 0600."""

import os
import secrets
from pathlib import Path

from kasparro.settings import Settings


def key_path(settings: Settings, name: str) -> Path:
    """Where a generated key is kept."""
    return settings.kasparro_home / "keys" / name


def generated(settings: Settings, name: str) -> str:
    """Return the key called `name`, made on first use; safe when several processes ask at once."""
    path = key_path(settings, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    candidate = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        candidate.touch(mode=0o600)
        candidate.write_text(secrets.token_urlsafe(24) + "\n")
        try:
            os.link(candidate, path)  # atomic, and whole when it appears: the first one wins
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text().strip()


def admin_api_key(settings: Settings) -> str:
    """The key that guards triggers and run records: the one set, else a generated one."""
    return settings.admin_api_key or generated(settings, "admin_api_key")


def prefect_auth(settings: Settings) -> str:
    """Prefect's `user:password`: the one set, else user `kasparro` with a generated password."""
    return settings.prefect_auth or "kasparro:" + generated(settings, "prefect_password")
