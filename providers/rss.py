"""How a news site's feed speaks: `/rss/{name}` with ETag and Last-Modified, and 304 when nothing is new."""

import hashlib
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from providers.market import Market
from providers.messages import Answer, Body, Request


def respond(request: Request, market: Market) -> Answer:
    """Answer one request for a feed; 404 as HTML for a feed that there is not."""
    feed = market.feed(request.path.strip("/"))
    if feed is None:
        return Answer(404, Body(b"<!DOCTYPE html><title>Not found</title><h1>404</h1>"), "text/html; charset=utf-8")
    tag = f'"{hashlib.sha256(feed.content).hexdigest()[:24]}"'
    validators = {"ETag": tag, "Last-Modified": format_datetime(feed.modified, usegmt=True)}
    if _unchanged(request, tag, feed.modified):
        return Answer(304, Body(b""), feed.content_type, validators)
    return Answer(200, Body(feed.content), feed.content_type, validators | {"Cache-Control": "public, max-age=60"})


def _unchanged(request: Request, tag: str, modified: datetime) -> bool:
    """Whether the client's copy is current. If-None-Match overrules If-Modified-Since, as RFC 9110 section 13.2.2 says."""
    if known := request.headers.get("if-none-match"):
        return known.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in known.split(","))
    try:
        return parsedate_to_datetime(request.headers.get("if-modified-since", "")) >= modified
    except ValueError:
        return False
