"""TCP ports: whether one can be had, and who answers on it."""

import errno
import http.client
import os
import socket


def why_not(host: str, port: int) -> str | None:
    """Why a server can't listen on host and port, as the end of a sentence; None when it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except socket.gaierror:
        return f"{host} is no address of this machine"
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"port {port} is taken by another program",
            errno.EADDRNOTAVAIL: f"{host} is no address of this machine",
            errno.EACCES: f"port {port} needs more rights than this account has",
        }
        return reasons.get(error.errno or 0) or f"port {port} of {host}: {os.strerror(error.errno or 0)}"
    return None


def free() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def local(host: str) -> str:
    """The address at which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def answers(host: str, port: int, path: str) -> bool:
    """Whether a web server answers a GET, with whatever status."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return bool(connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
