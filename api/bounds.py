"""How large the head of a request may be: looked at before all else, so that no later step is asked too much."""

from starlette.types import Scope

from api.problems import Problem

LARGEST_TARGET = 16 * 1024  # room for hundreds of ids, in the path or in a parameter
MOST_PARAMETERS = 100
LARGEST_HEADERS = 32 * 1024
MOST_HEADERS = 100


def refuse(scope: Scope) -> Problem | None:
    """Why a request is too large to be looked at: a 414, 422 or 431 problem, or None."""
    query: bytes = scope["query_string"]
    if len(scope["path"]) + len(query) > LARGEST_TARGET:
        return Problem(414, f"The address is too long: {LARGEST_TARGET} bytes are possible. POST takes more at once.")
    if query.count(b"&") >= MOST_PARAMETERS:
        return Problem(422, f"There are too many parameters: {MOST_PARAMETERS} are possible.")
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > MOST_HEADERS or sum([len(name) + len(value) for name, value in headers]) > LARGEST_HEADERS:
        return Problem(431, f"The headers are too large: {MOST_HEADERS}, of {LARGEST_HEADERS} bytes, are possible.")
    return None
