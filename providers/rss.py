"""How a news site's feed speaks: `/rss/{name}` with ETag and Last-Modified, and 304 when nothing is new."""

from providers import conditional
from providers.market import Market
from providers.messages import Answer, Body, Request


def respond(request: Request, market: Market) -> Answer:
    """Answer one request for a feed; 404 as HTML for a feed that there is not."""
    feed = market.feed(request.path.strip("/"))
    if feed is None:
        return Answer(404, Body(b"<!DOCTYPE html><title>Not found</title><h1>404</h1>"), "text/html; charset=utf-8")
    reply = Answer(200, Body(feed.content), feed.content_type, {"Cache-Control": "public, max-age=60"})
    return conditional.validated(request, reply, f'"{conditional.digest(feed.content)}"', feed.modified)
