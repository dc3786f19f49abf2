"""CSV files.

Data flow: every `*.csv` of `CSV_DIR`, or `CSV_PATH` → `raw_csv.snapshots` or `raw_csv.ohlcv`, and what happened to the
file → `raw_csv.files`

dlt's state holds, for each file, the hash of the content that was read last: the same content is not read again.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt
from dlt.extract import DltResource

from extract.csv_files import folder
from extract.csv_files.folder import UnreadableError
from extract.csv_files.legibility import Before
from extract.csv_files.loading import Content, Outcome, load
from extract.csv_files.models import FileEvent, Ohlcv, Snapshot
from extract.csv_files.peers import Closes
from extract.csv_files.samples import SAMPLES
from extract.http import SourceError
from extract.landing import Landing
from extract.records import Origin, Payload
from kasparro.settings import Settings, is_demo

TAKEN_BACK = "taken back"


@dlt.source(name="csv")
def source(settings: Settings, landing: Landing) -> list[DltResource]:
    """All CSV files that changed since the last pass. Rows come with the events; their tables are made empty."""
    return [
        landing.resource(FileEvent, lambda: changes(settings, landing)),
        landing.resource(Snapshot, lambda: iter(())),
        landing.resource(Ohlcv, lambda: iter(())),
    ]


def changes(settings: Settings, landing: Landing) -> Iterator[Any]:
    """The rows and events of files that are new or changed, and the events of those that are gone.

    Raises SourceError when there is nowhere to look for files, or CSV_PATH never was one.
    """
    known: dict[str, Payload] = dlt.current.resource_state().setdefault("files", {})
    present = folder.found(settings)
    if settings.csv_path and not present and not known:
        raise SourceError(f"{folder.place(settings)} is no file: put it there, or name another")
    if not is_demo(settings):
        yield from _samples_taken_back(known, landing)
    for name, last in known.items():
        if name not in present and last["status"] != "removed":
            message = f"The file is no longer in {folder.place(settings)}: its rows are kept"
            event = {key: last[key] for key in ("file_hash", "revision")} | {"status": "removed", "message": message}
            yield from _recorded(name, event, landing)
            known[name] = {**event, "stamp": None, "held": last.get("held", False)}
    for name, path in present.items():
        yield from _read_if_changed(name, path, known, landing, is_real=not is_demo(settings))
        if problem := known[name].get("problem"):
            landing.problems.append(f"{name}: {problem}")
        else:
            landing.unchanged += 1


def _samples_taken_back(known: dict[str, Payload], landing: Landing) -> Iterator[Any]:
    """Files of samples that a real market once read: a content without rows takes theirs back."""
    for name, last in known.items():
        if last["file_hash"] in SAMPLES and last.get("held"):
            message = "This was the sample that ships: its invented rows are taken back"
            event = {"file_hash": TAKEN_BACK, "revision": last["revision"] + 1, "message": message, "row_count": 0}
            for status in ("loaded", "removed"):
                yield from _recorded(name, {**event, "status": status}, landing)
            known[name] = {**event, "status": "removed", "stamp": None, "held": False}


def _read_if_changed(
    name: str, path: Path, known: dict[str, Payload], landing: Landing, *, is_real: bool
) -> Iterator[Any]:
    """Read a file whose content is not the one in `known`, and note there how that went."""
    last = known.get(name) or {"file_hash": None, "revision": 0, "status": "removed", "stamp": None}
    against: dict[str, str] = last.get("against", {})
    waited_for = against != _contents(known, against)
    try:
        stamp, modified_at = folder.stamp(path)
        if stamp and stamp == last["stamp"] and not waited_for:
            return
        copy, file_hash = folder.copied(path)
    except OSError as error:
        event = {"status": "unreadable", "message": f"The file can't be read: {error.strerror or type(error).__name__}"}
        event |= {"file_hash": f"unread: {type(error).__name__}", "revision": last["revision"]}
        if (last["status"], last["file_hash"]) != (event["status"], event["file_hash"]):
            yield from _recorded(name, event, landing)
        known[name] = {**event, "stamp": None, "problem": event["message"], "held": last.get("held", False)}
        return
    with copy:
        if file_hash == last["file_hash"] and last["status"] != "removed" and not waited_for:
            known[name] = {**last, "stamp": stamp}
            return
        before = Before(last.get("rows", 0), frozenset(last.get("fields", ())))
        content = Content(copy, name, file_hash, last["revision"] + 1, before)
        origin = Origin(uuid.uuid4().hex, datetime.now(UTC))
        try:
            if is_real and file_hash in SAMPLES:
                raise UnreadableError(
                    "this is the sample that ships, whose figures are invented: put your own in its place"
                )
            outcome = yield from load(content, _closes(known, name), landing, origin)
        except UnreadableError as error:
            text = str(error)
            outcome = Outcome({"status": "unreadable", "message": text[0].upper() + text[1:]})
    report = outcome.report
    if report["status"] != "loaded" and last.get("held"):
        report["message"] += ". What it said before is kept"
    yield from _recorded(name, {**report, **content.key, "modified_at": modified_at}, landing)
    is_loaded = report["status"] == "loaded"
    known[name] = {
        "file_hash": file_hash,
        "revision": content.revision,
        "status": report["status"],
        "stamp": stamp,
        "problem": None if is_loaded else report["message"],
        "held": is_loaded or last.get("held", False),
        "rows": report["row_count"] if is_loaded else before.rows,
        "fields": sorted(outcome.fields if is_loaded else before.fields),
        "closes": outcome.closes,
        "against": _contents(known, outcome.against),
    }


def _closes(known: dict[str, Payload], name: str) -> dict[str, Closes]:
    """What the other files say of the coins they hold."""
    return {other: last["closes"] for other, last in known.items() if other != name and last.get("closes")}


def _contents(known: dict[str, Payload], names: Iterable[str]) -> dict[str, str]:
    """The contents of those of the files that are comparable."""
    return {name: known[name]["file_hash"] for name in sorted(names) if known.get(name, {}).get("closes")}


def _recorded(name: str, event: Payload, landing: Landing) -> Iterator[Any]:
    """The event of a file, with its time, which makes it unlike any other."""
    origin = Origin(uuid.uuid4().hex, datetime.now(UTC))
    payload = {**event, "file": name, "recorded_at": origin.fetched_at}
    yield from landing.land(FileEvent, [{key: value for key, value in payload.items() if value is not None}], origin)
