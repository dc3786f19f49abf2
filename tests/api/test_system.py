"""`/stats`, `/health`, `/metrics`, `/`, `/openapi.json`: what the system says about itself."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.api.conftest import KEY
from tests.api.marts import Marts, coin
from tests.api.serving import Api, serving

SUMMARY = {
    "total_runs", "successful_runs", "failed_runs", "total_records_processed", "average_duration_seconds",
    "last_success", "last_failure",
}  # fmt: skip


def test_stats_have_the_promised_shape(market: Api) -> None:
    body = market.get("/stats").json()
    assert list(body) == ["totals", "summary", "recent_runs", "runs", "request_id", "api_latency_ms"]
    assert body["totals"] == {"coins": 9, "listings": 8, "quotes": 77, "articles": 4}
    assert set(body["summary"]) == {"coinpaprika", "coingecko", "csv", "rss"}
    gecko = body["summary"]["coingecko"]
    assert set(gecko) == SUMMARY
    assert (gecko["total_runs"], gecko["successful_runs"], gecko["failed_runs"]) == (4, 2, 2)
    assert (gecko["total_records_processed"], gecko["average_duration_seconds"]) == (200, 30.0)
    assert gecko["last_failure"] > gecko["last_success"]
    assert body["summary"]["csv"]["last_failure"] is None
    assert len(body["recent_runs"]) == 10


def test_recent_runs_are_newest_first_and_limited(market: Api) -> None:
    runs = market.get("/stats", params={"source": "coingecko", "limit": 3}).json()["recent_runs"]
    assert [run["run_id"][-1] for run in runs] == ["3", "2", "1"]
    assert {run["source"] for run in runs} == {"coingecko"}
    run = runs[0]
    assert set(run) == {
        "run_id", "source", "status", "records_processed", "duration_seconds", "started_at", "completed_at", "error",
        "run_status", "run_error",
    }  # fmt: skip
    assert (run["status"], run["records_processed"], run["error"]) == ("failed", 0, "HTTP 503 from /x")
    assert run["started_at"].endswith("Z")


@pytest.mark.parametrize("query", ["source=binance", "limit=0", "limit=101", "what=1"])
def test_stats_refuse_what_they_do_not_know(market: Api, query: str) -> None:
    answer = market.get(f"/stats?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_health_names_the_source_that_fails_and_since_when(market: Api) -> None:
    answer = market.get("/health")
    body = answer.json()
    assert answer.status_code == 200
    assert body["status"] == "degraded"
    assert (body["version"], body["database_connected"]) == (7, True)
    assert body["etl_status"]["csv"]["status"] == "success"
    assert body["etl_status"]["coingecko"]["error"] == "HTTP 503 from /x"
    assert set(body["etl_status"]["rss"]) == {"status", "records_processed", "finished_at", "error"}
    runs = market.get("/stats?source=coingecko").json()["recent_runs"]
    assert body["reasons"] == [{"source": "coingecko", "reason": "HTTP 503 from /x", "since": runs[1]["started_at"]}]
    assert body["last_run"]["run_id"].endswith("3")
    assert body["last_run"]["status"] == "partial"
    assert datetime.now(UTC) - datetime.fromisoformat(body["timestamp"]) < timedelta(minutes=5)


ALL = [{"source": source} for source in ("coinpaprika", "coingecko", "csv:mine", "rss")]


def test_health_is_healthy_when_all_came_through(api: Api, marts: Marts) -> None:
    marts.run(datetime.now(UTC) - timedelta(minutes=2), ALL)
    body = api.get("/health").json()
    assert (body["status"], body["reasons"]) == ("healthy", [])
    assert set(body["etl_status"]) == {"coinpaprika", "coingecko", "csv:mine", "rss"}


def test_running_pass_does_not_hide_how_the_last_one_ended(api: Api, marts: Marts) -> None:
    start = datetime.now(UTC) - timedelta(minutes=5)
    marts.run(start, [*ALL[1:], {"source": "coinpaprika", "status": "failed", "error": "timed out"}], "partial")
    marts.run(start + timedelta(minutes=4), [{"source": "coinpaprika", "status": "running"}], "running")
    body = api.get("/health").json()
    assert body["status"] == "degraded"
    assert body["reasons"][0]["reason"] == "timed out"
    assert body["last_run"]["status"] == "running"


def test_health_notices_passes_that_no_longer_come(api: Api, marts: Marts) -> None:
    marts.run(datetime.now(UTC) - timedelta(minutes=90), ALL)
    body = api.get("/health").json()
    assert body["status"] == "degraded"
    assert body["reasons"][0]["reason"].startswith("no pass has completed for ")


def test_sources_that_are_off_are_not_judged(empty: Warehouse, marts: Marts, api_settings: Settings) -> None:
    marts.run(
        datetime.now(UTC) - timedelta(minutes=2), [{"source": "csv"}, {"source": "rss", "status": "failed"}], "partial"
    )
    with serving(api_settings.model_copy(update={"sources": ["csv"]}), lambda: empty.url("reader")) as api:
        api.wait_for(1)
        body = api.get("/health").json()
        assert (body["status"], set(body["etl_status"])) == ("healthy", {"csv"})


def samples_of(api: Api) -> dict[tuple[str, ...], float]:
    """The metrics by name and label values."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(api.get("/metrics").text)
        for sample in family.samples
    }


