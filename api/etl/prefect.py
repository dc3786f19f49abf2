"""Prefect's REST API, as far as triggering a deployment needs it.

Endpoints: `GET /deployments/name/{flow}/{deployment}`, `POST /flow_runs/filter`,
`POST /deployments/{id}/create_flow_run`, `DELETE /flow_runs/{id}` (Prefect 3 server).
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import anyio
import httpx

from api.problems import Problem

FLOW, DEPLOYMENT = "elt", "elt"
KEY_PREFIX = "api:"
STANDING_SECONDS = 3
TIMEOUT = httpx.Timeout(10, connect=3)
PASSES = ["elt", "catalogue"]
SOON = timedelta(seconds=15)  # Prefect's runner looks every ten: what is due by then begins together with ours
WHILE_BUSY = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between attempts while Prefect's database is locked: it then says 503, and its own client asks again, too."""
HOW = "Start the system with `make run`, or run one pass without Prefect with `make elt`."


class FlowRun(NamedTuple):
    """A run of the deployment. `message` is why it is in its state, where Prefect says so."""

    id: str
    state: str
    type: str
    created: str
    message: str | None


class Prefect:
    """The server behind a base URL. Every method raises a 503 problem when it can't be used."""

    def __init__(self, base: str, auth: str, *, is_elsewhere: bool = False) -> None:
        self.one_at_a_time: asyncio.Lock = asyncio.Lock()
        """Held between looking for a running pass and starting one."""
        self._name = f"Prefect at {base} (PREFECT_API_URL)" if is_elsewhere else "Prefect"
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

    async def standing(self) -> str:
        """What stands against runs by schedule, as far as Prefect knows, and what to do. Raises nothing."""
        try:
            with anyio.fail_after(STANDING_SECONDS):
                found = await self._send("GET", f"/deployments/name/{FLOW}/{DEPLOYMENT}", missing=True)
        except TimeoutError:
            return f"{self._name} does not answer in time. {HOW}"
        except Problem as problem:
            return str(problem.detail)
        if found is None:
            return f"{self._name} knows no deployment {FLOW}/{DEPLOYMENT}. {HOW}"
        if found.get("paused") or not any(each.get("active") for each in found.get("schedules") or ()):
            return f"the schedule is paused in {self._name}. `python -m flows.schedule resume` puts it in force again."
        if found.get("status") != "READY":
            return f"nothing takes the runs of {self._name}: see flows.log under KASPARRO_HOME/logs. {HOW}"
        return f"{self._name} has it in force, and no run comes of it: see flows.log under KASPARRO_HOME/logs."

    async def unfinished(self, deployment_id: str) -> FlowRun | None:
        """The run that is going on, or the oldest that is due and waits. Runs scheduled for later don't count."""
        for states in (
            {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING", "PAUSED"]}}},
            {
                "state": {"type": {"any_": ["SCHEDULED"]}},
                "next_scheduled_start_time": {"before_": (datetime.now(UTC) + SOON).isoformat()},
            },
        ):
            runs = await self._found({"deployments": {"id": {"any_": [deployment_id]}}, "flow_runs": states})
            if runs:
                return min(runs, key=lambda run: (run.created, run.id))
        return None

    async def pass_with(self, run_id: str) -> FlowRun | None:
        """The pass with this id, whatever has become of it."""
        wanted = {"flow_runs": {"id": {"any_": [run_id]}}, "flows": {"name": {"any_": PASSES}}}
        return next(iter(await self._found(wanted)), None)

    async def give_up(self, run: FlowRun) -> None:
        """Delete a run that has not begun."""
        await self._send("DELETE", f"/flow_runs/{run.id}", missing=True)

    async def created_with(self, key: str) -> FlowRun | None:
        """The run that a request with this idempotency key created."""
        keyed = {"flow_runs": {"idempotency_key": {"any_": [KEY_PREFIX + key]}}}
        return next(iter(await self._found(keyed)), None)

    async def create(self, deployment_id: str, key: str | None, parameters: dict[str, Any]) -> FlowRun:
        """Create a run, due now; with a key at most one, also where two requests come at once."""
        once = f"once:{uuid4()}" if key is None else KEY_PREFIX + key  # so that it can be asked for again
        body = {"tags": ["api"], "parameters": parameters, "idempotency_key": once}
        return _run(await self._send("POST", f"/deployments/{deployment_id}/create_flow_run", body))

    async def _found(self, wanted: dict[str, Any]) -> list[FlowRun]:
        return [_run(run) for run in await self._send("POST", "/flow_runs/filter", {**wanted, "limit": 50})]

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
            for pause in WHILE_BUSY:
                if answer.status_code != 503:
                    break
                await asyncio.sleep(pause)
                answer = await self._client.request(method, path, json=body)
            if missing and answer.status_code == 404:
                return None
            answer.raise_for_status()
            return answer.json() if answer.content else None
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            why = "refuses our password (PREFECT_AUTH)" if status == 401 else f"answers with status {status}"
        except (httpx.HTTPError, ValueError):
            why = "can't be reached"
        raise Problem(503, f"{self._name} {why}. {HOW}", headers={"Retry-After": "10"})


def _run(given: dict[str, Any]) -> FlowRun:
    about: dict[str, Any] = given.get("state") or {}
    state, kind = str(given["state_name"]).lower(), str(given["state_type"])
    return FlowRun(given["id"], state, kind, str(given["created"]), about.get("message"))
