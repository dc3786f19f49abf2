"""How often one client may ask: a bucket for each address that fills up evenly."""

import math
import time
from collections import OrderedDict

from starlette.types import Scope

from api.clients import THIS_MACHINE, client_of
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
        name = client_of(scope)
        if self._spares_this_machine and name == THIS_MACHINE:
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
