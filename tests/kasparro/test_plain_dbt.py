"""Which of dbt's commands need the write lock."""

import pytest

from kasparro.plain_dbt import READS, WRITES, command_of, target_of


@pytest.mark.parametrize(
    ("arguments", "command", "target"),
    [
        ("build", "build", None),
        ("--quiet build --select coins", "build", None),
        ("run -s +coin_quotes -t published", "run", "published"),
        ("docs generate --target=analyst", "docs", "analyst"),
        ("test --target candidate", "test", "candidate"),
        ("--version", None, None),
        ("run --target", "run", None),
        ("", None, None),
    ],
)
def test_command_and_target_are_found_among_options(arguments: str, command: str | None, target: str | None) -> None:
    assert (command_of(arguments.split()), target_of(arguments.split())) == (command, target)


def test_every_command_of_dbt_is_known() -> None:
    from dbt.cli.main import cli  # 3 s to import

    assert set(cli.commands) - {"deps"} <= WRITES | READS
    assert not WRITES & READS
