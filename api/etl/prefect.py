"""Prefect's REST API, as far as triggering a deployment needs it.

Endpoints: `GET /deployments/name/{flow}/{deployment}`, `POST /flow_runs/filter`,
`POST /deployments/{id}/create_flow_run` (Prefect 3 server).
"""

import asyncio
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

from api.problems import Problem

FLOW, DEPLOYMENT = "elt", "elt"
KEY_PREFIX = "api:"
TIMEOUT = httpx.Timeout(10, connect=3)
HOW = "Start the system with `make run`, or run one pass without Prefect with `make elt`."


class FlowRun(NamedTuple):
    """A run of the deployment."""

    id: str
    state: str


class Prefect:
    """The server behind a base URL. Every method raises a 503 problem when it can't be used."""

    def __init__(self, base: str, auth: str) -> None:
        self.one_at_a_time: asyncio.Lock = asyncio.Lock()
        """Held between looking for a running pass and starting one."""
        user, _, password = auth.partition(":")
        self._client = httpx.AsyncClient(base_url=base, auth=(user, password), timeout=TIMEOUT, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def deployment_id(self) -> str:
        """The id of the deployment of the pass."""
        found = await self._send("GET", f"/deployments/name/{FLOW}/{DEPLOYMENT}", missing=True)
        if found is None:
            raise Problem(
                503,
                f"Prefect knows no deployment {FLOW}/{DEPLOYMENT} yet. {HOW}",
                headers={"Retry-After": "10"},
            )
        return found["id"]

    async def unfinished(self, deployment_id: str) -> FlowRun | None:
        """A run that is going on, or due and waiting for a worker. Runs scheduled for later don't count."""
        for states in (
            {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING", "PAUSED"]}}},
            {
                "state": {"type": {"any_": ["SCHEDULED"]}},
                "next_scheduled_start_time": {"before_": datetime.now(UTC).isoformat()},
            },
        ):
            runs = await self._send(
                "POST",
                "/flow_runs/filter",
                {
                    "deployments": {"id": {"any_": [deployment_id]}},
                    "flow_runs": states,
                    "limit": 1,
                },
            )
            if runs:
                return FlowRun(runs[0]["id"], str(runs[0]["state_name"]).lower())
        return None

    async def created_with(self, key: str) -> FlowRun | None:
        """The run that a request with this idempotency key created."""
        keyed = {"flow_runs": {"idempotency_key": {"any_": [KEY_PREFIX + key]}}, "limit": 1}
        runs = await self._send("POST", "/flow_runs/filter", keyed)
        return FlowRun(runs[0]["id"], str(runs[0]["state_name"]).lower()) if runs else None

    async def create(self, deployment_id: str, key: str | None) -> FlowRun:
        """Create a run, due now; with a key at most one, also where two requests come at once."""
        body = {"tags": ["api"]} if key is None else {"tags": ["api"], "idempotency_key": KEY_PREFIX + key}
        run = await self._send("POST", f"/deployments/{deployment_id}/create_flow_run", body)
        return FlowRun(run["id"], str(run["state_name"]).lower())

    async def _send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        missing: bool = False,
    ) -> Any:
        try:
            answer = await self._client.request(method, path, json=body)
            if missing and answer.status_code == 404:
                return None
            answer.raise_for_status()
            return answer.json()
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            why = "refuses our password (PREFECT_AUTH)" if status == 401 else f"answers with status {status}"
        except (httpx.HTTPError, ValueError):
            why = "can't be reached"
        raise Problem(503, f"Prefect {why}. {HOW}", headers={"Retry-After": "10"})
