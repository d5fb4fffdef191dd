"""Looks at every system by itself, and at the configuration of each channel against all of them together."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from khaossync.clock import Clock
from khaossync.domain.documents import DocumentBody, Kind
from khaossync.domain.rules import ChannelRules, Rules
from khaossync.domain.stock import Listing, StockItem
from khaossync.ops.checking.asking import asked, subscribed, whole
from khaossync.ops.checking.catalogue import catalogue
from khaossync.ops.checking.codes import codes
from khaossync.ops.checking.delivery import delivery
from khaossync.ops.checking.names import Offers, names, offers
from khaossync.outbox import Database, delivery_methods, survey
from khaossync.ports import Connector, Finding

T = TypeVar("T")

RECENT = timedelta(days=90)
"""How far back orders are looked at for their delivery methods."""

Known = Mapping[tuple[str, Kind], Sequence[DocumentBody] | None]
"""(system, kind) → all its records; None where they are neither stored to the end nor could be read in time."""


@dataclass(frozen=True, slots=True)
class Systems:
    """`database` is None where nothing stored can be read, `urls` are where each channel's webhooks go ("" nowhere).

    No system is asked after `deadline`, a time of the event loop; `tell` hears of a reading that takes long.
    """

    rules: Rules
    connectors: Mapping[str, Connector]
    database: Database | None
    urls: Mapping[str, str]
    clock: Clock
    deadline: float
    tell: Callable[[str], None]

    async def look(self) -> list[tuple[str, Sequence[Finding]]]:
        """(system, what was found of it), an ERP before the channels that it serves."""
        answers = await asyncio.gather(*(asked(one, self.deadline) for one in self.connectors.values()))
        told = dict(zip(self.connectors, answers, strict=True))
        known, there = await self._known(), offers(told)
        channels = [rules for name, rules in self.rules.channels.items() if name in told]
        more = await asyncio.gather(*(self._channel(rules, there, known) for rules in channels))
        held = {rules.channel: found for rules, found in zip(channels, more, strict=True)}
        return [(name, [*findings, *held.get(name, ())]) for name, findings in told.items()]

    async def _channel(self, rules: ChannelRules, there: Offers, known: Known) -> list[Finding]:
        name = rules.channel
        webhooks = await subscribed(self.connectors[name], self.urls.get(name, ""), self.deadline)
        return [webhooks, *names(rules, there), *_goods(rules, known), *await self._methods(rules)]

    async def _methods(self, rules: ChannelRules) -> Iterable[Finding]:
        if self.database is None:
            return ()
        seen = await delivery_methods(self.database, rules.channel, self.clock.now() - RECENT)
        return delivery(rules, seen)

    async def _known(self) -> Known:
        """What every channel lists and every ERP keeps, each read once however many compare with it."""
        wanted = {(rules.channel, Kind.LISTING) for rules in self.rules.channels.values()}
        wanted |= {(rules.erp, Kind.STOCK_ITEM) for rules in self.rules.channels.values()}
        asked_for = sorted(one for one in wanted if one[0] in self.connectors)
        found = await asyncio.gather(*(self._records(*one) for one in asked_for))
        return dict(zip(asked_for, found, strict=True))

    async def _records(self, system: str, kind: Kind) -> Sequence[DocumentBody] | None:
        stored = await survey(self.database, system, kind) if self.database else None
        return stored.bodies if stored else await whole(self.connectors[system], kind, self.deadline, self.tell)


def _goods(rules: ChannelRules, known: Known) -> Iterator[Finding]:
    kept = _of(StockItem, known.get((rules.erp, Kind.STOCK_ITEM)))
    sold = _of(Listing, known.get((rules.channel, Kind.LISTING)))
    if kept is None:
        yield _unread(rules.erp)
        return
    items = {item.stock_code: item for item in kept}
    yield from codes(rules, items)
    if sold is None:
        yield _unread(rules.channel)
    else:
        yield from catalogue(rules, sold, items)


def _unread(system: str) -> Finding:
    remedy = "start the daemon, which reads it in its own time, and check again"
    return Finding.warn("catalogue", f"not compared: the catalogue of {system} is not stored and was not told", remedy)


def _of(shape: type[T], bodies: Sequence[DocumentBody] | None) -> list[T] | None:
    return None if bodies is None else [body for body in bodies if isinstance(body, shape)]
