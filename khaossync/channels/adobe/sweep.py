"""The second look: every order of the last days by its id, for not everything that changes one counts as saving it."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.order_reading import OrderReader
from khaossync.channels.adobe.windows import stamp
from khaossync.channels.adobe.wire import Filter, criteria
from khaossync.clock import Clock
from khaossync.domain.documents import Page
from khaossync.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a sweep stands: behind the order `after`, of those that were saved since `floor`."""

    floor: str
    after: int
    ended: bool = False


@dataclass(frozen=True, slots=True)
class OrderSweep:
    """Reads every order that was saved in the last days; what is stored as it is read is no news.

    An address that staff edit does not move `updated_at`, and an order whose transaction took minutes appears under a
    time that was read already.
    """

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    name: str = "order sweep"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.sweep_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        stand, size = self._begin(cursor), self.settings.order_page
        reader = OrderReader(self.channel, self.client, self.settings)
        while not stand.ended:
            recent = Filter("updated_at", "gteq", stand.floor)
            behind = Filter("entity_id", "gt", str(stand.after))
            records, total = await self.client.page(op.ORDERS, criteria(recent, behind, sort=("entity_id",), size=size))
            last = max((_number(each) for each in records), default=0)
            ended = total <= len(records) or last <= stand.after
            stand = replace(stand, after=max(last, stand.after), ended=ended)
            yield (await reader.read(records)).page(json.dumps(asdict(stand)))

    def _begin(self, cursor: str | None) -> Stand:
        """In the middle of the sweep that broke off, else at the beginning of a new one."""
        try:
            stand = Stand(**json.loads(cursor)) if cursor else None
        except (ValueError, TypeError) as error:
            raise ConfigError(f"adobe: the stored cursor {cursor!r} cannot be read: reset this stream") from error
        if stand and not stand.ended:
            return stand
        floor = self.clock.now() - timedelta(hours=self.settings.sweep_hours)
        return Stand(stamp(max(floor, self.settings.orders_since or floor)), 0)


def _number(record: object) -> int:
    """The id of a record; 0 for one that tells none."""
    told = record.get("entity_id") if isinstance(record, dict) else None
    return int(told) if isinstance(told, int | str) and str(told).isdecimal() else 0