def test_metrics_tell_what_providers_were_asked_and_what_the_month_allows(api: Api, marts: Marts) -> None:
    now = datetime.now(UTC)
    for started_at, made in ((now - timedelta(days=62), 1100), (now - timedelta(days=62, minutes=5), 1200), (now, 430)):
        gecko = {"source": "coingecko", "calls_this_month": made, "calls_budget": 10_000}
        marts.run(started_at, [gecko, {"source": "coinpaprika", "calls_this_month": 5}, {"source": "csv"}])
    samples = samples_of(api)
    assert samples["provider_requests_total", "coingecko"] == 1200 + 430
    assert samples["provider_call_budget_remaining", "coingecko"] == 10_000 - 430
    assert samples["provider_requests_total", "coinpaprika"] == 10
    assert ("provider_call_budget_remaining", "coinpaprika") not in samples  # it has no budget
    assert ("provider_requests_total", "csv") not in samples


def test_a_new_month_has_its_whole_budget(api: Api, marts: Marts) -> None:
    gecko = {"source": "coingecko", "calls_this_month": 9_999, "calls_budget": 10_000}
    marts.run(datetime.now(UTC) - timedelta(days=40), [gecko])
    assert samples_of(api)["provider_call_budget_remaining", "coingecko"] == 10_000


def test_a_record_rejected_in_every_pass_counts_once(api: Api, marts: Marts) -> None:
    for minutes in (9, 4):
        marts.run(datetime.now(UTC) - timedelta(minutes=minutes), [{"source": "csv", "records_rejected": 1}])
    assert samples_of(api)["rejected_records_total", "csv"] == 0  # the first pass has not made the table yet
    marts.execute("create table ops.rejected_records as select 'csv'::text as source")
    assert samples_of(api)["rejected_records_total", "csv"] == 1


def test_metrics_count_what_changed_in_the_sources(api: Api, marts: Marts) -> None:
    assert not any(name == "schema_drift_events_total" for name, *_ in samples_of(api))  # there is no table yet
    marts.execute("""
        create table ops.schema_drift_events as
        select 'coingecko' as source, unnest(array['renamed', 'added', 'added']) as kind
    """)
    samples = samples_of(api)
    assert samples["schema_drift_events_total", "added", "coingecko"] == 2
    assert samples["schema_drift_events_total", "coingecko", "renamed"] == 1


def test_metrics_tell_runs_staleness_and_requests(market: Api) -> None:
    market.get("/data?limit=0")
    samples = samples_of(market)
    assert samples["etl_runs_total", "coingecko", "failed"] == 2
    assert samples["etl_runs_total", "csv", "success"] == 4
    assert samples["etl_records_processed_total", "coingecko"] == 200
    assert samples["etl_duration_seconds_sum", "rss"] == 120
    assert samples["etl_duration_seconds_count", "rss"] == 4
    assert 60 < samples["data_staleness_seconds", "coingecko"] < 3600
    assert samples["rejected_records_total", "csv"] == 0
    assert samples[("published_version",)] == 7
    assert samples[("warehouse_up",)] == 1
    assert samples["api_requests_total", "/data", "422", "GET"] >= 1
    assert samples["api_request_duration_seconds_count", "/data"] >= 1


