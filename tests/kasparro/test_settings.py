import re
from pathlib import Path

import pytest

from kasparro.settings import ALL_SOURCES, REPOSITORY, Settings, SettingsError, demo_file, load_settings

# DESIGN's table, row by row
DEFAULTS = {
    "database_url": None,
    "kasparro_home": REPOSITORY / ".kasparro",
    "api_host": "127.0.0.1",
    "api_port": 8000,
    "api_workers": 1,
    "prefect_port": 4200,
    "pg_port": 5433,
    "docs_port": 8081,
    "coinpaprika_url": "https://api.coinpaprika.com/v1",
    "coinpaprika_api_key": None,
    "coinpaprika_rate_limit": 10.0,
    "coinpaprika_monthly_calls": 20_000,
    "coingecko_url": "https://api.coingecko.com/api/v3",
    "coingecko_api_key": None,
    "coingecko_plan": "public",
    "coingecko_rate_limit": 0.5,
    "coingecko_monthly_calls": 10_000,
    "coingecko_max_coins": 1000,
    "csv_dir": REPOSITORY / "data",
    "csv_path": None,
    "rss_monthly_calls": 0,
    "sources": list(ALL_SOURCES),
    "etl_interval_minutes": 5,
    "admin_api_key": None,
    "api_require_key": False,
    "raw_retention_days": 30,
    "quotes_retention_days": 0,
    "db_host": None,
    "prefect_auth": None,
    "invented_market": False,
    "api_rate_limit": None,
    "log_level": "info",
    "log_format": None,
    "alert_url": None,
    "failure_points": [],
    "failure_probability": 0.0,
    "warehouse_url": None,
}


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The `.env` that is read, empty at first."""
    file = tmp_path / ".env"
    file.touch()
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    return file


@pytest.mark.parametrize(("name", "value"), DEFAULTS.items())
def test_defaults(name: str, value: object) -> None:
    assert getattr(load_settings(), name) == value


def test_three_public_feeds_are_read_unless_others_are_named() -> None:
    assert len(load_settings().rss_feeds) == 3


@pytest.mark.parametrize(
    ("variable", "given", "field", "read"),
    [
        ("API_PORT", "9000", "api_port", 9000),
        ("PORT", "9001", "api_port", 9001),
        ("SCHEDULER_TOKEN", "a-scheduler-token", "admin_api_key", "a-scheduler-token"),
        ("ADMIN_API_KEY", "  an-admin-key\n", "admin_api_key", "an-admin-key"),
        ("COINGECKO_API_KEY", "CG-key", "coingecko_api_key", "CG-key"),
        ("COINGECKO_PLAN", "Pro", "coingecko_url", "https://pro-api.coingecko.com/api/v3"),
        ("COINGECKO_BASE_URL", "http://127.0.0.1:9/api/v3/", "coingecko_url", "http://127.0.0.1:9/api/v3"),
        ("COINPAPRIKA_API_KEY", "cp-key", "coinpaprika_url", "https://api-pro.coinpaprika.com/v1"),
        ("SOURCES", " CSV, rss,csv ", "sources", ["csv", "rss"]),
        (
            "RSS_FEEDS",
            "https://a.example/rss , http://b.example",
            "rss_feeds",
            ["https://a.example/rss", "http://b.example"],
        ),
        ("RSS_FEEDS", "", "rss_feeds", []),
        ("RSS_FEEDS", "http://a/?t=x,y,http://b,", "rss_feeds", ["http://a/?t=x,y", "http://b"]),
        ("CSV_PATH", "data/one.csv", "csv_path", REPOSITORY / "data/one.csv"),
        ("CSV_DIR", "/srv/csv", "csv_dir", Path("/srv/csv")),
        ("KASPARRO_HOME", "~/kasparro", "kasparro_home", Path.home() / "kasparro"),
        ("KASPARRO_HOME", "../elsewhere", "kasparro_home", REPOSITORY.parent / "elsewhere"),
        ("API_REQUIRE_KEY", "yes", "api_require_key", True),
        ("API_RATE_LIMIT", "100/s", "api_rate_limit", (100, 1)),
        ("API_RATE_LIMIT", "6000", "api_rate_limit", (6000, 60)),
        ("LOG_LEVEL", "WARNING", "log_level", "warning"),
        ("LOG_FORMAT", "JSON", "log_format", "json"),
        ("PREFECT_AUTH", "user:pass:word", "prefect_auth", "user:pass:word"),
    ],
)
def test_a_variable_sets_its_field(
    variable: str, given: str, field: str, read: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, given)
    assert getattr(load_settings(), field) == read


@pytest.mark.parametrize(
    ("given", "a_second"),
    [("10/s", 10), ("10 / sec", 10), ("30/min", 0.5), ("30", 0.5), ("90/Minute", 1.5), ("360/h", 0.1), ("0.5/s", 0.5)],
)
@pytest.mark.parametrize("source", ["COINPAPRIKA", "COINGECKO", "RSS"])
def test_a_rate_is_read_as_calls_a_second(
    source: str, given: str, a_second: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{source}_RATE_LIMIT", given)
    assert getattr(load_settings(), f"{source.lower()}_rate_limit") == pytest.approx(a_second)


def test_the_environment_goes_before_the_file(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text(
        "\N{BYTE ORDER MARK}API_PORT=9000\nPREFECT_PORT='4300' # here\nexport DOCS_PORT=8082\n", "utf-8"
    )
    monkeypatch.setenv("PREFECT_PORT", "4400")
    settings = load_settings()
    assert (settings.api_port, settings.prefect_port, settings.docs_port) == (9000, 4400, 8082)


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_an_empty_variable_counts_as_unset(field: str, env_file: Path) -> None:
    env_file.write_text(f"{field.upper()}=\n")
    expected: object = [] if field == "rss_feeds" else getattr(Settings(_env_file=None), field)  # pyright: ignore[reportCallIssue]
    assert getattr(load_settings(), field) == expected


def test_an_empty_variable_unsets_what_the_file_sets(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text("DATABASE_URL=postgresql://u:p@h/d\n")
    monkeypatch.setenv("DATABASE_URL", " ")
    assert load_settings().warehouse_url is None


def test_an_empty_variable_leaves_the_setting_to_its_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "")
    monkeypatch.setenv("PORT", "9001")
    assert load_settings().api_port == 9001


@pytest.mark.parametrize(
    ("variable", "given", "message"),
    [
        ("API_PORT", "http", "API_PORT or PORT: expected a whole number, got 'http'"),
        ("PG_PORT", "70000", "PG_PORT: expected 65535 or less, got '70000'"),
        ("API_WORKERS", "0", "API_WORKERS: expected 1 or more, got '0'"),
        ("COINGECKO_PLAN", "gold", "COINGECKO_PLAN: expected 'public', 'demo' or 'pro', got 'gold'"),
        ("SOURCES", "csv,binance", "SOURCES: expected 'coinpaprika', 'coingecko', 'csv' or 'rss', got 'binance'"),
        ("SOURCES", ",", "SOURCES: name at least one of coinpaprika, coingecko, csv, rss"),
        ("COINGECKO_RATE_LIMIT", "10/day", "COINGECKO_RATE_LIMIT: expected a rate like 10/s, 30/min"),
        ("RSS_RATE_LIMIT", "0", "RSS_RATE_LIMIT: expected a rate"),
        ("COINPAPRIKA_MONTHLY_CALLS", "-1", "COINPAPRIKA_MONTHLY_CALLS: expected 0 or more, got '-1'"),
        ("COINPAPRIKA_BASE_URL", "ftp://h", "COINPAPRIKA_BASE_URL: expected an http:// or https:// address"),
        ("RSS_FEEDS", "https://a/rss,ftp://h", "RSS_FEEDS: expected an http:// or https:// address"),
        ("RSS_FEEDS", "http://[", "RSS_FEEDS: expected an http:// or https:// address"),
        ("RSS_FEEDS", "http://h:99999/", "RSS_FEEDS: expected an http:// or https:// address"),
        ("SOURCE_TIMEOUT_SECONDS", "0", "SOURCE_TIMEOUT_SECONDS: expected 1 or more"),
        ("API_REQUIRE_KEY", "perhaps", "API_REQUIRE_KEY: expected true or false"),
        ("ETL_INTERVAL_MINUTES", "0", "ETL_INTERVAL_MINUTES: expected 1 or more"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: expected 'debug', 'info', 'warning' or 'error', got 'loud'"),
        ("FAILURE_PROBABILITY", "2", "FAILURE_PROBABILITY: expected 1.0 or less"),
        ("FAILURE_PROBABILITY", "0.5", "set ENABLE_FAILURE_INJECTION=true as well"),
        ("FAILURE_POINTS", "publish", "set ENABLE_FAILURE_INJECTION=true as well"),
        ("FAILURE_POINTS", "after-lunch", "FAILURE_POINTS: 'after-lunch' is no failure point: there are extract.read,"),
        ("FAILURE_POINTS", "publish:lightning", "'lightning' is no kind of failure: there are raise, kill,"),
        ("FAILURE_POINTS", "publish:kill:soon", "expected the number of the time after publish:kill, got 'soon'"),
        (
            "FAILURE_POINT",
            "after-commit",
            "FAILURE_POINT is no setting: there are FAILURE_POINTS and FAILURE_PROBABILITY",
        ),
        ("KASPARRO_HOME", str(REPOSITORY), "KASPARRO_HOME: expected a folder of its own"),
        ("KASPARRO_HOME", "/", "KASPARRO_HOME: expected a folder of its own"),
        ("DATABASE_URL", "mysql://u:hunter2secret@h/d", "DATABASE_URL: names 'mysql', but the warehouse is Postgres"),
        (
            "DATABASE_URL",
            "hunter2secret",
            "DATABASE_URL: expected a URL like postgresql://user:password@host:5432/database",
        ),
        ("DB_HOST", "db.example", "DB_NAME and DB_USER must be set too"),
        ("DB_PASSWORD", "hunter2secret", "DB_HOST and DB_NAME and DB_USER must be set too"),
        ("ADMIN_API_KEY", "short-1", "ADMIN_API_KEY or SCHEDULER_TOKEN: expected 8 characters or more"),
        ("PREFECT_AUTH", "hunter2secret", "PREFECT_AUTH: expected user:password"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    variable: str, given: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, given)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert message in str(error.value)
    assert not re.search("hunter2secret|short-1", str(error.value)), "a secret is shown"


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "x")
    monkeypatch.setenv("PG_PORT", "y")
    with pytest.raises(SettingsError, match=r"(?s)API_PORT.*\n.*PG_PORT"):
        load_settings()


def test_a_file_that_is_no_text_is_refused(env_file: Path) -> None:
    env_file.write_bytes(b"API_PORT=\xff\xfe\n")
    with pytest.raises(SettingsError, match="Settings can't be read"):
        load_settings()


def test_failure_injection_is_accepted_when_it_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILURE_POINTS", "load.committed, publish:kill:2")
    monkeypatch.setenv("ENABLE_FAILURE_INJECTION", "true")
    assert load_settings().failure_points == [("load.committed", "raise", None), ("publish", "kill", 2)]


def test_a_home_with_a_demo_reads_the_demos_providers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KASPARRO_HOME", str(tmp_path))
    monkeypatch.setenv("COINGECKO_BASE_URL", "https://pro-api.coingecko.com/api/v3")
    monkeypatch.setenv("COINGECKO_API_KEY", "the-users-key")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@the-users-server/d")
    demo_file(load_settings()).write_text(
        "COINGECKO_BASE_URL='http://127.0.0.1:9'\nCOINGECKO_API_KEY=''\nDATABASE_URL=''\n"
    )
    load_settings.cache_clear()
    settings = load_settings()
    assert (settings.coingecko_url, settings.coingecko_api_key) == ("http://127.0.0.1:9", None)
    assert settings.warehouse_url is None


def test_settings_that_are_printed_show_no_secret() -> None:
    names = ("database_url", "db_password", "admin_api_key", "coingecko_api_key", "coinpaprika_api_key", "prefect_auth")
    printed = repr(Settings.model_construct(**dict.fromkeys(names, "hunter2secret")))
    assert "hunter2secret" not in printed and "api_port=8000" in printed
