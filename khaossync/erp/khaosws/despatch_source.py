"""The stream of order states and despatches: our open orders by reference, and whatever changed lately."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.clock import Clock
from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.erp.khaosws.client import Client
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, raw, value
from khaossync.erp.khaosws.order_states import Rule, despatches, order_state, orders
from khaossync.erp.khaosws.reading import chunked, told, unread
from khaossync.erp.khaosws.wire import is_listable
from khaossync.ports import OpenReferences


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

        Without a cursor the windows begin `first_look_back` days ago: older orders are found by their reference.
        """
        now = self.clock.now()
        rule = Rule.of(self.settings, now)
        look_back = timedelta(days=self.settings.first_look_back)
        since = min(datetime.fromisoformat(cursor), now) if cursor else now - look_back
        refs = [ref for ref in await self.open_references.open_references(self.connector) if is_listable(ref)]
        for chunk in chunked(refs, self.settings.status_chunk):
            yield self._page(await self.client.states_of(chunk), rule, now, since)
        overlap, window = timedelta(hours=self.settings.overlap), timedelta(hours=self.settings.window)
        while True:
            end = min(since + window, now)
            yield self._page(await self.client.states_between(since - overlap, end + overlap), rule, now, end)
            if end == now:
                return
            since = end

    def _page(self, root: Element, rule: Rule, moment: datetime, read_up_to: datetime) -> Page:
        found: dict[tuple[Kind, str], Document] = {}
        unreadable: list[Unreadable] = []
        for record in orders(root):
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
