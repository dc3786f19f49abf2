"""`make` prepares a bare machine once, notices when it has to again, and says what is missing."""

from tests.front_door.checkout import Checkout

FIRST_RUN = ["venv", "pip installer.txt", "uv run.txt"]


def test_it_installs_once(checkout: Checkout) -> None:
    assert checkout.make("ready").returncode == 0
    assert checkout.installs() == FIRST_RUN
    second = checkout.make("ready")
    assert checkout.installs() == FIRST_RUN
    assert (second.stdout, second.stderr) == ("", "")


def test_another_lock_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.make("ready")
    with (checkout.folder / "deploy/requirements/run.txt").open("a") as lock:
        lock.write("another==1.0\n")
    checkout.make("ready")
    checkout.make("ready")
    assert checkout.installs() == [*FIRST_RUN, "pip installer.txt", "uv run.txt"]


def test_a_lock_that_is_merely_touched_is_not_installed_again(checkout: Checkout) -> None:
    checkout.make("ready")
    (checkout.folder / "deploy/requirements/run.txt").touch()
    checkout.make("ready")
    assert checkout.installs() == FIRST_RUN


def test_the_development_lock_holds_the_other_one(checkout: Checkout) -> None:
    checkout.make("ready-dev")
    checkout.make("ready")
    assert checkout.installs() == ["venv", "pip installer.txt", "uv dev.txt"]


def test_the_run_lock_is_not_enough_for_development(checkout: Checkout) -> None:
    checkout.make("ready")
    checkout.make("ready-dev")
    assert checkout.installs() == [*FIRST_RUN, "pip installer.txt", "uv dev.txt"]


def test_going_back_to_an_earlier_lock_installs_it_again(checkout: Checkout) -> None:
    checkout.make("ready-dev")
    locks = [checkout.folder / f"deploy/requirements/{name}.txt" for name in ("run", "dev")]
    before = [lock.read_text() for lock in locks]
    for lock, text in zip(locks, before, strict=True):
        lock.write_text(text + "another==1.0\n")
    checkout.make("ready")
    for lock, text in zip(locks, before, strict=True):
        lock.write_text(text)
    checkout.make("ready-dev")
    assert [line for line in checkout.installs() if line.startswith("uv")] == ["uv dev.txt", "uv run.txt", "uv dev.txt"]


def test_where_uv_fails_pip_installs_the_same_lock(checkout: Checkout) -> None:
    (checkout.folder / "uv-fails").touch()
    assert checkout.make("ready").returncode == 0
    assert checkout.installs() == [*FIRST_RUN, "pip run.txt"]


def test_a_failed_install_says_so_and_is_tried_again(checkout: Checkout) -> None:
    for name in ("uv-fails", "pip-fails"):
        (checkout.folder / name).touch()
    failed = checkout.make("ready")
    assert failed.returncode != 0
    assert "could not be installed" in failed.stderr
    for name in ("uv-fails", "pip-fails"):
        (checkout.folder / name).unlink()
    assert checkout.make("ready").returncode == 0
    assert checkout.installs()[-1] == "uv run.txt"


def test_a_killed_install_is_finished_by_the_next_make(checkout: Checkout) -> None:
    (checkout.folder / "uv-is-killed").touch()
    assert checkout.make("ready").returncode != 0
    assert checkout.make("ready").returncode == 0
    assert checkout.installs() == [*FIRST_RUN, "pip installer.txt", "uv run.txt"]


def test_an_environment_without_its_python_is_made_anew(checkout: Checkout) -> None:
    checkout.make("ready")
    (checkout.folder / ".venv/bin/python").unlink()
    assert checkout.make("ready").returncode == 0
    assert checkout.installs() == [*FIRST_RUN, *FIRST_RUN]


def test_a_moved_checkout_gets_an_environment_of_its_own(checkout: Checkout) -> None:
    checkout.make("ready")
    checkout.move(checkout.folder.with_name(f"{checkout.folder.name}-moved"))
    checkout.make("ready")
    assert checkout.installs() == [*FIRST_RUN, *FIRST_RUN]


def test_two_at_once_install_once(checkout: Checkout) -> None:
    makes = [checkout.start("ready") for _ in range(2)]
    assert [make.wait(60) for make in makes] == [0, 0]
    assert checkout.installs() == FIRST_RUN


def test_without_a_python_it_says_what_to_install(checkout: Checkout) -> None:
    (checkout.bin / "python3").unlink()
    result = checkout.make("ready")
    assert result.returncode != 0
    assert "needs Python 3.11 or newer" in result.stderr


def test_an_old_python_is_passed_over_for_a_newer_one(checkout: Checkout) -> None:
    (checkout.bin / "python3").rename(checkout.bin / "python3.12")
    checkout.script("bin/python3", "#!/bin/sh\nexit 0\n")  # an older one prints no version
    assert checkout.make("ready").returncode == 0


def test_a_python_without_venv_names_the_package_that_has_it(checkout: Checkout) -> None:
    checkout.script("bin/python3", '#!/bin/sh\ncase "$2" in *version_info*) echo 3.12 ;; *) exit 1 ;; esac\n')
    result = checkout.make("ready")
    assert result.returncode != 0
    assert "apt-get install python3.12-venv" in result.stderr


def test_the_python_can_be_named(checkout: Checkout) -> None:
    chosen = checkout.bin / "python3"
    chosen.rename(checkout.folder / "my-python")
    assert checkout.make("ready", f"PYTHON={checkout.folder / 'my-python'}").returncode == 0
