"""The pages of Prefect's UI as this system serves them: they ask no host but the one that they came from.

The installed pages send what is looked at to an analytics service (Amplitude), and no setting of Prefect turns that
off. Prefect copies its pages before it serves them, unless a copy of its release is there: this makes that copy. It
takes the service's key away, without which the pages do not load its client, and gives every page a policy under which
the browser refuses whatever asks another host all the same.
"""

import re
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from kasparro import home
from kasparro.settings import Settings

PLACEHOLDER = "/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER"
BUNDLES = {"v1": ("ui", "/"), "v2": ("ui-v2", "/v2")}
"""By version: the folder in the installed package, and the path under which it is served."""
COPIED = "UI_SERVE_BASE"
"""The file by which Prefect knows a copy, and of which release it is."""
WRITTEN = (".txt", ".html", ".css", ".js", ".json")
KEY = re.compile(r"(?<=return`)[0-9a-f]{32}(?=`)")
"""Where the pages hold the service's key."""
OURS = "without analytics"


def prepare(settings: Settings, place: Path, api_url: str) -> None:
    """Make the copies in `place`, which is PREFECT_SERVER_UI_STATIC_DIRECTORY, unless they are there already."""
    policy = _policy(api_url)
    with home.writing(settings):
        for name, (folder, base) in BUNDLES.items():
            copy, known = place / name, f"{name}:{version('prefect')}:{base}"
            note = copy / OURS
            if note.exists() and note.read_text() == policy and (copy / COPIED).read_text() == known:
                continue
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(_installed() / "server" / folder, copy)
            for page in copy.rglob("*"):
                if page.suffix in WRITTEN:
                    _rewrite(page, "" if base == "/" else base, policy)
            note.write_text(policy)
            (copy / COPIED).write_text(known)


def _rewrite(page: Path, base: str, policy: str) -> None:
    was = page.read_text(encoding="utf-8")
    text = was.replace(PLACEHOLDER, base)
    if page.suffix == ".js":
        text = KEY.sub("", text)
    if page.suffix == ".html":
        text = text.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">', 1)
    if text != was:
        page.chmod(0o600)
        page.write_text(text, encoding="utf-8")


def _policy(api_url: str) -> str:
    """Own files, and the API where it answers; pages build styles and workers as they go, so these may be inline."""
    api = urlsplit(api_url)
    own = f"'self' {api.scheme}://{api.netloc}"
    sources = f"{own} 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob:"
    return f"default-src {sources}; connect-src {own} {api.scheme.replace('http', 'ws')}://{api.netloc} data: blob:"


def _installed() -> Path:
    """Where Prefect is installed; it is not imported, which takes seconds."""
    spec = find_spec("prefect")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