def test_metrics_have_few_labels_whatever_is_asked_for(market: Api) -> None:
    for number in range(5):
        market.get(f"/nothing/{number}")
        market.request(f"ODD{number}", "/data")
    market.get("/openapi.json")
    text = market.get("/metrics").text
    assert "/nothing/" not in text
    assert 'route="/openapi.json"' in text
    assert 'route="unmatched"' in text
    assert "ODD" not in text


def test_home_is_information_for_programs_and_a_page_for_people(market: Api) -> None:
    for accept in ("application/json", "*/*", "", "text/html;q=0.5, application/json"):
        body = market.get("/", headers={"Accept": accept}).json()
        assert body["endpoints"]["data"] == "/data"
        assert body["version"] == 7
    page = market.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in page.headers["vary"]
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_openapi_describes_parameters_and_errors(market: Api) -> None:
    document = market.get("/openapi.json").json()
    operation = document["paths"]["/data"]["get"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10}
    assert "-market_cap_usd" in parameters["sort"]["schema"]["enum"]
    assert all(parameter["description"] for parameter in parameters.values())
    assert "application/problem+json" in operation["responses"]["422"]["content"]
    assert set(document["paths"]) >= {"/data", "/stats", "/health", "/metrics", "/etl/trigger"}
    described = {tag["name"] for tag in document["tags"]}
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert {tag for each in operations for tag in each["tags"]} == described
    targets = {
        link["operationId"]
        for each in operations
        for link in each["responses"].get("200", {}).get("links", {}).values()
    }
    assert targets < {each["operationId"] for each in operations}


KEYED = ["/etl/trigger", "/api/etl/trigger", "/trigger-etl"]


@pytest.mark.parametrize("path", KEYED)
def test_triggers_need_the_key(market: Api, path: str) -> None:
    without = market.post(path)
    assert without.status_code == 401
    assert "X-API-Key" in without.headers["www-authenticate"]
    for header in ("X-API-Key", "X-Scheduler-Token"):
        for wrong in (b"nonsense", f"{KEY}x".encode(), KEY[:-1].encode(), b"\xc3\xa9", b"\xff"):
            assert market.post(path, headers={header.encode(): wrong}).status_code == 403
    assert market.get(path).status_code == 405


def test_keys_can_not_be_guessed_at_will(empty: Warehouse, api_settings: Settings) -> None:
    with serving(api_settings, lambda: empty.url("reader")) as api:
        api.wait_for(None)  # until the warehouse has answered, /data is a 503
        statuses = [
            api.post("/etl/trigger", headers={"X-API-Key": f"guess-{number}"}).status_code for number in range(130)
        ]
        assert statuses[:100] == [403] * 100
        assert statuses[-1] == 429
        answer = api.post("/etl/trigger", headers={"X-API-Key": KEY})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert api.get("/data").status_code == 200


def test_key_may_be_required_everywhere_but_for_health(empty: Warehouse, api_settings: Settings) -> None:
    Marts(empty).publish(1, coins=[coin("btc")])
    guarded = api_settings.model_copy(update={"api_require_key": True})
    with serving(guarded, lambda: empty.url("reader")) as api:
        api.wait_for(1)
        for path in (
            "/",
            "/data",
            "/stats",
            "/metrics",
            "/docs",
            "/openapi.json",
            "/nothing",
            "/dashboard/main.js",
            "/healthy",
        ):
            assert api.get(path).status_code == 401, path
            assert api.get(path, headers={"X-API-Key": "wrong"}).status_code == 403, path
        for path in ("/health", "/health/live", "/health/ready"):
            assert api.get(path).status_code == 200, path
        answer = api.get("/data", headers={"X-Scheduler-Token": KEY})
        assert answer.status_code == 200
        assert answer.headers["cache-control"].startswith("private")
        assert "X-API-Key" in answer.headers["vary"]


def test_reader_can_not_write(market: Api) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    for statement in (
        "delete from marts.coins",
        "set transaction read write; delete from marts.coins",
        "create table marts.mine (id int)",
        "select * from raw_coingecko.x",
    ):
        with pytest.raises(DBAPIError), market.context.database.transaction() as connection:
            connection.execute(text(statement))
    assert market.data()["pagination"]["total_items"] == 9
