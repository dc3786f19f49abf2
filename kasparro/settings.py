"""All settings, read in one place from the environment and `.env`, validated at start.

Each field is a row of the README's table and a line of `.env.example`; a test holds the three together.
"""

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import AliasChoices, BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import URL

from kasparro import database_url
from kasparro.failures import Fault
from kasparro.failures import parse as parse_fault
from kasparro.setting_types import AddressList, CommaSeparated, HttpAddress, LowerCase, Port, QuotaSetting, Rate, Secret

SourceName = Literal["coinpaprika", "coingecko", "csv", "rss"]
ALL_SOURCES: tuple[SourceName, ...] = ("coinpaprika", "coingecko", "csv", "rss")

COINPAPRIKA_BASES = {"free": "https://api.coinpaprika.com/v1", "paid": "https://api-pro.coinpaprika.com/v1"}
COINGECKO_BASES = {
    "public": "https://api.coingecko.com/api/v3",
    "demo": "https://api.coingecko.com/api/v3",
    "pro": "https://pro-api.coingecko.com/api/v3",
}
PUBLIC_FEEDS = (
    "https://www.coindesk.com/arc/outboundfeeds/rss",
    "https://cointelegraph.com/rss",
    "https://decrypt.co/feed",
)
REPOSITORY = Path(__file__).resolve().parent.parent
EMPTY_HAS_A_MEANING = ("rss_feeds",)
SECRET = re.compile("key|password|auth|token|url|feeds", re.IGNORECASE)
EXPECTED = {
    "bool_parsing": "expected true or false",
    "float_parsing": "expected a number",
    "greater_than_equal": "expected {ge} or more",
    "int_parsing": "expected a whole number",
    "less_than_equal": "expected {le} or less",
    "literal_error": "expected {expected}",
    "string_too_short": "expected {min_length} characters or more",
}


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and what it takes."""


class _Variables(EnvSettingsSource):
    """The environment over `.env`, as one; an empty variable counts as unset, by whichever name of its setting."""

    def __init__(self, settings_cls: type[BaseSettings], env_file: Any) -> None:
        self._env_file = env_file
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        of_file = dotenv_values(self._env_file, encoding="utf-8-sig") if self._env_file else {}
        given = {name.lower(): value for name, value in {**of_file, **os.environ}.items()}
        for name in given:
            if name.startswith("failure_") and name not in Settings.model_fields:
                raise SettingsError(f"{name.upper()} is no setting: there are FAILURE_POINTS and FAILURE_PROBABILITY")
        return {name: value for name, value in given.items() if (value or "").strip() or name in EMPTY_HAS_A_MEANING}


class Settings(BaseSettings):
    """The system's configuration. Build it with `load_settings()`, which turns errors into readable ones."""

    model_config = SettingsConfigDict(
        env_file=REPOSITORY / ".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

    database_url: Secret = None
    kasparro_home: Path = Path(".kasparro")
    db_host: str | None = None
    db_port: Port = 5432
    db_name: str | None = None
    db_user: str | None = None
    db_password: Secret = None

    api_host: str = "127.0.0.1"
    api_port: Port = Field(default=8000, validation_alias=AliasChoices("API_PORT", "PORT"))
    api_workers: int = Field(default=1, ge=1, le=64)
    prefect_port: Port = 4200
    pg_port: Port = 5433
    docs_port: Port = 8081

    coinpaprika_base_url: HttpAddress | None = None
    coinpaprika_api_key: Secret = None
    coinpaprika_rate_limit: Rate = Field(default=10.0, validate_default=False)
    coinpaprika_monthly_calls: int = Field(default=20_000, ge=0)
    coingecko_base_url: HttpAddress | None = None
    coingecko_api_key: Secret = None
    coingecko_plan: Annotated[Literal["public", "demo", "pro"], LowerCase] = "public"
    coingecko_rate_limit: Rate = Field(default=0.5, validate_default=False)
    coingecko_monthly_calls: int = Field(default=10_000, ge=0)
    coingecko_max_coins: int = Field(default=1000, ge=0)
    csv_dir: Path = Path("data")
    csv_path: Path | None = None
    rss_feeds: Annotated[list[HttpAddress], *AddressList] = list(PUBLIC_FEEDS)
    rss_rate_limit: Rate = Field(default=1.0, validate_default=False)
    rss_monthly_calls: int = Field(default=0, ge=0)
    sources: Annotated[list[SourceName], *CommaSeparated, LowerCase] = list(ALL_SOURCES)

    etl_interval_minutes: int = Field(default=5, ge=1, le=1440)
    source_timeout_seconds: int = Field(default=600, ge=1, le=1500)
    raw_retention_days: int = Field(default=30, ge=1)
    quotes_retention_days: int = Field(default=0, ge=0)

    admin_api_key: Secret = Field(
        default=None, min_length=8, validation_alias=AliasChoices("ADMIN_API_KEY", "SCHEDULER_TOKEN")
    )
    api_require_key: bool = False
    api_rate_limit: QuotaSetting = None
    prefect_auth: Secret = None
    prefect_api_url: HttpAddress | None = None
    invented_market: bool = False

    alert_url: Secret = None

    log_level: Annotated[Literal["debug", "info", "warning", "error"], LowerCase] = "info"
    log_format: Annotated[Literal["console", "json"] | None, LowerCase] = None

    failure_points: Annotated[list[Annotated[Fault, BeforeValidator(parse_fault)]], *CommaSeparated] = []
    failure_probability: float = Field(default=0.0, ge=0.0, le=1.0)
    enable_failure_injection: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given to the constructor, then the variables."""
        assert isinstance(dotenv_settings, DotEnvSettingsSource)
        return init_settings, _Variables(settings_cls, dotenv_settings.env_file)

    @field_validator("sources")
    @classmethod
    def _at_least_one_source(cls, value: list[SourceName]) -> list[SourceName]:
        if not value:
            raise ValueError(f"name at least one of {', '.join(ALL_SOURCES)}")
        return list(dict.fromkeys(value))

    @field_validator("prefect_auth")
    @classmethod
    def _auth_is_user_and_password(cls, value: str | None) -> str | None:
        if value and not all(value.partition(":")[::2]):
            raise ValueError("expected user:password")
        return value or None

    @field_validator("alert_url")
    @classmethod
    def _alert_url_is_an_address(cls, value: str | None) -> str | None:
        if value and not re.match(r"[a-z][a-z0-9+.-]*://\S", value, re.IGNORECASE):
            raise ValueError("expected an address of Apprise, such as json://host/path or mailto://user:password@host")
        return value or None

    @field_validator("kasparro_home", "csv_dir", "csv_path")
    @classmethod
    def _from_repository(cls, value: Path | None) -> Path | None:
        return value and Path(os.path.normpath(REPOSITORY / value.expanduser()))

    @field_validator("kasparro_home")
    @classmethod
    def _home_is_a_folder_of_its_own(cls, value: Path) -> Path:
        if value.resolve() in (REPOSITORY, *REPOSITORY.parents):
            raise ValueError("expected a folder of its own: this one holds the program")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_url_is_postgres(cls, value: str | None) -> str | None:
        return value and database_url.text(database_url.parse(value))

    @model_validator(mode="after")
    def _parts_of_the_database_are_whole(self) -> Self:
        parts = {"DB_HOST": self.db_host, "DB_NAME": self.db_name, "DB_USER": self.db_user}
        missing = [name for name, value in parts.items() if not value]
        if not self.database_url and missing and (len(missing) < len(parts) or self.db_password):
            raise ValueError(
                f"{' and '.join(missing)} must be set too: DB_HOST, DB_NAME and DB_USER together name the warehouse"
            )
        return self

    @model_validator(mode="after")
    def _failure_injection_is_deliberate(self) -> Self:
        if (self.failure_points or self.failure_probability) and not self.enable_failure_injection:
            raise ValueError(
                "FAILURE_POINTS and FAILURE_PROBABILITY break runs on purpose: "
                "set ENABLE_FAILURE_INJECTION=true as well, or unset them"
            )
        return self

    @property
    def warehouse_url(self) -> URL | None:
        """The warehouse's administrator, as the settings name it; None for the embedded warehouse."""
        if self.database_url:
            return database_url.parse(self.database_url)
        if self.db_host and self.db_name and self.db_user:
            return database_url.of_parts(self.db_host, self.db_port, self.db_name, self.db_user, self.db_password)
        return None

    @property
    def coinpaprika_url(self) -> str:
        """The base URL in force: the one set, else the paid host when there is a key, else the free one."""
        return self.coinpaprika_base_url or COINPAPRIKA_BASES["paid" if self.coinpaprika_api_key else "free"]

    @property
    def coingecko_url(self) -> str:
        """The base URL in force: the one set, else the plan's."""
        return self.coingecko_base_url or COINGECKO_BASES[self.coingecko_plan]


SAMPLES = REPOSITORY / "providers" / "sample_files"
"""CSV files whose figures are invented: the demo reads them, a real market never."""


def demo_file(settings: Settings) -> Path:
    """The settings of a home that holds a demo: where its stand-in providers are, for every command run in it."""
    return settings.kasparro_home / "demo.env"


def is_demo(settings: Settings) -> bool:
    """Whether the prices are invented: whoever shows them has to say so."""
    return settings.invented_market or demo_file(settings).exists()


@cache
def load_settings() -> Settings:
    """Read the settings once per process: the home's `demo.env`, then the environment, then `.env`.

    Raises SettingsError that names every wrong variable, what was given (unless it may be a secret) and what is
    expected.
    """
    try:
        settings = Settings()
        demo: dict[str, Any] = {
            name.lower(): value or None for name, value in dotenv_values(demo_file(settings)).items()
        }
        return Settings(**demo) if demo else settings
    except ValidationError as error:
        problems = "\n".join(f"  {_described(problem)}" for problem in error.errors(include_url=False))
        raise SettingsError(f"Settings are wrong:\n{problems}") from None
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"Settings can't be read: {error}") from None


def _described(problem: ErrorDetails) -> str:
    """One problem in one line: the variable, what it takes, and what was given unless it may be a secret."""
    message = EXPECTED.get(problem["type"], problem["msg"]).format(**problem.get("ctx", {}))
    message = message.removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    place = str(problem["loc"][0])
    given = "" if SECRET.search(place) else f", got {str(problem['input'])!r}"
    return f"{_variables_of(place.lower())}: {message}{given}"


def _variables_of(field: str) -> str:
    """The variables behind a settings field, joined with `or`."""
    alias = Settings.model_fields[field].validation_alias if field in Settings.model_fields else None
    return " or ".join(map(str, alias.choices)) if isinstance(alias, AliasChoices) else field.upper()
