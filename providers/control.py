"""How a supervisor moves a running process of stand-ins: `POST /control/advance?minutes=5` and `PUT /control/plan`.

For a bench that decides when the market moves, and for trying faults out on a demo that runs.
"""

from collections.abc import Mapping

from pydantic import ValidationError

from providers.generated import GeneratedMarket
from providers.messages import Answer, answer
from providers.scenario import Scenario
from providers.stand_in import StandIn


def respond(stand_in: StandIn, path: str, query: Mapping[str, str], body: bytes) -> Answer:
    """Do as told. 200 with the market's tick; 400 for a plan that is wrong, 404 for anything unknown."""
    market = stand_in.market
    match path:
        case "/control/advance" if isinstance(market, GeneratedMarket):
            minutes = query.get("minutes", "1")
            if not minutes.isdecimal():
                return answer(400, {"error": "minutes must be a whole number"})
            market.advance(int(minutes))
            market.prepare()
            return answer(200, {"tick": market.tick})
        case "/control/plan":
            try:
                Scenario.model_validate_json(body).apply(stand_in)
            except (ValidationError, ValueError) as error:
                return answer(400, {"error": str(error)})
            return answer(200, {"rules": len(stand_in.faults.rules)})
        case _:
            return answer(404, {"error": "unknown command"})
