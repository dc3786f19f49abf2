"""The HTTP server: threads with kept-alive connections, so that a fault may hold, cut or reset one and leave the others alone.

`running(market)` runs it beside a test:

    with running(GeneratedMarket(coins=100)) as stand_in:
        requests.get(f"{stand_in.coingecko_url}/coins/markets", params={"vs_currency": "usd"})
        assert stand_in.requests[-1].path == "/coins/markets"
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from providers import coingecko, coinpaprika, rss, wire
from providers.access import Doorkeeper, Doors
from providers.faults import Plan
from providers.market import Market
from providers.messages import Answer, Body, ProviderName, Request

PREFIXES: Mapping[str, ProviderName] = {
    "/coinpaprika/v1": "coinpaprika",
    "/coingecko/api/v3": "coingecko",
    "/rss": "rss",
}
MAX_CACHED_ANSWERS = 500
NOT_FOUND = Answer(404, Body(b"404 page not found\n"), "text/plain; charset=utf-8")


@dataclass(frozen=True)
class Served:
    """A request and what became of it. `status` is 0 when the connection was hung up without an answer."""

    provider: ProviderName
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int


class StandIn:
    """The providers behind one address. `market`, `faults` and `doors` may be replaced while it runs.

    `requests` lists what was asked for, in order of arrival of the answers; a test may clear it.
    """

    def __init__(self, market: Market, faults: Plan | None = None, doors: Doors | None = None) -> None:
        self.market = market
        self.faults = faults or Plan()
        self.doors = Doorkeeper(doors or {})
        self.requests: list[Served] = []
        self.keeps_requests = True
        self.base_url = ""
        self._answers: dict[tuple[object, ...], Answer] = {}
        self._answers_of: tuple[Market, int] | None = None

    @property
    def coinpaprika_url(self) -> str:
        return f"{self.base_url}/coinpaprika/v1"

    @property
    def coingecko_url(self) -> str:
        return f"{self.base_url}/coingecko/api/v3"

    def rss_url(self, name: str) -> str:
        return f"{self.base_url}/rss/{name}"

    def answer(self, request: Request) -> Answer:
        """Answer a request: turned away at the door, spoilt by the fault plan, or as the provider would."""
        return self.doors.refusal(request) or self.faults.answer(request, self._honestly)

    def note(self, request: Request, status: int) -> None:
        """Remember what was asked and what was answered."""
        if self.keeps_requests:
            self.requests.append(Served(request.provider, request.path, request.query, request.headers, status))

    def _honestly(self, request: Request) -> Answer:
        """The provider's own answer; kept, with its compressed form, until the market moves."""
        market = self.market
        if request.provider == "rss":
            return rss.respond(request, market)
        state = (market, market.version)
        if self._answers_of != state or len(self._answers) > MAX_CACHED_ANSWERS:
            self._answers_of, self._answers = state, {}
        paid = self.doors.is_paid(request.provider)
        key = (request.provider, request.path, tuple(request.query.items()), request.headers.get("host"), paid)
        answers = self._answers
        if key not in answers:
            is_paprika = request.provider == "coinpaprika"
            answers[key] = (
                coinpaprika.respond(request, market, paid) if is_paprika else coingecko.respond(request, market)
            )
        return answers[key]


class _Server(ThreadingHTTPServer):
    """Knows its stand-in, and its open connections, so that stopping ends them all."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], stand_in: StandIn) -> None:
        super().__init__(address, _Handler)
        self.stand_in = stand_in
        self.stopping = threading.Event()
        self.connections: set[socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of our errors; anything else is, and is printed."""
        if not self.stopping.is_set():
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop listening, wake what waits, and hang up on every client."""
        self.stopping.set()
        self.shutdown()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        request = _request_of(self.path, {name.lower(): value for name, value in self.headers.items()})
        stand_in = self.server.stand_in
        reply = stand_in.answer(request) if request else NOT_FOUND
        accepts_gzip = "gzip" in self.headers.get("Accept-Encoding", "")
        if request:
            unanswered = reply.delivery.hang or reply.delivery.reset
            stand_in.note(request, 0 if unanswered else reply.status)
        try:
            goes_on = wire.send(self.connection, reply, accepts_gzip, self.command == "GET", self.server.stopping)
        except OSError:
            goes_on = False
        if not goes_on:
            self.close_connection = True

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `StandIn.requests` is the log."""


def _request_of(target: str, headers: Mapping[str, str]) -> Request | None:
    """The request behind a URL's path and query; None outside every provider's base."""
    parts = urlsplit(target)
    for prefix, provider in PREFIXES.items():
        if parts.path.startswith(prefix + "/"):
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            return Request(provider, unquote(parts.path.removeprefix(prefix)), query, headers)
    return None


@contextmanager
def running(
    market: Market,
    faults: Plan | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
    doors: Doors | None = None,
) -> Iterator[StandIn]:
    """Serve the market in a thread until the block ends; port 0 takes a free one. Raises OSError when the port is taken."""
    stand_in = StandIn(market, faults, doors)
    server = _Server((host, port), stand_in)
    stand_in.base_url = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="stand-in", daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.stop()
        thread.join()
