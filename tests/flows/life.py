"""A market that lives through weeks of events, a pass after each, and what must hold of ids whatever happens."""

import csv
import random
import shutil
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from extract import pipeline
from flows.ledger import Ledger
from flows.steps import Outcome, run_pass
from kasparro.settings import REPOSITORY, Settings
from kasparro.warehouse import Warehouse
from providers.generated import GeneratedMarket
from providers.generated.assets import Asset, Quoter
from tests.flows.conftest import System

Link = tuple[str, str]
"""A listing: source, source_coin_id."""
Override = tuple[str, str, str, str, str, str]
"""A row of the seed `identity_overrides`."""
A_WEEK = 7 * 24 * 60
BOTH: tuple[Quoter, ...] = ("coingecko", "coinpaprika")


def read_everything(settings: Settings, warehouse: Warehouse, _: Ledger | None = None) -> dict[str, str]:
    """Extract every source, catalogues too, though they were read a moment ago: a day or more lies between passes."""
    for name in settings.sources:
        assert not pipeline.run(name, settings, warehouse, catalogue=True).problem
    return {}


def read_nothing(_: Settings, __: Warehouse, ___: Ledger) -> dict[str, str]:
    """Extract nothing: the pass works on what landed before."""
    return {}


@dataclass
class Project:
    """A copy of the dbt project, whose decisions a test may change."""

    folder: Path

    @classmethod
    def copied_to(cls, folder: Path) -> "Project":
        """Copy what dbt reads."""
        shutil.copytree(REPOSITORY / "dbt_project", folder / "dbt_project")
        shutil.copy(REPOSITORY / "profiles.yml", folder)
        return cls(folder)

    def decide(self, *overrides: Override) -> None:
        """Let the seed hold these decisions beside those that ship."""
        shipped = (REPOSITORY / "dbt_project/seeds/identity_overrides.csv").read_text()
        with (self.folder / "dbt_project/seeds/identity_overrides.csv").open("w", newline="") as seed:
            seed.write(shipped)
            csv.writer(seed, lineterminator="\n").writerows(overrides)


@dataclass(frozen=True)
class Version:
    """What a version publishes of identities."""

    number: int
    published_at: datetime
    ids: dict[Link, str]
    coins: dict[str, tuple[str, str, str]]


