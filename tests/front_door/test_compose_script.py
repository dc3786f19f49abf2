"""`make up` and its like: they say what is missing, make a password once, and keep the demo apart."""

import re
import stat

import pytest

from tests.front_door.checkout import Checkout

DOCKER = """\
#!/bin/sh
case "$*" in
"compose version") exit ${NO_COMPOSE:-0} ;;
info) exit ${NO_DAEMON:-0} ;;
esac
echo "${COMPOSE_PROJECT_NAME:-kasparro} ${COMPOSE_PROFILES:--} ${DEMO_SETTINGS:--}: $*" >>docker.log
"""


@pytest.fixture
def docker(checkout: Checkout) -> Checkout:
    checkout.script("bin/docker", DOCKER)
    return checkout


def calls(checkout: Checkout) -> list[str]:
    log = checkout.folder / "docker.log"
    return log.read_text().splitlines() if log.exists() else []


def password(checkout: Checkout) -> str:
    found = re.findall(r"^POSTGRES_PASSWORD=(.*)$", (checkout.folder / ".env").read_text(), re.MULTILINE)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("command", ["up", "down", "logs", "build"])
def test_without_docker_it_says_so_and_names_the_other_way(command: str, checkout: Checkout) -> None:
    result = checkout.make(command)
    assert result.returncode != 0
    assert "Docker is not installed" in result.stderr
    assert "make run" in result.stderr


@pytest.mark.parametrize(("lacking", "said"), [("NO_COMPOSE", "Compose plugin"), ("NO_DAEMON", "does not answer")])
def test_it_says_what_docker_lacks(lacking: str, said: str, docker: Checkout) -> None:
    result = docker.make("up", **{lacking: "1"})
    assert result.returncode != 0
    assert said in result.stderr
    assert calls(docker) == []


def test_up_starts_everything_then_waits_for_what_lasts(docker: Checkout) -> None:
    assert docker.make("up").returncode == 0
    assert [call.partition(": ")[2] for call in calls(docker)[:2]] == [
        "compose up --build --detach",
        "compose up --detach --wait warehouse prefect flows api",
    ]


def test_the_password_is_made_once_and_only_the_owner_reads_it(docker: Checkout) -> None:
    docker.make("up")
    first = password(docker)
    assert re.fullmatch(r"[0-9a-f]{48}", first)
    assert stat.S_IMODE((docker.folder / ".env").stat().st_mode) == 0o600
    docker.make("up")
    assert password(docker) == first


def test_two_installations_have_different_passwords(docker: Checkout) -> None:
    docker.make("up")
    first = password(docker)
    (docker.folder / ".env").unlink()
    docker.make("up")
    assert password(docker) != first


def test_settings_in_env_stay_as_they_are(docker: Checkout) -> None:
    (docker.folder / ".env").write_text("API_PORT=9000")  # and no end of line
    docker.make("up")
    assert (docker.folder / ".env").read_text().startswith("API_PORT=9000\n")
    assert password(docker)
    assert stat.S_IMODE((docker.folder / ".env").stat().st_mode) == 0o600


def test_a_password_of_the_users_own_is_kept(docker: Checkout) -> None:
    (docker.folder / ".env").write_text("POSTGRES_PASSWORD=mine\n")
    docker.make("up")
    assert password(docker) == "mine"


def test_the_demo_has_containers_and_volumes_of_its_own(docker: Checkout) -> None:
    docker.make("up", "DEMO=1")
    docker.make("down", "DEMO=1")
    assert {call.partition(":")[0] for call in calls(docker)} == {"kasparro-demo demo deploy/demo.env"}
    docker.make("down")
    assert calls(docker)[-1] == "kasparro - -: compose down"


def test_logs_of_one_service(docker: Checkout) -> None:
    docker.make("logs", "S=api")
    assert calls(docker)[-1].endswith("compose logs --follow --tail=200 api")


def test_a_container_that_does_not_come_up_fails_with_where_to_look(docker: Checkout) -> None:
    docker.script("bin/docker", DOCKER + 'case "$*" in *--wait*) exit 1 ;; esac\n')
    result = docker.make("up")
    assert result.returncode != 0
    assert "make logs" in result.stderr
