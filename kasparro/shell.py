"""What the user's shell has beside our settings is put away, so that it changes nothing.

libpq, dbt, dlt and Prefect all read variables of their own, in every process that uses them: one that somebody has set
for another program would change what ours do. What they need to be told, `kasparro.environment` tells them. Proxies are
for the providers on the internet alone: the services of this system are asked directly.
"""

import ipaddress
import os
import re
from collections.abc import Generator, Mapping, MutableMapping
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

FOREIGN = re.compile(r"(PG(?=[A-Z])|DBT_|DLT_|PREFECT_)\w+", re.IGNORECASE)
OURS = {"PREFECT_API_URL", "PREFECT_AUTH", "PREFECT_PORT"}
OF_A_FLOW_RUN = "PREFECT__FLOW_RUN_ID"
IN_OUR_SHELL = "KASPARRO_SHELL"
"""Set where a person's shell has sourced `env`, and runs dbt with what that file and the person say."""
NO_PROXY = "KASPARRO_NO_PROXY"
"""Holds the user's own `NO_PROXY`; the real one says `*` in our processes."""
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def put_away(environment: MutableMapping[str, str]) -> None:
    """Remove the variables of other programs, and let nothing ask a proxy unless it says so; again, it does nothing.

    In the process of a flow run, Prefect's variables are those that its runner has put there; in a shell that has
    sourced `env`, libpq's and dbt's are those of that file and of the person.
    """
    kept = {"PREFECT_"} if OF_A_FLOW_RUN in environment else set[str]()
    kept |= {"PG", "DBT_"} if IN_OUR_SHELL in environment else set[str]()
    for name in list(environment):
        family = FOREIGN.fullmatch(name)
        if family and name.upper() not in OURS and family[1].upper() not in kept:
            del environment[name]
    environment.setdefault(NO_PROXY, environment.get("no_proxy", environment.get("NO_PROXY", "")))
    environment["no_proxy"] = environment["NO_PROXY"] = "*"


def users_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables with which a program asks the user's proxies again, but for this machine's services."""
    theirs = environment.get(NO_PROXY, "")
    exceptions = theirs if theirs.strip() == "*" else ",".join(filter(None, (theirs, *THIS_MACHINE)))
    return {"no_proxy": exceptions, "NO_PROXY": exceptions}


@contextmanager
def asking_proxies() -> Generator[None]:
    """Let a library that knows proxies from the environment alone use the user's, for a moment."""
    before = {name: os.environ[name] for name in ("no_proxy", "NO_PROXY") if name in os.environ}
    os.environ.update(users_proxies(os.environ))
    try:
        yield
    finally:
        os.environ.update(before)


def proxies_for(url: str) -> dict[str, str]:
    """The proxies of a URL by its scheme, or `all`, as the user's variables say; none for this machine's own services.

    Lower case counts before upper case, and an entry of `NO_PROXY` may be a name, its end, an address or a network.
    """
    host = urlsplit(url).hostname or ""
    known = getproxies_environment()
    theirs = os.environ.get(NO_PROXY, known.pop("no", ""))
    if is_this_machine(host) or _is_excepted(host, theirs):
        return {}
    return {scheme: proxy for scheme, proxy in known.items() if scheme in ("http", "https", "all")}


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine by its name or address alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _is_excepted(host: str, exceptions: str) -> bool:
    address = _address(host)
    for entry in exceptions.lower().replace(" ", "").split(","):
        name = entry.rpartition(":")[0] if entry.count(":") == 1 else entry  # a port may follow
        if name == "*" or (name and (host == name or host.endswith(f".{name.lstrip('.')}"))):
            return True
        if address is not None and _is_in(address, entry):
            return True
    return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
