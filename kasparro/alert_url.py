"""Whether ALERT_URL is an address that Apprise can send to: asked at start, and once for each address.

Apprise takes a second and 50 MB to say so. It is asked in a process of its own, and its word is kept.
"""

import hashlib
import subprocess
import sys

from kasparro import home
from kasparro.settings import Settings, SettingsError

ASK = "import sys; from apprise import Apprise; sys.exit(0 if Apprise().add(sys.stdin.read()) else 1)"


def require_known(settings: Settings) -> None:
    """Raise SettingsError when alerts could not be sent to ALERT_URL, whatever its host answers."""
    if not settings.alert_url:
        return
    word = home.folder(settings, "run") / "alert_url"
    digest = hashlib.sha256(settings.alert_url.encode()).hexdigest()
    if word.exists() and word.read_text() == digest:
        return
    asked = subprocess.run(
        [sys.executable, "-c", ASK], input=settings.alert_url, text=True, capture_output=True, check=False
    )
    if asked.returncode != 0:
        raise SettingsError(
            "ALERT_URL is no address that Apprise knows: expected one such as json://host/path, "
            "mailto://user:password@example.org or slack://… (https://github.com/caronc/apprise lists them)"
        )
    with home.writing(settings):
        home.write_private(word, digest)
