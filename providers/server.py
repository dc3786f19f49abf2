"""The HTTP server: threads with kept-alive connections, so that a fault may hold, cut or reset one alone.

`running(market)` runs it beside a test:

    with running(GeneratedMarket(coins=100)) as stand_in:
        requests.get(f"{stand_in.coingecko_url}/coins/markets", params={"vs_currency": "usd"})
        assert stand_in.requests[-1].path == "/coins/markets"
"""

import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from providers import control, wire
from providers.access import Doors
from providers.faults import Plan
from providers.market import Market
from providers.messages import Answer, Body, ProviderName, Request
from providers.stand_in import StandIn

PREFIXES: Mapping[str, ProviderName] = {
    "/coinpaprika/v1": "coinpaprika",
    "/v1": "coinpaprika",  # where CoinPaprika's own redirects lead
    "/coingecko/api/v3": "coingecko",
    "/rss": "rss",
}
NOT_FOUND = Answer(404, Body(b"404 page not found\n"), "text/plain; charset=utf-8")


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
        """Close without saying goodbye first, which would turn a reset into an ordinary end."""
        self.connections.discard(request)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of our errors; anything else is, and is printed."""
        if not isinstance(sys.exc_info()[1], OSError):
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
        self._send(self.server.stand_in.served(request) if request else NOT_FOUND)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        """Commands are taken from this machine only, whatever address is listened on."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not ip_address(self.client_address[0]).is_loopback:
            self._send(NOT_FOUND)
            return
        self._send(control.respond(self.server.stand_in, parts.path, dict(parse_qsl(parts.query)), body))

    def do_PUT(self) -> None:
        self.do_POST()

    def _send(self, reply: Answer) -> None:
        accepts_gzip = "gzip" in self.headers.get("Accept-Encoding", "")
        try:
            goes_on = wire.send(self.connection, reply, accepts_gzip, self.command != "HEAD", self.server.stopping)
        except OSError:
            goes_on = False
        if not goes_on:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `StandIn.requests` is the log."""


def _request_of(target: str, headers: Mapping[str, str]) -> Request | None:
    """The request behind a URL's path and query; None outside every provider's base."""
    parts = urlsplit(target)
    for prefix, provider in PREFIXES.items():
        if parts.path.startswith(prefix + "/"):
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            path = unquote(parts.path.removeprefix(prefix))
            if provider == "coingecko":
                path = (
                    path.rstrip("/") or "/"
                )  # clients end paths so, and CoinGecko doesn't mind; CoinPaprika redirects
            return Request(provider, path, query, headers)
    return None


@contextmanager
def running(
    market: Market,
    faults: Plan | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
    doors: Doors | None = None,
) -> Generator[StandIn]:
    """Serve the market in a thread until the block ends; port 0 takes a free one. OSError if the port is taken."""
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
