"""The calls to one feed: counted with the source's, paused on their own, since a broken feed says nothing of others."""

from datetime import UTC, datetime

from extract.calls import LONGEST_ASKED_PAUSE, Calls, pause_after, told_pause
from extract.records import Payload


class FeedCalls:
    """Counts a feed's calls in `calls`; failures in a row and a pause stand in `known`, its part of dlt's state."""

    def __init__(self, label: str, known: Payload, calls: Calls | None) -> None:
        self._label = label
        self._known = known
        self._calls = calls

    def take(self) -> None:
        """Count a call that is about to be made. Raises SourceError when the month's are spent."""
        if self._calls:
            self._calls.take()

    def give_back(self) -> None:
        """Uncount a call that never reached the server."""
        if self._calls:
            self._calls.give_back()

    def pause(self, until: datetime, reason: str) -> None:
        """Ask for the feed no more before `until`, in this pass or any other."""
        noted = datetime.now(UTC).isoformat()
        self._known |= {"paused_until": until.isoformat(), "pause_reason": reason, "paused_at": noted}

    def succeeded(self) -> None:
        """Note that the feed answers."""
        for name in ("failures", "paused_until", "pause_reason", "paused_at"):
            self._known.pop(name, None)

    def failed(self) -> None:
        """Note that the feed can't be reached or is broken. After several times in a row it is left alone."""
        failures = self._known["failures"] = self._known.get("failures", 0) + 1
        if pause := pause_after(failures):
            self.pause(datetime.now(UTC) + pause, f"it failed {failures} times in a row")

    def refusal(self) -> str | None:
        """Why the feed may not be asked for now, or None when it may."""
        paused_until = self._known.get("paused_until")
        until = datetime.fromisoformat(paused_until) if paused_until else None
        if not until or until <= datetime.now(UTC):
            return None
        paused_at = self._known.setdefault("paused_at", datetime.min.replace(tzinfo=UTC).isoformat())
        lifted_at = self._calls.lifted_at() if self._calls else None
        if lifted_at and datetime.fromisoformat(paused_at) < lifted_at:
            self.succeeded()
            return None
        if until > (latest := datetime.now(UTC) + LONGEST_ASKED_PAUSE):
            until = latest
            self._known["paused_until"] = until.isoformat()
        return told_pause(self._label, until, self._known["pause_reason"])