@dataclass
class Life:
    """A market, its passes, and what each published."""

    market: GeneratedMarket
    system: System
    versions: list[Version] = field(default_factory=list[Version])
    assets: dict[Link, int] = field(default_factory=dict[Link, int])
    """Which asset of the market every listing is, or was before its provider gave it another id."""

    def live(self) -> Outcome:
        """One pass over the market as it is now, and a look at what it published."""
        for asset in self.market.assets:
            for source, listing in asset.listings.items():
                self.assets[source, listing.id] = asset.key
        outcome = run_pass(self.system.settings, "test", extract_all=read_everything)
        assert outcome.exit_code == 0, outcome.error
        if outcome.is_new:
            self.versions.append(self._look(outcome.version or 0))
        return outcome

    def _look(self, number: int) -> Version:
        query = self.system.query
        ((published_at,),) = query("select published_at from ops.publications where version = %s", number)
        links = query("select source, source_coin_id, canonical_id from marts.coin_listings")
        coins = query("select canonical_id, name, symbol, status from marts.coins")
        return Version(
            number,
            published_at,
            {(source, coin): canonical_id for source, coin, canonical_id in links},
            {canonical_id: (name, symbol, status) for canonical_id, name, symbol, status in coins},
        )

    def ids_of(self, asset: Asset) -> set[str]:
        """The ids under which an asset's listings are published, old ones included."""
        return {self.versions[-1].ids[link] for link, key in self.assets.items() if key == asset.key}

    def redirects(self) -> dict[str, str]:
        """Every id ever given, with the live one that answers for it."""
        return dict(self.system.query("select canonical_id, coalesce(redirects_to, canonical_id) from marts.coin_ids"))

    def check(self) -> None:
        """Everything that holds of every version, whatever happened."""
        now, leads = self.versions[-1], self.redirects()
        for version in self.versions:
            assert {leads[coin] for coin in version.coins} <= now.coins.keys(), "an id answers for ever"
        assert {canonical_id for canonical_id, to in leads.items() if canonical_id == to} == now.coins.keys()
        self._check_history(now)
        assert self._replayed() == now.coins, "the feed tells all that happened"
        strays = "select count(*) from marts.coin_quotes join marts.coin_listings as l using (source, source_coin_id) "
        assert self.system.query(strays + "where coin_quotes.canonical_id <> l.canonical_id") == [(0,)]

    def check_nothing_moved(self) -> None:
        """No listing has left its coin, and no two assets are one coin: for a life without decisions of people."""
        now, leads = self.versions[-1].ids, self.redirects()
        for version in self.versions:
            moved = {link: (old, now[link]) for link, old in version.ids.items() if leads[old] != now[link]}
            assert moved == {}, self.evidence_of(moved)
        owners: dict[str, set[int]] = {}
        for link, canonical_id in now.items():
            owners.setdefault(canonical_id, set()).add(self.assets[link])
        assert {coin: keys for coin, keys in owners.items() if len(keys) > 1} == {}

    def evidence_of(self, links: Iterable[Link]) -> list[tuple[Any, ...]]:
        """What the last version knows of listings, and what forbids their pairs: to read when a test fails."""
        return self.system.query(
            "select l.*, t.published_id, t.match_key, t.strength, t.published_strength, c.contradiction, c.is_hard "
            "from (select source, source_coin_id, symbol, name, status, canonical_id, method, evidence "
            "from marts.coin_listings where canonical_id in (select canonical_id from marts.coin_listing_history "
            "where (source, source_coin_id) in %s)) as l "
            "join intermediate.int_listings__tied as t using (source, source_coin_id) "
            "left join intermediate.int_listing_pairs__contradicted as c using (source, source_coin_id)",
            tuple(links),
        )

    def _check_history(self, now: Version) -> None:
        rows = self.system.query(
            "select source, source_coin_id, canonical_id, valid_from, valid_to from marts.coin_listing_history "
            "order by source, source_coin_id, valid_from"
        )
        spans: dict[Link, list[tuple[str, datetime, datetime | None]]] = {}
        for source, coin, canonical_id, valid_from, valid_to in rows:
            spans.setdefault((source, coin), []).append((canonical_id, valid_from, valid_to))
        for links in spans.values():
            assert [ended for _, _, ended in links] == [*[began for _, began, _ in links[1:]], None]
        assert {link: links[-1][0] for link, links in spans.items()} == now.ids
        for version in self.versions:
            assert self.as_of(version.published_at) == version.ids, f"as published with version {version.number}"

    def as_of(self, moment: datetime) -> dict[Link, str]:
        """What every listing mapped to at a time, as published then: the query of the analysts' guide."""
        rows = self.system.query(
            "select source, source_coin_id, canonical_id from marts.coin_listing_history "
            "where valid_from <= %s and (valid_to is null or valid_to > %s)",
            moment,
            moment,
        )
        return {(source, coin): canonical_id for source, coin, canonical_id in rows}

    def _replayed(self) -> dict[str, tuple[str, str, str]]:
        """The coins of the first version, and then every change of the feed in its order."""
        coins: dict[str, Any] = dict(self.versions[0].coins)
        given = {coin: values for version in reversed(self.versions) for coin, values in version.coins.items()}
        born: dict[str, int] = {}
        for canonical_id, kind, new_value, version in self.system.query(
            "select canonical_id, kind, new_value, version from marts.coin_changes order by change_id"
        ):
            if kind in ("added", "split") and canonical_id not in coins:
                published = next(each for each in self.versions if each.number == version)
                coins[canonical_id] = published.coins.get(canonical_id, given[canonical_id])
                born[canonical_id] = version
            elif kind == "merged":
                del coins[canonical_id]
            elif kind in FIELDS:
                place = FIELDS[kind]
                coins[canonical_id] = (*coins[canonical_id][:place], new_value, *coins[canonical_id][place + 1 :])
        return coins


