"""Which system account runs the embedded Postgres, and how a program becomes it."""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from kasparro.warehouse.errors import WarehouseError

ORDINARY_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The system account that runs the server: ours, or an ordinary one when we are root (Postgres refuses root)."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    @classmethod
    def choose(cls, data: Path, *needed: Path) -> "Account":
        """Pick the account, with a command prefix that becomes it and still reaches `data` and the `needed` paths.

        The owner of `data` stays its owner. A checkout in /root can't be entered by an ordinary account: rather than
        open root's folders to everyone, the server then keeps the one capability that lets it pass them.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        owner = data.stat() if data.exists() else None
        ordinary = (owner.st_uid, owner.st_gid) if owner else _ordinary_account()
        setpriv = shutil.which("setpriv")
        if ordinary is None or setpriv is None:
            raise WarehouseError(
                "Postgres refuses to run as root, and this machine has no account `nobody` or no program `setpriv`: "
                "run as an ordinary user, or set DATABASE_URL"
            )
        uid, gid = ordinary
        prefix = [setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        if not all(_is_open_to_others(path) for path in (data.parent, *needed)):
            prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return cls(uid, gid, tuple(prefix))

    def own(self, *paths: Path) -> None:
        """Give files or folders, not what is in them, to the account."""
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)


def _ordinary_account() -> tuple[int, int] | None:
    for name in ORDINARY_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    return None


def _is_open_to_others(path: Path) -> bool:
    """Whether everybody may enter a folder or run a program."""
    real = path.resolve()
    return all(each.stat().st_mode & 0o001 for each in (real, *real.parents))
