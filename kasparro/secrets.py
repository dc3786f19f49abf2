"""Keys that the system makes for itself: generated once, kept under `KASPARRO_HOME/keys` with mode 0600."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from kasparro import home, logs
from kasparro.settings import Settings, SettingsError


def key_path(settings: Settings, name: str) -> Path:
    """Where a generated key is kept."""
    return settings.kasparro_home / "keys" / name


def generated(settings: Settings, name: str, prefix: str = "") -> str:
    """Return the key called `name`, made on first use; safe when several processes ask at once.

    Raises SettingsError when it can't be kept, or is empty.
    """
    path = key_path(settings, name)
    with home.writing(settings):
        if not path.exists():
            home.folder(settings)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            candidate = path.with_name(f"{name}.{secrets.token_hex(4)}")
            home.write_private(candidate, f"{prefix}{secrets.token_urlsafe(24)}\n")
            with suppress(FileExistsError):
                os.link(candidate, path)  # atomic, and whole when it appears: the first one wins
            candidate.unlink()
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        key = path.read_text().strip()
    if not key:
        raise SettingsError(f"{path} is empty: remove it, and a new key is made")
    logs.hide(key.removeprefix(prefix))
    return key


def admin_api_key(settings: Settings) -> str:
    """The key that guards triggers and run records: the one set, else a generated one."""
    return settings.admin_api_key or generated(settings, "admin_api_key")


def prefect_auth(settings: Settings) -> str:
    """Prefect's `user:password`: the one set, else user `kasparro` with a generated password."""
    return settings.prefect_auth or generated(settings, "prefect_auth", prefix="kasparro:")
