"""Whom requests are counted by: an address, of IPv6 its network, for that is what one client has of it."""

import ipaddress
from functools import lru_cache

from starlette.types import Scope

THIS_MACHINE = ""
LONGEST_NAME = 64  # what a proxy says need not be an address


def client_of(scope: Scope) -> str:
    """The client that a request comes from."""
    client: tuple[str, int] | None = scope.get("client")
    return named(client[0][:LONGEST_NAME]) if client else THIS_MACHINE


@lru_cache(maxsize=10_000)
def named(address: str) -> str:
    """The client that has an address: one written in several ways is one, and IPv4 within IPv6 is IPv4."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback:
        return THIS_MACHINE
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
