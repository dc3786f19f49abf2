"""The providers without the network: what each request gets, and what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers import coingecko, coinpaprika, rss
from providers.access import Doorkeeper, Doors
from providers.conditional import digest, validated
from providers.faults import Plan
from providers.market import Market
from providers.messages import Answer, ProviderName, Request

MAX_KEPT_ANSWERS = 500
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Served:
    """A request and what became of it. `status` is 0 when the connection was hung up without an answer."""

    provider: ProviderName
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int


@dataclass(frozen=True)
class _Kept:
    """An answer of the provider's own, and its validators."""

    reply: Answer
    tag: str
    modified: datetime


class StandIn:
    """The providers behind one address. `market`, `faults` and `doors` may be replaced while it runs.

    `requests` lists what was asked for, in the order of the answers; a test may clear it.
    """

    def __init__(self, market: Market, faults: Plan | None = None, doors: Doors | None = None) -> None:
        self.market = market
        self.faults = faults or Plan()
        self.doors = Doorkeeper(doors or {})
        self.requests: list[Served] = []
        self.keeps_requests = True
        self.base_url = ""
        self._state: tuple[Market, int] | None = None
        self._kept: dict[tuple[object, ...], _Kept] = {}
        self._validators: dict[tuple[object, ...], tuple[str, datetime]] = {}

    @property
    def coinpaprika_url(self) -> str:
        return f"{self.base_url}/coinpaprika/v1"

    @property
    def coingecko_url(self) -> str:
        return f"{self.base_url}/coingecko/api/v3"

    def rss_url(self, name: str) -> str:
        return f"{self.base_url}/rss/{name}"

    def served(self, request: Request) -> Answer:
        """Answer a request, and note it: turned away at the door, spoilt by the plan, or as the provider would."""
        reply = self.doors.refusal(request) or self.faults.answer(request, self._honestly)
        if self.keeps_requests:
            status = 0 if reply.delivery.hang or reply.delivery.reset else reply.status
            self.requests.append(Served(request.provider, request.path, request.query, request.headers, status))
        return reply

    def _honestly(self, request: Request) -> Answer:
        """The provider's own answer. CoinGecko's is known by its ETag, CoinPaprika's by its Last-Modified."""
        if request.provider == "rss":
            return rss.respond(request, self.market)
        kept = self._keep(request)
        if kept.reply.status != 200:
            return kept.reply
        if request.provider == "coingecko":
            return validated(request, kept.reply, tag=kept.tag)
        return validated(request, kept.reply, modified=kept.modified)

    def _keep(self, request: Request) -> _Kept:
        """The answer, made and compressed once until the market moves."""
        market = self.market
        state = (market, market.version)
        if self._state != state or len(self._kept) > MAX_KEPT_ANSWERS:
            self._state, self._kept = state, {}
        kept = self._kept
        paid = self.doors.is_paid(request.provider)
        key = (request.provider, request.path, tuple(request.query.items()), request.headers.get("host"), paid)
        if key not in kept:
            paprika = request.provider == "coinpaprika"
            reply = coinpaprika.respond(request, market, paid) if paprika else coingecko.respond(request, market)
            self._validators[key] = _since_when(reply, market.now, self._validators.get(key))
            kept[key] = _Kept(reply, *self._validators[key])
        return kept[key]


def _since_when(reply: Answer, now: datetime, before: tuple[str, datetime] | None) -> tuple[str, datetime]:
    """The answer's tag and time: those of before if it says the same, else a time later than before."""
    tag, modified = f'W/"{digest(reply.body.content)}"', now.replace(microsecond=0)
    if before is None:
        return tag, modified
    return before if before[0] == tag else (tag, max(modified, before[1] + SECOND))
