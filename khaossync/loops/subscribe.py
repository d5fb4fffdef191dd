"""Keeps a platform telling us: a subscription that it dropped, or that somebody deleted, is made again."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from khaossync.domain.errors import ConnectorDownError
from khaossync.loops.outage import Outage
from khaossync.ports import Subscriptions

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Has every wanted topic of one connector told to `url`; what others subscribed is left alone."""

    outage: Outage
    subscriptions: Subscriptions
    url: str

    async def tick(self) -> Mapping[str, int]:
        """Make what is missing; counts of what was made and what the platform refused."""
        if not await self.outage.usable():
            return {}
        try:
            return await self._make()
        except ConnectorDownError as error:
            if not await self.outage.down(error):
                raise
            return {}

    async def _make(self) -> Mapping[str, int]:
        missing = await self.subscriptions.missing(self.url)
        refused = await self.subscriptions.subscribe(self.url, missing) if missing else {}
        made = [topic for topic in missing if topic not in refused]
        connector = self.outage.connector.name
        if made:
            log.info("webhooks_subscribed", connector=connector, topics=made, url=self.url)
        for topic, reason in refused.items():
            log.warning("webhook_refused", connector=connector, topic=topic, reason=reason)
        return {"made": len(made), "refused": len(refused)}
