"""The stream of order states and despatches: our open orders by reference, and whatever changed lately."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.clock import Clock
from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.domain.errors import RateLimitedError, TransientError
from khaossync.erp.khaosws.client import Client
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, raw, value
from khaossync.erp.khaosws.order_states import Rule, despatches, order_state, orders
from khaossync.erp.khaosws.reading import chunked, halving, refused, told, unread
from khaossync.erp.khaosws.soap import FaultError
from khaossync.erp.khaosws.wire import is_listable
from khaossync.ports import OpenReferences

_AT_ONCE = 25
"""Records that are read before the event loop gets its turn: some milliseconds of work."""

_SHORTEST = timedelta(minutes=15)
"""The span of time that is not halved any more when its answer fails."""


@dataclass(frozen=True, slots=True)
class DespatchSource:
    """Reads by reference because the vendor's simple status export forgets an order 48 hours after its issue;
    reads by time because an order may have been sent before our memory of it was lost.
    """

    name: str
    interval: timedelta
    connector: str
    client: Client
    clock: Clock
    settings: Settings
    open_references: OpenReferences

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """Pages by reference keep the cursor; each window of time moves it on, so that an outage is caught up in steps.

        A reference that alone is refused is told as unreadable when the reading by time succeeds: then it is to blame.
        Without a cursor the windows begin `first_look_back` days ago: older orders are found by their reference.
        """
        now = self.clock.now()
        rule = Rule.of(self.settings, now)
        look_back = timedelta(days=self.settings.first_look_back)
        since = min(datetime.fromisoformat(cursor), now) if cursor else now - look_back
        refs = [ref for ref in await self.open_references.open_references(self.connector) if is_listable(ref)]
        blamed: dict[str, FaultError] = {}
        hopeless: FaultError | None = None
        for chunk in chunked(refs, self.settings.status_chunk):
            try:
                found = await halving(chunk, self.client.states_of)
            except FaultError as fault:
                hopeless = fault  # for the reading by name; the one by time is another
                break
            blamed |= found.refused
            for _, root in found.answers:
                yield await self._page(root, rule, now, since)
        async for page in self._by_time(since, now, rule):
            yield page
        kept = [refused(self.connector, Kind.ORDER_STATE, ref, fault) for ref, fault in blamed.items()]
        if kept:
            yield Page((), now.isoformat(), tuple(kept))
        if hopeless:
            raise hopeless

    async def _by_time(self, since: datetime, now: datetime, rule: Rule) -> AsyncIterator[Page]:
        """Windows that overlap. A span whose answer fails is halved, for the rest of this reading; it may
        be too big, too slow, or not to be understood.
        """
        overlap, window = timedelta(hours=self.settings.overlap), timedelta(hours=self.settings.window)
        span = window + 2 * overlap
        while True:
            end = min(since + window, now)
            start, last = since - overlap, end + overlap
            while start < last:
                until = min(start + span, last)
                try:
                    root = await self.client.states_between(start, until)
                except RateLimitedError:
                    raise
                except TransientError:
                    span = (until - start) / 2
                    if span < _SHORTEST:
                        raise
                    yield Page((), since.isoformat())  # a sign of life: each failure may have taken minutes
                    continue
                yield await self._page(root, rule, now, max(since, min(until, end)))
                start = until
            if end == now:
                return
            since = end

    async def _page(self, root: Element, rule: Rule, moment: datetime, read_up_to: datetime) -> Page:
        """All records of one answer; a busy hour holds thousands, so the others get their turn in between."""
        found: dict[tuple[Kind, str], Document] = {}
        unreadable: list[Unreadable] = []
        for count, record in enumerate(orders(root)):
            if count % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
            ref, text = value(record, "ASSOCIATED_REF"), raw(record)
            try:
                state, left = order_state(record, rule), despatches(record, rule)
            except UnintelligibleError as error:
                unreadable.append(unread(self.connector, Kind.ORDER_STATE, ref, error, text))
                continue
            for one in left:
                found[Kind.DESPATCH, one.despatch_id] = self._told(Kind.DESPATCH, one.despatch_id, one, moment, text)
            earlier = found.get((Kind.ORDER_STATE, ref))
            if earlier is None or not state.cancelled:  # a cancelled order's reference may have been used again
                found[Kind.ORDER_STATE, ref] = self._told(Kind.ORDER_STATE, ref, state, moment, text)
        return Page(tuple(found.values()), read_up_to.isoformat(), tuple(unreadable))

    def _told(self, kind: Kind, key: str, body: Despatch | OrderState, moment: datetime, text: str) -> Document:
        return told(self.connector, kind, key, body, moment, text)


def despatch_source(
    connector: str, client: Client, clock: Clock, settings: Settings, open_references: OpenReferences
) -> DespatchSource:
    """The stream with its interval."""
    interval = timedelta(seconds=settings.despatch_interval)
    return DespatchSource("despatches", interval, connector, client, clock, settings, open_references)
