"""Faults in which rows come: repeated, shifted while a client pages, shuffled, or far fewer than there are."""

from abc import abstractmethod
from dataclasses import replace
from random import Random
from typing import Literal

from pydantic import Field

from providers import jsontext
from providers.conditional import spoilt, unconditionally
from providers.faults.base import BaseFault, Respond
from providers.jsontext import Row
from providers.messages import Answer, Request


class RowFault(BaseFault):
    """A fault that changes the rows of a good answer; an answer of one object is one row."""

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        reply = respond(unconditionally(request))
        if reply.status != 200:
            return reply
        document = jsontext.loads(reply.body.content)
        changed = self.changed(jsontext.as_rows(document), chance)
        return spoilt(reply, jsontext.dumps(changed if isinstance(document, list) else changed[0]))

    @abstractmethod
    def changed(self, rows: list[Row], chance: Random) -> list[Row]:
        """The rows to serve instead; these may be changed in place."""


class Shuffled(RowFault):
    """The same rows in another order."""

    kind: Literal["shuffled"] = "shuffled"

    def changed(self, rows: list[Row], chance: Random) -> list[Row]:
        chance.shuffle(rows)
        return rows


class FewerRows(BaseFault):
    """Only the first share of all rows; of a paged answer, the pages after them are empty."""

    kind: Literal["fewer_rows"] = "fewer_rows"
    share: float = Field(default=0.5, ge=0, le=1)

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        reply = respond(unconditionally(request))
        rows = _rows(reply)
        total = int(int(reply.headers.get("Total", len(rows))) * self.share)
        before = (_number(request) - 1) * int(reply.headers.get("Per-Page", 0))
        fewer = _with_rows(reply, rows[: max(total - before, 0)])
        return replace(fewer, headers={**fewer.headers, "Total": str(total)}) if "Total" in fewer.headers else fewer


class Duplicates(BaseFault):
    """The last rows of the page before once more, in front of this page's; on a first page, its own first rows."""

    kind: Literal["duplicates"] = "duplicates"
    rows: int = Field(default=10, gt=0)

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        reply = respond(unconditionally(request))
        here = _rows(reply)
        again = _rows(respond(_page(request, -1)))[-self.rows :] if _number(request) > 1 else here[: self.rows]
        return _with_rows(reply, again + here)


class PageShift(BaseFault):
    """The page starts so many rows later than it should, as when coins left the pages before it: those rows are missed.

    Negative: earlier, as when coins came in before: rows of the page before come again, and the others move on.
    """

    kind: Literal["page_shift"] = "page_shift"
    rows: int = 10

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        reply = respond(unconditionally(request))
        here = _rows(reply)
        if self.rows >= 0:
            return _with_rows(reply, here[self.rows :] + _rows(respond(_page(request, 1)))[: self.rows])
        if _number(request) == 1:
            return reply
        return _with_rows(reply, _rows(respond(_page(request, -1)))[self.rows :] + here[: self.rows])


def _number(request: Request) -> int:
    return request.number("page", 1)


def _page(request: Request, step: int) -> Request:
    """The same request for the page that many pages on."""
    return replace(unconditionally(request), query={**request.query, "page": str(_number(request) + step)})


def _rows(reply: Answer) -> list[Row]:
    return jsontext.as_rows(jsontext.loads(reply.body.content)) if reply.status == 200 else []


def _with_rows(reply: Answer, rows: list[Row]) -> Answer:
    return spoilt(reply, jsontext.dumps(rows)) if reply.status == 200 else reply


RowFaults = FewerRows | Shuffled | Duplicates | PageShift
