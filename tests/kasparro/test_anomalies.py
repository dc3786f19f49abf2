"""What counts as unusual: the rules, each by itself."""

import pytest

from kasparro.anomalies import Anomaly, Part, Run, compare_runs, pattern


def a_run(records: int = 1000, seconds: float = 10.0, status: str = "success", **sources: Part) -> Run:
    return Run(status, records, seconds, None, sources)


def kinds(run: Run, *previous: Run) -> set[tuple[str, str, str]]:
    return {(found.kind, found.severity, found.source) for found in compare_runs(run, previous)}


def test_nothing_is_unusual_about_the_first_run_nor_about_the_same_again() -> None:
    assert compare_runs(a_run(), []) == []
    assert compare_runs(a_run(), [a_run()]) == []


@pytest.mark.parametrize(("records", "is_unusual"), [(500, False), (499, True), (1500, False), (1501, True), (0, True)])
def test_half_as_many_records_again_or_fewer_than_half(records: int, is_unusual: bool) -> None:
    assert (("record_count", "warning", "") in kinds(a_run(records), a_run(1000))) == is_unusual


def test_counts_are_judged_against_the_range_of_the_good_runs() -> None:
    assert kinds(a_run(0), a_run(1000), a_run(0)) == set(), "an unchanged answer brings nothing, and that is usual"
    assert kinds(a_run(1600), a_run(10), a_run(1100)) == set()
    assert ("record_count", "warning", "") in kinds(a_run(1600), a_run(1000), a_run(5000, status="failed"))


@pytest.mark.parametrize(("seconds", "is_unusual"), [(20.0, False), (20.1, True)])
def test_twice_as_long(seconds: float, is_unusual: bool) -> None:
    assert (("duration", "warning", "") in kinds(a_run(seconds=seconds), a_run(seconds=10.0))) == is_unusual


def test_what_is_short_anyway_is_not_long() -> None:
    assert kinds(a_run(seconds=1.9), a_run(seconds=0.1)) == set()


def test_a_failure_and_a_recovery_are_told_once() -> None:
    failed = a_run(status="failed")
    assert ("status_change", "critical", "") in kinds(failed, a_run())
    assert ("status_change", "info", "") in kinds(a_run(), failed)
    assert kinds(failed, failed) == set()
    crashed = a_run(status="crashed")
    assert ("status_change", "critical", "") in kinds(crashed, a_run(status="partial"))


def test_a_sources_failure_is_the_sources() -> None:
    good, bad = Part("success", 10, 1.0), Part("failed", 0, 1.0, "did not answer in time")
    assert kinds(a_run(status="partial", coingecko=bad), a_run(coingecko=good)) == {
        ("status_change", "warning", "coingecko"),
        ("new_error", "warning", "coingecko"),
    }


def test_sources_that_come_and_go() -> None:
    part = Part("success", 10, 1.0)
    found = compare_runs(a_run(rss=part), [a_run(csv=part)])
    assert found == [
        Anomaly("sources_changed", "warning", "csv was read before, and is not any more", "csv"),
        Anomaly("sources_changed", "info", "rss is read for the first time", "rss"),
    ]


def test_an_error_is_new_unless_only_its_numbers_are() -> None:
    def failing(error: str) -> Run:
        return a_run(status="partial", rss=Part("failed", 0, 1.0, error))

    before = failing("asks to wait 600 s; 3 of 10,000 calls made to https://a.example/x")
    assert kinds(failing("asks to wait 12 s; 9,999 of 10,000 calls made to https://b.example/"), before) == set()
    assert ("new_error", "warning", "rss") in kinds(failing("status 502"), before)
    assert pattern("no page '3' at 12:30:01 in 0f8a2b3c4d") == "no page # at # in #"
