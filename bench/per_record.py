"""The yardstick of a pass: an ETL as it is usually written, in a process of its own.

It reads the same answers, validates each record by the same Pydantic models, and upserts it by SQLAlchemy's session,
one statement per record and one transaction per answer. It keeps no history, resolves no identities, audits nothing.
"""

import multiprocessing as mp
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import psutil
import requests
from sqlalchemy import TIMESTAMP, BigInteger, Boolean, Column, MetaData, Numeric, Table, Text, create_engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from extract.coingecko.models import Market
from extract.coinpaprika.models import Ticker, flatten_ticker
from extract.records import Record, required
from extract.tables import columns_of
from kasparro.settings import Settings
from kasparro.warehouse import Warehouse

PAGE = 250
TYPES: dict[str, Any] = {
    "text": Text,
    "json": Text,
    "bool": Boolean,
    "bigint": BigInteger,
    "decimal": Numeric,
    "timestamp": TIMESTAMP(timezone=True),
}


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
    metadata = MetaData(schema="raw_coingecko")
    tables: dict[type[Record], Table] = {model: _table(model, metadata) for model in (Market, Ticker)}
    metadata.create_all(engine)
    while commands.recv():
        started, busy = time.perf_counter(), _cpu()
        count = 0
        for model, answer in _answers(requests.Session(), coingecko, coinpaprika):
            with Session(engine) as session:
                for payload in answer:
                    values = model.model_validate(payload).model_dump(include=set(model.model_fields))
                    session.execute(
                        insert(tables[model]).values(**values).on_conflict_do_update(index_elements=["id"], set_=values)
                    )
                    count += 1
                session.commit()
        commands.send((count, time.perf_counter() - started, _cpu() - busy))


def _table(model: type[Record], metadata: MetaData) -> Table:
    columns = [
        Column(name, TYPES[str(kind.get("data_type"))], primary_key=name in required(model))
        for name, kind in columns_of(model).items()
        if name in model.model_fields
    ]
    return Table(f"record_by_record_{model.table}", metadata, *columns)


def _answers(
    session: requests.Session, coingecko: str, coinpaprika: str
) -> Iterator[tuple[type[Record], list[object]]]:
    params: dict[str, str | int] = {"vs_currency": "usd", "order": "market_cap_desc", "per_page": PAGE, "page": 1}
    while coins := session.get(f"{coingecko}/coins/markets", params=params).json():
        yield Market, coins
        params["page"] = int(params["page"]) + 1
    yield Ticker, [flatten_ticker(coin) for coin in session.get(f"{coinpaprika}/tickers").json()]


def _cpu() -> float:
    times = psutil.Process().cpu_times()
    return times.user + times.system