FIELDS = {"renamed": 0, "symbol_changed": 1, "delisted": 2, "relisted": 2}
"""Which value of a coin a change of the feed replaces."""


@contextmanager
def deciding(project: Project, monkeypatch: pytest.MonkeyPatch) -> Generator[Project]:
    """Let passes use the project's copy."""
    with monkeypatch.context() as patch:
        patch.setattr("kasparro.environment.REPOSITORY", project.folder)
        yield project


class Fate:
    """Events of a market, drawn at random: the same for the same seed."""

    def __init__(self, market: GeneratedMarket, seed: int) -> None:
        self.market = market
        self.random = random.Random(seed)
        self.count = 0

    def week(self, events: int) -> list[str]:
        """Let a week pass with some events, no two of one coin. Returns what happened."""
        self.market.advance(A_WEEK)
        coins = self.random.sample([asset for asset in self.market.assets if asset.listings], events)
        return [self._befall(asset) for asset in coins]

    def _befall(self, asset: Asset) -> str:
        self.count += 1
        event = self.random.choice(EVENTS)
        name = next(iter(asset.listings.values())).id
        return f"{name}: {event.__name__}" if event(self, asset) else f"{name}: nothing"

    def rank_swaps(self, asset: Asset) -> bool:
        """A coin's price leaps or falls, at every provider."""
        self.market.reprice(self._name(asset), self.random.choice((0.01, 0.2, 5, 100)))
        return True

    def quote_errs(self, asset: Asset) -> bool:
        """One provider's price goes astray."""
        self.market.reprice(self._name(asset), self.random.choice((0.1, 10)), self._quoter(asset))
        return True

    def renamed(self, asset: Asset) -> bool:
        """A coin gets another name, at one provider or at all."""
        at = self.random.choice((None, self._quoter(asset)))
        self.market.rename(self._name(asset), f"Novel {self.count} Venture", at)
        return True

    def symbol_changed(self, asset: Asset) -> bool:
        """A coin gets another symbol, at one provider or at all."""
        at = self.random.choice((None, self._quoter(asset)))
        self.market.change_symbol(self._name(asset), f"nv{self.count}", at)
        return True

    def delisted(self, asset: Asset) -> bool:
        """A coin is delisted, or comes back if it was."""
        quoter = self._quoter(asset)
        if asset.listings[quoter].active:
            self.market.delist(self._name(asset), self.random.choice((None, quoter)))
        else:
            self.market.relist(self._name(asset))
        return True

    def id_changed(self, asset: Asset) -> bool:
        """A provider gives a coin another id."""
        quoter = self._quoter(asset)
        listing = asset.listings[quoter]
        if not listing.active:
            return False
        self.market.change_id(listing.id, f"{listing.id}-{self.count}", quoter)
        return True

    def twin_listed(self, asset: Asset) -> bool:
        """A coin with this one's symbol is listed, and is worth more."""
        symbol = next(iter(asset.listings.values())).symbol
        self.market.list_coin(f"Twin Number {self.count}", symbol, price=1e6)
        return True

    def migrated(self, asset: Asset) -> bool:
        """A successor takes a coin's place."""
        self.market.migrate(self._name(asset), f"Successor {self.count}", f"sc{self.count}")
        return True

    def _quoter(self, asset: Asset) -> Quoter:
        return self.random.choice([quoter for quoter in BOTH if quoter in asset.listings])

    def _name(self, asset: Asset) -> str:
        return next(iter(asset.listings.values())).id


EVENTS: tuple[Callable[[Fate, Asset], bool], ...] = (
    *(Fate.rank_swaps, Fate.quote_errs, Fate.renamed, Fate.symbol_changed),
    *(Fate.delisted, Fate.id_changed, Fate.twin_listed, Fate.migrated),
)
