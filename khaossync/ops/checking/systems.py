"""Looks at every system by itself, and at the configuration of each channel against all of them together."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from khaossync.clock import Clock
from khaossync.domain.documents import DocumentBody, Kind
from khaossync.domain.findings import Finding
from khaossync.domain.rules import ChannelRules, Rules
from khaossync.domain.stock import Listing, StockItem
from khaossync.ops.checking.asking import asked, subscribed, whole
from khaossync.ops.checking.catalogue import catalogue
from khaossync.ops.checking.codes import codes
from khaossync.ops.checking.delivery import delivery
from khaossync.ops.checking.names import Offers, names, offers
from khaossync.outbox import Database, delivery_methods, survey
from khaossync.ports import Connector

T = TypeVar("T")

RECENT = timedelta(days=90)
"""How far back orders are looked at for their delivery methods."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one system told: of itself, of its webhooks, and all its goods.

    `goods` is None where they are neither stored to the end nor could be read in time.
    """

    findings: Sequence[Finding]
    webhooks: Finding
    goods: Sequence[DocumentBody] | None


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
        found = await asyncio.gather(*(self._seen(one) for one in self.connectors.values()))
        seen = dict(zip(self.connectors, found, strict=True))
        there = offers({name: one.findings for name, one in seen.items()})
        channels = [rules for name, rules in self.rules.channels.items() if name in seen]
        more = {rules.channel: await self._channel(rules, there, seen) for rules in channels}
        return [(name, [*one.findings, *more.get(name, ())]) for name, one in seen.items()]

    async def _seen(self, system: Connector) -> _Seen:
        """Each system has all of the time for itself: half of it to tell of itself, and what is left for its goods."""
        now = asyncio.get_running_loop().time()
        halfway = now + (self.deadline - now) / 2
        url = self.urls.get(system.name, "")
        findings, webhooks = await asyncio.gather(asked(system, halfway), subscribed(system, url, halfway))
        return _Seen(findings, webhooks, await self._goods(system))

    async def _goods(self, system: Connector) -> Sequence[DocumentBody] | None:
        """What a channel lists or an ERP keeps, read once however many compare with it."""
        kind = self._kinds().get(system.name)
        if kind is None:
            return None
        stored = await survey(self.database, system.name, kind) if self.database else None
        return stored.bodies if stored else await whole(system, kind, self.deadline, self.tell)

    def _kinds(self) -> Mapping[str, Kind]:
        channels = self.rules.channels
        return {rules.erp: Kind.STOCK_ITEM for rules in channels.values()} | dict.fromkeys(channels, Kind.LISTING)

    async def _channel(self, rules: ChannelRules, there: Offers, seen: Mapping[str, _Seen]) -> list[Finding]:
        goods = _compared(rules, seen)
        return [seen[rules.channel].webhooks, *names(rules, there), *goods, *await self._methods(rules)]

    async def _methods(self, rules: ChannelRules) -> Iterable[Finding]:
        if self.database is None:
            return ()
        seen = await delivery_methods(self.database, rules.channel, self.clock.now() - RECENT)
        return delivery(rules, seen)


def _compared(rules: ChannelRules, seen: Mapping[str, _Seen]) -> Iterator[Finding]:
    kept = _of(StockItem, seen.get(rules.erp))
    sold = _of(Listing, seen.get(rules.channel))
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


def _of(shape: type[T], seen: _Seen | None) -> list[T] | None:
    return None if seen is None or seen.goods is None else [each for each in seen.goods if isinstance(each, shape)]
