"""Faults that answer in the provider's place: refusals, outages, and pages that are not what was asked for."""

from http import HTTPStatus
from random import Random
from typing import Literal

from pydantic import Field

from providers import access
from providers.faults.base import BaseFault, Respond
from providers.messages import Answer, Body, Request, answer
from providers.wire import PHRASES

HTML = "text/html; charset=UTF-8"
CHALLENGE = (
    b"<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>\n"
)
PLAN_REFUSAL = "This endpoint is not allowed in this plan. Check plans on coinpaprika.com/api"


class TooManyRequests(BaseFault):
    """429 in the provider's shape, or as Cloudflare's page; `form` is how Retry-After is written, if at all."""

    kind: Literal["too_many_requests"] = "too_many_requests"
    retry_after: float = Field(default=1.0, ge=0)
    form: access.RetryAfter = "seconds"
    html: bool = False

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return access.too_many_requests(request.provider, self.retry_after, self.form, self.html)


class RefusedWith200(BaseFault):
    """CoinGecko's 429 document, sent with status 200."""

    kind: Literal["refused_with_200"] = "refused_with_200"

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return answer(200, access.COINGECKO_429)


class ServerError(BaseFault):
    """A 5xx: a gateway's page, or with 500 the provider's JSON. `retry_after` adds that header, in seconds."""

    kind: Literal["server_error"] = "server_error"
    status: int = Field(default=503, ge=500, le=599)
    retry_after: float | None = None

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        headers = {} if self.retry_after is None else access.retry_after(self.retry_after, "seconds")
        if self.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            return Answer(500, answer(500, {"error": "internal server error"}).body, headers=headers)
        title = f"{self.status} {PHRASES.get(self.status, 'Error')}"
        page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>\r\n"
        return Answer(self.status, Body(page.encode()), HTML, headers)


class Refused(BaseFault):
    """402 for a plan that does not include this, or 403 for a key that is not known."""

    kind: Literal["refused"] = "refused"
    status: Literal[402, 403] = 402

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return answer(self.status, {"error": PLAN_REFUSAL if self.status == 402 else "invalid API key"})


class HtmlPage(BaseFault):
    """A challenge page with status 200, as a proxy sends it."""

    kind: Literal["html_page"] = "html_page"

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return Answer(200, Body(CHALLENGE), HTML)


class EmptyArray(BaseFault):
    """`[]` where rows were due."""

    kind: Literal["empty_array"] = "empty_array"

    def apply(self, request: Request, respond: Respond, chance: Random) -> Answer:
        return answer(200, [])


AnswerFaults = TooManyRequests | RefusedWith200 | ServerError | Refused | HtmlPage | EmptyArray
