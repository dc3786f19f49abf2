"""A small copy of the checkout in which the Makefile runs for real, but nothing is downloaded.

`python3` on its PATH is a script: it makes virtual environments and "installs" by noting what it was asked for, and
hands everything else to the interpreter of the tests.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLS = tuple("awk cat chmod cmp cp dirname flock grep make mkdir mv od rm sh tail tr".split())

PYTHON = """\
#!/bin/sh
case "$*" in
"-m venv --clear .venv")
    echo venv >>installs.log
    rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m pip"*)
    echo "pip ${*##*/}" >>installs.log
    case "$*" in
    *installer.txt) cp bin/uv .venv/bin/uv ;;
    *) [ ! -e pip-fails ] ;;
    esac ;;
"-Ic import pip") [ -x .venv/bin/python ] ;;
*) exec INTERPRETER "$@" ;;
esac
"""

UV = """\
#!/bin/sh
echo "uv ${*##*/}" >>installs.log
[ ! -e uv-is-killed ] || { rm uv-is-killed; kill -9 $PPID; }
[ ! -e uv-fails ]
"""


class Checkout:
    """The copy: `make()` runs a target in it, `installs()` says what was installed so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Makefile", "deploy"):
            source = REPOSITORY / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
        self.bin.mkdir()
        for tool in TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)
        self.script("bin/python3", PYTHON.replace("INTERPRETER", sys.executable))
        self.script("bin/uv", UV)

    @property
    def bin(self) -> Path:
        """The folder that is its PATH."""
        return self.folder / "bin"

    def move(self, target: Path) -> None:
        """Move it to another folder."""
        self.folder = self.folder.rename(target)

    def script(self, path: str, text: str) -> Path:
        """Write an executable file."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755)
        return target

    def module(self, name: str, text: str) -> None:
        """Write a module that `python -m name` runs."""
        path = self.folder / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))

    @property
    def environment(self) -> dict[str, str]:
        """Nothing but the copy's tools."""
        return {"PATH": str(self.bin), "HOME": str(self.folder), "LANG": os.environ.get("LANG", "C.UTF-8")}

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run make in the copy."""
        return self.run("make", *arguments, **environment)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start make in the copy, in a process group of its own, as a terminal does."""
        return subprocess.Popen(
            ["make", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def installs(self) -> list[str]:
        """What was made and installed so far: `venv`, `pip <lock>`, `uv <lock>`."""
        log = self.folder / "installs.log"
        return log.read_text().splitlines() if log.exists() else []
