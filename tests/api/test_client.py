"""A client generated from the OpenAPI document compiles, is sound in its types, and works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.api.conftest import KEY
from tests.api.serving import Api

TOOLS = Path(sys.executable).parent
PROGRAM = Path(__file__).with_name("client_program.txt")  # text, for what it imports exists only in the test


def run(folder: Path, *command: str | Path) -> str:
    """Run a tool in a folder; it must succeed."""
    environment = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_generated_client_is_typed_and_works(whole: Api, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_bytes(whole.get("/openapi.json").content)
    (tmp_path / "ruff.toml").write_text('lint.select = ["I"]')  # the generator tidies up with ruff: imports, no more
    options = ("--path", document, "--meta", "none", "--output-path", "kasparro_client", "--fail-on-warning")
    run(tmp_path, TOOLS / "openapi-python-client", "generate", *options)
    program = shutil.copy(PROGRAM, tmp_path / "program.py")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    run(tmp_path, TOOLS / "basedpyright", "--pythonpath", sys.executable)
    run(tmp_path, sys.executable, program, f"http://127.0.0.1:{whole.port}", KEY)
