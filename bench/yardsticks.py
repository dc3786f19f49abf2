"""`python -m bench.yardsticks bare|plain PORT`: the servers that ours is measured against."""

import os
import sys
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Query
from pydantic import BaseModel
from sqlalchemy import ARRAY, Column, Integer, MetaData, Numeric, Table, Text, func, select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.types import TIMESTAMP


def bare() -> FastAPI:
    """One route that returns a constant."""
    app = FastAPI()

    async def constant() -> dict[str, str]:
        return {"status": "ok"}

    app.get("/")(constant)
    return app


class Coin(BaseModel):
    """A row of the plain endpoint."""

    canonical_id: str
    symbol: str
    name: str
    rank: int | None
    price_usd: Decimal | None
    market_cap_usd: Decimal | None
    volume_24h_usd: Decimal | None
    percent_change_24h: Decimal | None
    sources: list[str]
    updated_at: datetime | None


class Answer(BaseModel):
    """The plain endpoint's envelope."""

    data: list[Coin]
    total_items: int


def plain() -> FastAPI:
    """The endpoint as it is usually written: COUNT, LIMIT and OFFSET on every request."""
    coins = Table(
        "coins", MetaData(schema="marts"), Column("canonical_id", Text, primary_key=True), Column("symbol", Text),
        Column("name", Text), Column("rank", Integer), Column("price_usd", Numeric()),
        Column("market_cap_usd", Numeric()), Column("volume_24h_usd", Numeric()),
        Column("percent_change_24h", Numeric()), Column("sources", ARRAY(Text)),
        Column("updated_at", TIMESTAMP(timezone=True)),
    )  # fmt: skip
    url = os.environ["READER_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=16)
    app = FastAPI()

    async def data(limit: Annotated[int, Query(ge=1, le=1000)] = 10, offset: Annotated[int, Query(ge=0)] = 0) -> Answer:
        async with engine.connect() as connection:
            total = (await connection.execute(select(func.count()).select_from(coins))).scalar_one()
            rows = await connection.execute(select(coins).order_by(coins.c.rank).limit(limit).offset(offset))
            return Answer(data=[Coin.model_validate(dict(row)) for row in rows.mappings()], total_items=total)

    app.get("/data")(data)
    return app


if __name__ == "__main__":
    uvicorn.run(bare() if sys.argv[1] == "bare" else plain(), port=int(sys.argv[2]), log_config=None, access_log=False)
