"""`python -m api`: serve the API on API_HOST:API_PORT until SIGTERM or SIGINT."""

import os
import signal
import socket
import sys
import tempfile
from types import FrameType
from typing import NoReturn

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.protocol import BoundedHttp
from kasparro import logs, ports
from kasparro.settings import Settings, SettingsError, load_settings

GRACE_SECONDS = 5
MOST_CONNECTIONS = 2000


def bind(settings: Settings) -> socket.socket:
    """Take the port. Raises OSError when it can't be had."""
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.api_host, settings.api_port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serve until stopped, in this process or in API_WORKERS of them."""
    config = uvicorn.Config(
        "api.app:create",
        http=BoundedHttp,
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        factory=True,
        workers=settings.api_workers,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)
    if settings.api_workers == 1:
        server.run(sockets=[listener])
        return
    with tempfile.TemporaryDirectory(prefix="kasparro-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        Multiprocess(config, sockets=[listener]).run()


def _stopped(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def main() -> int:
    """Run. Returns the exit status: 0 after a stop, 1 when the port is taken, 2 when settings are wrong."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure(settings)
    try:
        listener = bind(settings)
    except OSError as error:
        why = ports.why_not(settings.api_host, settings.api_port) or error.strerror
        print(f"The API can't start: {why}. Set API_HOST and API_PORT to an address that is free.", file=sys.stderr)
        return 1
    print(f"API on http://{settings.api_host}:{settings.api_port}", file=sys.stderr)
    # the server raises the signal again once it has stopped: by then the stop is done, and clean
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _stopped)
    serve(settings, listener)
    return 0


if __name__ == "__main__":
    sys.exit(main())
