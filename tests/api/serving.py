"""The API as a real server in a thread of the test process, on a port of its own."""

import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from api.context import Context
from api.protocol import BoundedHttp
from kasparro.settings import Settings

PATIENCE = 20.0


def eventually(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Ask until the answer is true, and return it; fail after a generous while."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.02)


class Api(httpx.Client):
    """A client of a running API, with a way into its process."""

    def __init__(self, port: int, context: Context) -> None:
        super().__init__(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
        self.context = context
        self.port = port

    def data(self, **parameters: Any) -> Any:
        """`GET /data`, which must succeed, as JSON."""
        answer = self.get("/data", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, **parameters: Any) -> list[str]:
        """The canonical ids that `GET /data` answers with, in order."""
        return [row["canonical_id"] for row in self.data(**parameters)["data"]]

    def wait_for(self, version: int | None) -> None:
        """Wait until a version is served."""
        eventually(
            lambda: self.context.keeper.current.version == version and self.context.keeper.outage is None,
            f"version {version} is served",
        )


@contextmanager
def serving(settings: Settings, locate: Callable[[], str]) -> Generator[Api]:
    """Run the API over the warehouse that `locate` gives, until the block ends."""
    served = create_app(settings, locate)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(served, http=BoundedHttp, log_config=None, access_log=False, server_header=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        eventually(lambda: server.started, "the server started")
        with Api(listener.getsockname()[1], served.app.state.context) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server did not stop"
