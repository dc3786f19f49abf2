"""What clients prefer: headers that name things, each with a weight, like `Accept` (RFC 9110, 12.4)."""

import re
from collections.abc import Mapping
from functools import lru_cache

WEIGHT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}")


@lru_cache(maxsize=256)
def preferences(header: bytes) -> Mapping[str, float]:
    """The names in a header, in lower case and their order, each with its weight from 0 to 1; an odd weight is 0."""
    found: dict[str, float] = {}
    for part in header.decode("latin-1").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((_weight(each[2:].strip()) for each in parameters if each.startswith("q=")), 1.0)
        if name:
            found[name] = max(weight, found.get(name, 0.0))
    return found


def _weight(given: str) -> float:
    return min(1.0, float(given)) if WEIGHT.fullmatch(given) else 0.0


def takes_gzip(header: bytes) -> bool:
    """Whether an `Accept-Encoding` prefers gzip to an answer as it is."""
    wanted = preferences(header)
    weight = max((wanted[name] for name in ("gzip", "x-gzip") if name in wanted), default=wanted.get("*", 0.0))
    return weight > 0 and weight >= wanted.get("identity", 0.0)
