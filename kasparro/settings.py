"""All settings, read in one place from the environment and `.env`, validated at start.

Each field is a row of the README's table and a line of `.env.example`; a test holds the three together.
"""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

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
RATE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:/\s*(s|sec|second|min|minute|m|h|hour))?\s*$")


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and what it takes."""


def parse_rate(value: str | float) -> float:
    """Read `10/s`, `30/min`, `500/h` or a bare number per minute.

    Returns calls per second. Raises ValueError for anything else, and for zero.
    """
    match = RATE.match(str(value))
    if not match or float(match[1]) <= 0:
        raise ValueError("expected a rate like 10/s, 30/min or a number of calls per minute")
    seconds = {"s": 1, "h": 3600}.get((match[2] or "min")[0], 60)
    return float(match[1]) / seconds


def _split(value: object) -> object:
    """Comma-separated text to a list, blanks dropped; lists pass through."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _http_url(value: str) -> str:
    if not re.match(r"^https?://[^/\s]+", value):
        raise ValueError("expected an http:// or https:// address")
    return value.rstrip("/")


Port = Annotated[int, Field(ge=1, le=65535)]
CommaSeparated = Annotated[list[str], NoDecode, BeforeValidator(_split)]
Rate = Annotated[float, BeforeValidator(parse_rate)]


class Settings(BaseSettings):
    """The system's configuration. Build it with `load_settings()`, which turns errors into readable ones."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, populate_by_name=True)

    database_url: str | None = None
    kasparro_home: Path = Path(".kasparro")
    db_host: str | None = None
    db_port: Port = 5432
    db_name: str | None = None
    db_user: str | None = None
    db_password: str | None = None

    api_host: str = "127.0.0.1"
    api_port: Port = Field(default=8000, validation_alias=AliasChoices("API_PORT", "PORT"))
    api_workers: int = Field(default=1, ge=1, le=64)
    prefect_port: Port = 4200
    pg_port: Port = 5433
    docs_port: Port = 8081

    coinpaprika_base_url: str | None = None
    coinpaprika_api_key: str | None = None
    coinpaprika_rate_limit: Rate = Field(default=10.0, validate_default=False)
    coinpaprika_monthly_calls: int = Field(default=20_000, ge=0)
    coingecko_base_url: str | None = None
    coingecko_api_key: str | None = None
    coingecko_plan: Annotated[Literal["public", "demo", "pro"], BeforeValidator(_lower)] = "public"
    coingecko_rate_limit: Rate = Field(default=0.5, validate_default=False)
    coingecko_monthly_calls: int = Field(default=10_000, ge=0)
    coingecko_max_coins: int = Field(default=1000, ge=0)
    csv_dir: Path = Path("data")
    csv_path: Path | None = None
    rss_feeds: CommaSeparated = list(PUBLIC_FEEDS)
    rss_rate_limit: Rate = Field(default=1.0, validate_default=False)
    rss_monthly_calls: int = Field(default=0, ge=0)
    sources: Annotated[list[SourceName], NoDecode, BeforeValidator(_split)] = list(ALL_SOURCES)

    etl_interval_minutes: int = Field(default=5, ge=1, le=1440)
    raw_retention_days: int = Field(default=30, ge=1)
    quotes_retention_days: int = Field(default=0, ge=0)

    admin_api_key: str | None = Field(
        default=None, min_length=16, validation_alias=AliasChoices("ADMIN_API_KEY", "SCHEDULER_TOKEN")
    )
    api_require_key: bool = False
    prefect_auth: str | None = None

    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    log_format: Annotated[Literal["console", "json"] | None, BeforeValidator(_lower)] = None

    failure_points: CommaSeparated = []
    failure_probability: float = Field(default=0.0, ge=0.0, le=1.0)
    enable_failure_injection: bool = False

    @field_validator("coinpaprika_base_url", "coingecko_base_url")
    @classmethod
    def _base_is_http(cls, value: str | None) -> str | None:
        return _http_url(value) if value else None

    @field_validator("rss_feeds")
    @classmethod
    def _feeds_are_http(cls, value: list[str]) -> list[str]:
        return [_http_url(url) for url in value]

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

    @field_validator("kasparro_home", "csv_dir")
    @classmethod
    def _from_repository(cls, value: Path) -> Path:
        return value if value.is_absolute() else REPOSITORY / value

    @model_validator(mode="after")
    def _failure_injection_is_deliberate(self) -> Self:
        if (self.failure_points or self.failure_probability) and not self.enable_failure_injection:
            raise ValueError(
                "FAILURE_POINTS and FAILURE_PROBABILITY break runs on purpose: "
                "set ENABLE_FAILURE_INJECTION=true as well, or unset them"
            )
        return self

    @property
    def coinpaprika_url(self) -> str:
        """The base URL in force: the one set, else the paid host when there is a key, else the free one."""
        return self.coinpaprika_base_url or COINPAPRIKA_BASES["paid" if self.coinpaprika_api_key else "free"]

    @property
    def coingecko_url(self) -> str:
        """The base URL in force: the one set, else the plan's."""
        return self.coingecko_base_url or COINGECKO_BASES[self.coingecko_plan]


def _variable_of(field: str) -> str:
    """The environment variable behind a settings field, aliases joined with `or`."""
    alias = Settings.model_fields[field].validation_alias if field in Settings.model_fields else None
    return " or ".join(map(str, alias.choices)) if isinstance(alias, AliasChoices) else field.upper()


def demo_file(settings: Settings) -> Path:
    """The settings of a home that holds a demo: where its stand-in providers are, for every command run in it."""
    return settings.kasparro_home / "demo.env"


@cache
def load_settings() -> Settings:
    """Read the settings once per process: the environment, then the home's `demo.env`, then `.env`.

    Raises SettingsError that names every wrong variable, what was given and what is expected.
    """
    try:
        settings = Settings()
        demo = demo_file(settings)
        return Settings(_env_file=(".env", demo)) if demo.exists() else settings  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        lines: list[str] = []
        for problem in error.errors(include_url=False):
            place = str(problem["loc"][0]) if problem["loc"] else ""
            message = problem["msg"].removeprefix("Value error, ")
            given = problem["input"]
            secret = any(word in place.lower() for word in ("key", "password", "auth", "token", "url"))
            shown = "" if not place or secret else f" (got {str(given)!r})"
            name = _variable_of(place) if place.lower() == place else place
            lines.append(f"  {name + ': ' if place else ''}{message}{shown}")
        raise SettingsError("Settings are wrong:\n" + "\n".join(lines)) from None
