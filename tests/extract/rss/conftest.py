"""A web server with feeds that a test writes, and passes over them into a database of its own."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extras import RealDictCursor

from extract import pipeline
from extract.pipeline import Extracted
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse
from tests.conftest import make_settings

Row = dict[str, Any]


@dataclass
class Page:
    """What the server answers at a path."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Site:
    """Pages by path, and what was asked of them."""

    address: str = ""
    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    asked: list[tuple[str, Message]] = field(default_factory=list[tuple[str, Message]])

    def put(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> str:
        """Serve a page; returns its address. Header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(body.encode() if isinstance(body, str) else body, status, named)
        return f"http://{self.address}{path}"


@dataclass
class Feeds:
    """Passes over feeds, and what is in `raw_rss`."""

    settings: Settings
    warehouse: Warehouse
    site: Site

    def read(self, *urls: str) -> Extracted:
        """One pass over these feeds."""
        return pipeline.run("rss", self.settings.model_copy(update={"rss_feeds": list(urls)}), self.warehouse)

    def articles(self) -> list[Row]:
        """All articles, by feed and identity."""
        connection = psycopg2.connect(self.warehouse.url("admin"))
        try:
            with connection.cursor(cursor_factory=RealDictCursor) as cursor:
                cursor.execute("select * from raw_rss.articles order by feed, guid, fetched_at")
                return [dict(row) for row in cursor.fetchall()]
        finally:
            connection.close()


@pytest.fixture
def site() -> Iterator[Site]:
    pages = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages.asked.append((self.path, self.headers))
            page = pages.pages.get(self.path, Page(b"<!doctype html><title>not here</title>", 404))
            fresh = page.headers.get("ETag") and self.headers.get("If-None-Match") == page.headers["ETag"]
            self.send_response(304 if fresh else page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0" if fresh else str(len(page.body)))
            self.end_headers()
            if not fresh:
                self.wfile.write(page.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pages.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield pages
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def feeds(tmp_path: Path, fresh_warehouse: Warehouse, site: Site) -> Feeds:
    return Feeds(make_settings(tmp_path / "home", rss_rate_limit="1000/s"), fresh_warehouse, site)
