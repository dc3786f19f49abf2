"""The yardstick of a pass: an ETL as it is usually written, in a process of its own.

It reads the same answers, validates each record by Pydantic, and upserts it by SQLAlchemy, one statement per record and
one transaction per answer. It keeps no history, resolves no identities, audits nothing.
"""

import multiprocessing as mp
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

import psutil
import requests
from pydantic import BaseModel
from sqlalchemy import TIMESTAMP, Column, Integer, MetaData, Numeric, Table, Text, create_engine
from sqlalchemy.dialects.postgresql import insert

from kasparro.settings import Settings
from kasparro.warehouse import Warehouse

PAGE = 250

quotes = Table(
    "quotes",
    MetaData(schema="raw_coingecko"),
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("symbol", Text),
    Column("name", Text),
    Column("rank", Integer),
    Column("price_usd", Numeric()),
    Column("market_cap_usd", Numeric()),
    Column("volume_24h_usd", Numeric()),
    Column("percent_change_24h", Numeric()),
    Column("last_updated", TIMESTAMP(timezone=True)),
)


class Quote(BaseModel):
    """One coin of one provider."""

    source: str
    id: str
    symbol: str | None
    name: str | None
    rank: int | None
    price_usd: Decimal | None
    market_cap_usd: Decimal | None
    volume_24h_usd: Decimal | None
    percent_change_24h: Decimal | None
    last_updated: datetime | None


@contextmanager
def per_record(settings: Settings, warehouse: Warehouse) -> Generator[Callable[[], tuple[int, float, float]]]:
    """A function that runs the ETL once: how many records, its seconds, its CPU seconds without Postgres's."""
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe()
    addresses = (settings.coingecko_url, settings.coinpaprika_url, warehouse.url("loader"))
    process = context.Process(target=_serve, args=(theirs, *addresses), daemon=True)
    process.start()

    def run() -> tuple[int, float, float]:
        ours.send("run")
        return ours.recv()

    try:
        yield run
    finally:
        process.terminate()
        process.join()


def _serve(commands: Connection, coingecko: str, coinpaprika: str, url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1))
    quotes.create(engine, checkfirst=True)
    upsert = insert(quotes)
    changed = {column.name: upsert.excluded[column.name] for column in quotes.columns if not column.primary_key}
    upsert = upsert.on_conflict_do_update(index_elements=["source", "id"], set_=changed)
    while commands.recv():
        started, busy = time.perf_counter(), _cpu()
        count = 0
        for answer in _answers(requests.Session(), coingecko, coinpaprika):
            with engine.begin() as connection:
                for record in answer:
                    connection.execute(upsert, Quote.model_validate(record).model_dump())
                    count += 1
        commands.send((count, time.perf_counter() - started, _cpu() - busy))


def _answers(session: requests.Session, coingecko: str, coinpaprika: str) -> Iterator[list[dict[str, Any]]]:
    params: dict[str, str | int] = {"vs_currency": "usd", "order": "market_cap_desc", "per_page": PAGE, "page": 0}
    while True:
        params["page"] = int(params["page"]) + 1
        coins = session.get(f"{coingecko}/coins/markets", params=params).json()
        if not coins:
            break
        yield [_of_coingecko(coin) for coin in coins]
    yield [_of_coinpaprika(coin) for coin in session.get(f"{coinpaprika}/tickers").json()]


def _of_coingecko(coin: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": "coingecko",
        "rank": coin["market_cap_rank"],
        "price_usd": coin["current_price"],
        "market_cap_usd": coin["market_cap"],
        "volume_24h_usd": coin["total_volume"],
        "percent_change_24h": coin["price_change_percentage_24h"],
        **{name: coin[name] for name in ("id", "symbol", "name", "last_updated")},
    }


def _of_coinpaprika(coin: dict[str, Any]) -> dict[str, Any]:
    quote = coin["quotes"]["USD"]
    return {
        "source": "coinpaprika",
        "price_usd": quote["price"],
        "market_cap_usd": quote["market_cap"],
        "volume_24h_usd": quote["volume_24h"],
        "percent_change_24h": quote["percent_change_24h"],
        **{name: coin[name] for name in ("id", "symbol", "name", "rank", "last_updated")},
    }


def _cpu() -> float:
    times = psutil.Process().cpu_times()
    return times.user + times.system
