"""The settings are told in three places, and all three tell the same: the code, `.env.example`, the README."""

import re
from pathlib import Path

import pytest
from pydantic import AliasChoices

from kasparro.settings import Settings
from tests.front_door.checkout import REPOSITORY

LINES = re.findall(r"^#([A-Z][A-Z0-9_]*)=(.*)$", (REPOSITORY / ".env.example").read_text(), re.MULTILINE)
OF_CONTAINERS = {"POSTGRES_PASSWORD"}


def variables() -> dict[str, tuple[str, ...]]:
    """Every settings field and the variables that set it, the chief one first."""
    found: dict[str, tuple[str, ...]] = {}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        found[name] = tuple(map(str, alias.choices)) if isinstance(alias, AliasChoices) else (name.upper(),)
    return found


def test_the_example_has_one_line_per_setting() -> None:
    names = [name for name, _ in LINES]
    assert sorted(names) == sorted({first for first, *_ in variables().values()} | OF_CONTAINERS)


def test_the_example_mentions_every_other_name_of_a_setting() -> None:
    text = (REPOSITORY / ".env.example").read_text()
    for _, *others in variables().values():
        assert all(re.search(rf"\b{name} is read too", text) for name in others)


def test_the_example_changes_nothing_until_it_is_edited() -> None:
    for line in (REPOSITORY / ".env.example").read_text().splitlines():
        assert not line or line.startswith("#")


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in LINES if value))
    assert Settings(_env_file=file) == Settings()  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize(
    ("field", "names"), variables().items(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_setting_without_a_value_in_the_example_has_no_default(field: str, names: tuple[str, ...]) -> None:
    shown = dict(LINES)[names[0]]
    default = getattr(Settings(), field)
    assert (shown == "") == (default is None or default == [])


def readme_rows() -> set[str]:
    """The variables in the first column of the README's settings table; `<SOURCE>_X` stands for every source's."""
    text = (REPOSITORY / "README.md").read_text()
    tables = [table for table in re.split(r"\n\s*\n", text) if "`DATABASE_URL`" in table and "|\n|" in table]
    assert len(tables) == 1, "the README has one table of settings"
    names: set[str] = set()
    for row in tables[0].splitlines():
        for name in re.findall(r"`((?:<SOURCE>_)?[A-Z][A-Z0-9_]+)`", row.split("|")[1]):
            ending = name.removeprefix("<SOURCE>")
            names |= {name} if ending == name else {one for one in all_names() if one.endswith(ending)}
    return names


def all_names() -> set[str]:
    return {name for names in variables().values() for name in names}


def test_the_readme_has_a_row_for_every_setting() -> None:
    assert readme_rows() == all_names()
