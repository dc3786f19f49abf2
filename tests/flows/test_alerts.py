"""Alerts reach a receiver: each thing once, its end once, nothing while nobody asked to be told."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg2
import pytest

from flows import alerts
from flows.alerts import Subject
from kasparro import alert_url
from kasparro.settings import Settings, SettingsError, load_settings
from kasparro.warehouse import Warehouse
from tests.conftest import make_settings

RUN = """
    with run as (
        insert into ops.etl_runs (run_id, trigger, status, started_at, completed_at)
        select gen_random_uuid(), 'test', %(run)s, moment, moment
        from (select clock_timestamp() - %(ago)s::interval as moment) as then_
        returning run_id, started_at
    )
    insert into ops.etl_source_runs (run_id, source, status, started_at, error)
    select run_id, 'coingecko', %(source)s, started_at, %(error)s from run
"""

DRIFT = """
    create table ops.schema_drift_events as select
        'abc' as event_id, 'coinpaprika' as source, 'tickers' as table_name, 'symbol' as field, 'missing' as kind,
        'error' as severity, null::text as sent_as, null::numeric as confidence, 'in none of 60 rows' as evidence,
        null::text as suggested_mapping, 'open' as status
"""


class Receiver:
    """A webhook of the operator's."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if receiver.status == 200:
                    receiver.said.append((body["title"], body["message"]))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self.server.server_port}/alerts"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def heard(self) -> list[tuple[str, str]]:
        """What came since the last time."""
        said, self.said = self.said, []
        return said


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def told(receiver: Receiver, settings: Settings) -> Settings:
    """Settings of an operator who wants to be told."""
    return make_settings(settings.kasparro_home, alert_url=receiver.url)


def ran(warehouse: Warehouse, source: str, ago: str = "1 minute") -> None:
    """A pass in which CoinGecko ended so."""
    values = {
        "run": "success" if source == "success" else "partial",
        "source": source,
        "ago": ago,
        "error": None if source == "success" else "CoinGecko did not answer in time",
    }
    with closing(psycopg2.connect(warehouse.url("admin"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute(RUN, values)


def test_a_source_that_keeps_failing_is_said_once_and_so_is_its_recovery(
    fresh_warehouse: Warehouse, told: Settings, receiver: Receiver
) -> None:
    for ago, expected in (("9 minutes", 0), ("8 minutes", 0), ("7 minutes", 1), ("6 minutes", 0)):
        ran(fresh_warehouse, "failed", ago)
        alerts.look(told, fresh_warehouse)
        heard = receiver.heard()
        assert len(heard) == expected
        for title, message in heard:
            assert title == "Kasparro: coingecko fails"
            assert "failed 3 times" in message and "did not answer in time" in message
    ran(fresh_warehouse, "success", "5 minutes")
    alerts.look(told, fresh_warehouse)
    alerts.look(told, fresh_warehouse)
    assert [title for title, _ in receiver.heard()] == ["Kasparro: coingecko fails: over"]


def test_what_is_held_back_is_said(fresh_warehouse: Warehouse, told: Settings, receiver: Receiver) -> None:
    with closing(psycopg2.connect(fresh_warehouse.url("transformer"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(DRIFT)
        alerts.look(told, fresh_warehouse)
        alerts.look(told, fresh_warehouse)
        ((title, message),) = receiver.heard()
        assert title == "Kasparro: coinpaprika is held back"
        assert "coinpaprika.tickers.symbol is missing" in message
        cursor.execute("update ops.schema_drift_events set status = 'resolved'")
    alerts.look(told, fresh_warehouse)
    assert [title for title, _ in receiver.heard()] == ["Kasparro: coinpaprika is held back: over"]


def test_stale_data_is_said(fresh_warehouse: Warehouse, told: Settings, receiver: Receiver) -> None:
    ran(fresh_warehouse, "success", "2 hours")
    alerts.look(told, fresh_warehouse)
    alerts.look(told, fresh_warehouse)
    assert [title for title, _ in receiver.heard()] == ["Kasparro: data is stale"]
    ran(fresh_warehouse, "success")
    alerts.look(told, fresh_warehouse)
    assert [title for title, _ in receiver.heard()] == ["Kasparro: data is stale: over"]


def test_what_could_not_be_sent_is_said_later(fresh_warehouse: Warehouse, told: Settings, receiver: Receiver) -> None:
    ran(fresh_warehouse, "success", "2 hours")
    receiver.status = 500
    alerts.look(told, fresh_warehouse)
    receiver.status = 200
    assert receiver.heard() == []
    alerts.look(told, fresh_warehouse)
    assert len(receiver.heard()) == 1


def test_nobody_is_told_who_did_not_ask(fresh_warehouse: Warehouse, settings: Settings, receiver: Receiver) -> None:
    ran(fresh_warehouse, "success", "2 hours")
    alerts.look(settings, fresh_warehouse)
    assert receiver.heard() == []


def test_an_address_that_nobody_knows_stops_no_pass(
    fresh_warehouse: Warehouse, told: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    ran(fresh_warehouse, "success", "2 hours")
    alerts.look(told.model_copy(update={"alert_url": "carrier-pigeon"}), fresh_warehouse)
    assert "ALERT_URL is no address that Apprise knows" in caplog.text


def test_a_test_alert_is_sent_without_a_warehouse(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KASPARRO_HOME", str(tmp_path / "home"))
    assert alerts.main(["test"]) == 1
    assert "ALERT_URL is not set" in capsys.readouterr().err
    for status, exit_code in ((200, 0), (500, 1)):
        load_settings.cache_clear()
        monkeypatch.setenv("ALERT_URL", receiver.url)
        receiver.status = status
        assert alerts.main(["test"]) == exit_code
    assert [title for title, _ in receiver.heard()] == ["Kasparro: test"]


def test_an_address_that_apprise_does_not_know_stops_the_start(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "home", alert_url="pigeon://carrier")
    with pytest.raises(SettingsError, match="ALERT_URL is no address that Apprise knows") as refused:
        alert_url.require_known(settings)
    assert "carrier" not in str(refused.value)
    known = settings.model_copy(update={"alert_url": "json://127.0.0.1/x"})
    for _ in range(2):
        alert_url.require_known(known)


@pytest.mark.parametrize("wrong", ["foo", "pigeon, json://secret", "://secret"])
def test_what_is_no_address_at_all_is_a_wrong_setting(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_URL", wrong)
    with pytest.raises(SettingsError, match="ALERT_URL: expected an address of Apprise") as refused:
        load_settings()
    assert "got" not in str(refused.value), "it may hold a password"


def test_a_system_that_never_published_is_said_and_a_stop_of_ones_own_is_not(
    fresh_warehouse: Warehouse, told: Settings, receiver: Receiver
) -> None:
    with closing(psycopg2.connect(fresh_warehouse.url("admin"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for status, heard in (("cancelled", 0), ("failed", 1)):
            for minute in range(3):
                cursor.execute(
                    "insert into ops.etl_runs (run_id, trigger, status, started_at, error) "
                    "values (gen_random_uuid(), 'test', %s, now() + %s * interval '1 second', 'no luck')",
                    (status, minute),
                )
            alerts.look(told, fresh_warehouse)
            assert len(receiver.heard()) == heard


def test_news_is_what_differs() -> None:
    one, two = Subject("source", "rss"), Subject("data", "stale")
    assert alerts.news({one: "a"}, {two: "b"}) == alerts.News({two: "b"}, {one: "a"})
    assert alerts.news({one: "a"}, {one: "another number"}) == alerts.News({}, {})
