"""Conditional requests: 304 when the client's copy is current (RFC 9110, section 13)."""

import hashlib
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from providers.messages import Answer, Body, Request


def digest(content: bytes) -> str:
    """A short name for a content: equal for equal contents only."""
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def validated(request: Request, reply: Answer, tag: str = "", modified: datetime | None = None) -> Answer:
    """The answer with its validators, or 304 if the client has them. If-None-Match overrules If-Modified-Since."""
    headers = {"ETag": tag} if tag else {}
    if modified:
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
    by_tag = tag and "if-none-match" in request.headers
    unchanged = _same_tag(request, tag) if by_tag else _not_since(request, modified)
    reply = replace(reply, headers={**reply.headers, **headers})
    return replace(reply, status=304, body=Body(b"")) if unchanged else reply


def unconditionally(request: Request) -> Request:
    """The same request from a client that has no copy."""
    names = ("if-none-match", "if-modified-since")
    return replace(request, headers={name: text for name, text in request.headers.items() if name not in names})


def spoilt(reply: Answer, content: bytes) -> Answer:
    """The answer with another content, and no validators: those of the good content would keep the bad one alive."""
    names = ("ETag", "Last-Modified")
    headers = {name: text for name, text in reply.headers.items() if name not in names}
    return replace(reply, body=Body(content), headers=headers)


def _same_tag(request: Request, tag: str) -> bool:
    known = request.headers["if-none-match"].split(",")
    return any(each.strip().removeprefix("W/") in ("*", tag.removeprefix("W/")) for each in known)


def _not_since(request: Request, modified: datetime | None) -> bool:
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return modified is not None and since >= modified
