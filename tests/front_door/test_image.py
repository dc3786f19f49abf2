"""The image and the services made of it, as far as they can be held against the tree without an engine."""

import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import PurePosixPath
from threading import Thread
from typing import Any

import pytest
import yaml

from kasparro.__main__ import COMMANDS
from kasparro.settings import Settings
from providers.generated import GeneratedMarket
from providers.server import running
from tests.conftest import free_port
from tests.front_door.checkout import REPOSITORY

INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", "", (REPOSITORY / "Dockerfile").read_text()).splitlines()
    if line and not line.startswith("#")
]
FINAL_STAGE = INSTRUCTIONS[max(index for index, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]
COMPOSE_TEXT = (REPOSITORY / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"] == "kasparro")
LASTING = ("api", "flows", "prefect", "warehouse")


def copied(instructions: list[list[str]]) -> list[str]:
    """What is copied in from the checkout."""
    sources: list[str] = []
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from"):
            sources += rest.split()[:-1]
    return sources


def image_environment() -> dict[str, str]:
    text = " ".join(rest for word, rest in FINAL_STAGE if word == "ENV")
    return dict(re.findall(r"(\w+)=(\S+)", text))


@pytest.mark.parametrize("source", copied(INSTRUCTIONS))
def test_what_is_copied_exists_and_is_let_through(source: str) -> None:
    assert (REPOSITORY / source).exists()
    ignore = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert f"!{PurePosixPath(source).parts[0]}" in ignore


def test_nothing_is_let_through_by_default() -> None:
    patterns = [line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert patterns[0] == "*"
    assert {line[1:] for line in patterns if line.startswith("!")} <= {
        PurePosixPath(source).parts[0] for source in copied(INSTRUCTIONS)
    }


def test_the_image_runs_as_an_ordinary_user_who_is_checked() -> None:
    words = [word for word, _ in FINAL_STAGE]
    user = next(rest for word, rest in FINAL_STAGE if word == "USER")
    assert user.isdigit()
    assert int(user) > 0
    assert "RUN" not in words[words.index("USER") :]
    assert "HEALTHCHECK" in words


def test_the_final_image_has_no_build_tools_and_no_installer() -> None:
    runs = " ".join(rest for word, rest in FINAL_STAGE if word == "RUN")
    assert not re.search(r"\b(apt-get|pip|uv|gcc)\b", runs)
    built = " ".join(rest for word, rest in INSTRUCTIONS if word == "RUN")
    assert "pip uninstall --quiet --yes uv pip" in built


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_module_that_is_in_the_image(name: str) -> None:
    command = SERVICES[name]["command"]
    assert command[:2] == ["python", "-m"]
    module = command[2]
    assert module.partition(".")[0] in copied(FINAL_STAGE)
    spec = find_spec(module)
    assert spec
    assert not spec.submodule_search_locations or find_spec(f"{module}.__main__")
    if module == "kasparro":
        assert command[3] in COMMANDS


def test_every_package_that_the_services_import_is_in_the_image() -> None:
    packages = {folder.name for folder in REPOSITORY.iterdir() if (folder / "__init__.py").exists()}
    assert packages - {"bench", "tests"} <= set(copied(FINAL_STAGE))
    assert {"profiles.yml", "dbt_project"} <= set(copied(FINAL_STAGE))


@pytest.mark.parametrize("name", OURS)
def test_a_service_can_write_nowhere_but_its_home(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    for volume in service.get("volumes", []):
        assert volume == f"home:{image_environment()['KASPARRO_HOME']}" or volume.endswith(":ro")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_limited_and_restarted(name: str) -> None:
    service = SERVICES[name]
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert service["logging"]["options"]["max-size"]
    assert service["restart"] == ("no" if name == "first-pass" else "unless-stopped")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_port_is_open_to_this_machine_only_unless_one_says_otherwise(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith(("127.0.0.1:", "${API_HOST:-127.0.0.1}:"))


def test_services_wait_for_what_is_there_and_is_checked() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy", name
            assert not SERVICES[other].get("healthcheck", {}).get("disable"), (name, other)
            # one that is only there in the demo must not hold up the others
            assert ("profiles" in SERVICES[other]) <= (how.get("required") is False), (name, other)


def test_the_start_has_an_order() -> None:
    started: set[str] = set()
    while waiting := set(SERVICES) - started:
        free = {name for name in waiting if set(SERVICES[name].get("depends_on", {})) <= started}
        assert free, f"these wait for each other: {waiting}"
        started |= free


def test_make_up_waits_for_the_services_that_last() -> None:
    script = (REPOSITORY / "deploy/compose.sh").read_text()
    waited = re.search(r"--wait ([a-z ]+?) \|\|", script)
    assert waited
    assert sorted(waited[1].split()) == sorted(LASTING)
    assert set(SERVICES) - set(LASTING) == {"first-pass", "providers"}


def test_settings_that_mean_another_thing_inside_are_fixed_in_a_file() -> None:
    """Some Composes put a service's own environment into `${...}`: API_HOST there would open the port to everyone."""
    fixed = dict(re.findall(r"^(\w+)=(.*)$", (REPOSITORY / "deploy/containers.env").read_text(), re.MULTILINE))
    for service in SERVICES.values():
        assert not fixed.keys() & service.get("environment", {}).keys()
        files = [file if isinstance(file, str) else file["path"] for file in service.get("env_file", [])]
        assert files in ([], [".env", "deploy/containers.env", "${DEMO_SETTINGS:-deploy/containers.env}"])
    assert fixed["KASPARRO_HOME"] == image_environment()["KASPARRO_HOME"]
    assert all(f":{fixed['CSV_DIR']}:ro" in str(SERVICES[name]["volumes"]) for name in ("flows", "first-pass"))


def test_there_is_no_default_password() -> None:
    uses = re.findall(r"\$\{POSTGRES_PASSWORD(.*?)\}", COMPOSE_TEXT)
    assert uses
    assert all(use.startswith(":?") for use in uses)


def test_every_variable_of_compose_is_in_the_example_or_made_by_the_script() -> None:
    used = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT))
    shown = set(re.findall(r"^#(\w+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE))
    assert used - shown == {"DEMO_SETTINGS"}


def test_compose_and_code_agree_on_the_defaults() -> None:
    for name, default in re.findall(r"\$\{(API_PORT|PREFECT_PORT|PG_PORT|CSV_DIR):-([^}]+)\}", COMPOSE_TEXT):
        shown = re.search(rf"^#{name}=(.*)$", (REPOSITORY / ".env.example").read_text(), re.MULTILINE)
        assert shown
        assert default.removeprefix("./") == shown[1]


class Healthy(BaseHTTPRequestHandler):
    """Answers health paths only."""

    def do_GET(self) -> None:
        self.send_response(200 if "health" in self.path else 404)
        self.end_headers()


@pytest.fixture
def answering() -> Iterator[int]:
    """The port of a service that is up."""
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def health_commands() -> dict[str, list[str]]:
    """The checks of the image and of Prefect's service, as a command of this interpreter."""
    image = next(rest for word, rest in FINAL_STAGE if word == "HEALTHCHECK")
    of_image: list[str] = yaml.safe_load(image.partition("CMD ")[2])
    of_prefect: list[str] = SERVICES["prefect"]["healthcheck"]["test"][1:]
    return {"API_PORT": [sys.executable, *of_image[1:]], "PREFECT_PORT": [sys.executable, *of_prefect[1:]]}


@pytest.mark.parametrize("variable", ["API_PORT", "PREFECT_PORT"])
def test_a_health_check_tells_up_from_down(variable: str, answering: int) -> None:
    def check(port: int) -> int:
        command = health_commands()[variable]
        return subprocess.run(command, env={variable: str(port)}, stderr=subprocess.DEVNULL, check=False).returncode

    assert check(answering) == 0
    assert check(free_port()) != 0


def test_the_demo_reads_the_stand_in_providers() -> None:
    demo = Settings(_env_file=REPOSITORY / "deploy/demo.env")  # pyright: ignore[reportCallIssue]
    port = SERVICES["providers"]["command"][-1]
    with running(GeneratedMarket(60, 1, None)) as stand_in:
        here = {
            "coinpaprika": stand_in.coinpaprika_url,
            "coingecko": stand_in.coingecko_url,
            "rss": sorted(map(stand_in.rss_url, stand_in.market.feed_names())),
        }
    there = {
        "coinpaprika": demo.coinpaprika_base_url,
        "coingecko": demo.coingecko_base_url,
        "rss": sorted(demo.rss_feeds),
    }
    told = str(there).replace(f"http://providers:{port}", stand_in.base_url)
    assert told == str(here)
    assert demo.coingecko_max_coins == 0
