"""How often one client may ask: a bucket for each address that fills up evenly."""

import ipaddress
import math
import time
from collections import OrderedDict
from functools import lru_cache

from starlette.types import Scope

from api.problems import Problem
from kasparro.setting_types import Quota

DEFAULT = Quota(6000, 60)
REMEMBERED_CLIENTS = 10_000


class RateLimit:
    """Counts the requests of each client. Each process of the API counts those that come to it.

    Without a quota of the operator's own, other machines have the default one and this machine has none: what runs
    beside the API, a proxy say, tells whom it speaks for by X-Forwarded-For.
    """

    def __init__(self, quota: Quota | None) -> None:
        self._quota = quota or DEFAULT
        self._spares_this_machine = quota is None
        self._policy = f'"client";q={self._quota.requests};w={self._quota.seconds}'.encode()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, scope: Scope) -> tuple[list[tuple[bytes, bytes]], Problem | None]:
        """Count a request. Returns the headers of its answer, and a 429 problem when it is one too many."""
        client = scope.get("client")
        name = _client(client[0]) if client else ""
        if self._spares_this_machine and name == "":
            return [], None
        quota = self._quota
        now = time.monotonic()
        left, at = self._buckets.pop(name, (float(quota.requests), now))
        left = min(quota.requests, left + (now - at) * quota.requests / quota.seconds)
        refused = left < 1
        if not refused:
            left -= 1
        self._buckets[name] = (left, now)
        if len(self._buckets) > REMEMBERED_CLIENTS:
            self._buckets.popitem(last=False)
        until_next = math.ceil((1 - left % 1) * quota.seconds / quota.requests)
        headers = [
            (b"ratelimit-policy", self._policy),
            (b"ratelimit", f'"client";r={int(left)};t={until_next}'.encode()),
        ]
        if not refused:
            return headers, None
        detail = f"More than {quota.requests} requests in {quota.seconds} s from this address."
        return headers, Problem(429, detail, headers={"Retry-After": str(until_next)})


@lru_cache(maxsize=10_000)
def _client(address: str) -> str:
    """What requests are counted by: an address, of IPv6 its network; nothing for this machine."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.is_loopback:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
