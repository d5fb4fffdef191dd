"""What the shop sells: all products now and then, and what was written in between."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from khaossync.channels.shopware import wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.documents import Harvest, listing_document
from khaossync.channels.shopware.fields import Node
from khaossync.channels.shopware.listing_mapping import is_sold
from khaossync.channels.shopware.polls import reaching_back, stamp
from khaossync.channels.shopware.reading import is_id
from khaossync.clock import Clock
from khaossync.domain.documents import Kind, Page
from khaossync.domain.errors import ConfigError
from khaossync.transport.priority import Priority

FIELDS = [
    *("id", "productNumber", "name", "translated", "stock", "availableStock"),
    *("autoIncrement", "childCount", "isCloseout"),
]

INHERITED = {"sw-inheritance": "1"}
"""Variants take from their parent what they do not say themselves."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reading stands: behind which product (`autoIncrement`), of all or of those written since an instant.

    "" is no instant. `full_at` is when the last reading of all began, `began` when this one did.
    """

    full_at: str = ""
    began: str = ""
    since: str = ""
    behind: int = 0
    under_way: bool = False

    @property
    def full(self) -> bool:
        """Whether it is a reading of all products."""
        return not self.since

    def dump(self) -> str:
        """It as a cursor."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)


def begin(cursor: str | None, now: datetime, settings: Settings) -> Place:
    """Go on where a reading broke off; else read all when it is time, and what was written when it is not."""
    everything = Place(full_at=stamp(now), began=stamp(now), under_way=True)
    if cursor is None:
        return everything
    try:
        place = Place(**json.loads(cursor))
    except (ValueError, TypeError) as error:
        raise ConfigError(f"shopware: the stored cursor {cursor!r} cannot be read: reset this stream") from error
    if place.under_way:
        return place
    rest = timedelta(seconds=settings.catalogue_full_interval)
    if now - datetime.fromisoformat(place.full_at) >= rest:
        return everything
    since = reaching_back(place.began, settings.overlap)
    return Place(place.full_at, stamp(now), since, under_way=True)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every product that can be put into a basket; a full reading ends with a complete page.

    A sale changes the stock and not the product's `updatedAt`: such a quantity is seen at the next full reading, or
    when a level was written against it.
    """

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    name: str = "catalogue"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.catalogue_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        place = begin(cursor, self.clock.now() + (self.client.skew or timedelta(0)), self.settings)
        client = self.client.at(Priority.BACKFILL if place.full else Priority.STOCK)
        while place.under_way:
            asked_at = self.clock.now()  # what a page shows was so at some moment after it was asked for
            rows = await client.rows(wire.search("product", self._criteria(place), headers=INHERITED))
            more = len(rows) == self.settings.page
            place = replace(place, behind=rows[-1].integer("autoIncrement") if rows else 0, under_way=more)
            yield self._harvest(rows, asked_at).page(place.dump(), complete=place.full and not more)

    async def named(self, subjects: Sequence[str]) -> Page:
        """Products by their ids, with what they show now. Raises SyncError."""
        ids = [each for each in subjects if is_id(each)]
        asked_at = self.clock.now()
        rows = await products(self.client.at(Priority.STOCK), ids) if ids else ()
        return self._harvest(rows, asked_at).page("")

    def _criteria(self, place: Place) -> wire.Json:
        since = wire.either(*(wire.between(name, least=place.since) for name in ("createdAt", "updatedAt")))
        return {
            "limit": self.settings.page,
            "filter": [wire.between("autoIncrement", above=place.behind), *([] if place.full else [since])],
            "sort": [{"field": "autoIncrement", "order": "ASC"}],
            "includes": {"product": FIELDS},
        }

    def _harvest(self, rows: Sequence[Node], seen_at: datetime) -> Harvest:
        return Harvest.of(
            rows,
            self.channel,
            Kind.LISTING,
            lambda node: [listing_document(node, self.channel, seen_at)] if is_sold(node) else [],
        )


async def products(client: Client, ids: Sequence[str]) -> tuple[Node, ...]:
    """These products, but for those that are gone. Raises SyncError."""
    asked = {"ids": list(ids), "limit": len(ids), "includes": {"product": FIELDS}}
    return await client.rows(wire.search("product", asked, headers=INHERITED))
