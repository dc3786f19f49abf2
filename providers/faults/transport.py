"""Faults of the connection: slow, silent, cut off, or far too much."""

from dataclasses import replace
from random import Random
from typing import Literal

from pydantic import Field

from providers.faults.base import BaseFault, Respond
from providers.messages import Answer, Body, Delivery, Request


class Slow(BaseFault):
    """`delay` seconds before the first byte; then, with `chunk`, so many bytes every `pause` seconds."""

    kind: Literal["slow"] = "slow"
    delay: float = Field(default=0.0, ge=0)
    chunk: int = Field(default=0, ge=0)
    pause: float = Field(default=0.1, ge=0)

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return replace(respond(request), delivery=Delivery(delay=self.delay, chunk=self.chunk, pause=self.pause))


class Hang(BaseFault):
    """No answer, on an open connection, until the client gives up."""

    kind: Literal["hang"] = "hang"

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return replace(respond(request), delivery=Delivery(hang=True))


class Reset(BaseFault):
    """The connection is reset: at once, or when a share of the body has gone out."""

    kind: Literal["reset"] = "reset"
    share: float = Field(default=0.0, ge=0, lt=1)

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return replace(respond(request), delivery=Delivery(keep=self.share, reset=True))


class Truncated(BaseFault):
    """A body that stops after a share of it. With `honest_length` Content-Length says so: only the JSON is broken."""

    kind: Literal["truncated"] = "truncated"
    share: float = Field(default=0.5, ge=0, lt=1)
    honest_length: bool = False

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        reply = respond(request)
        kept = int(len(reply.body.content) * self.share)
        if self.honest_length:
            return replace(reply, body=Body(reply.body.content[:kept]))
        return replace(reply, delivery=Delivery(keep=self.share))


class Oversized(BaseFault):
    """A valid document with so many bytes of white space in it; tiny on the wire when it is compressed."""

    kind: Literal["oversized"] = "oversized"
    padding: int = Field(default=200_000_000, gt=0)

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return replace(respond(request), delivery=Delivery(padding=self.padding))


TransportFaults = Slow | Hang | Reset | Truncated | Oversized
