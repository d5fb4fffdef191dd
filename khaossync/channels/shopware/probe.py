"""Asks the shop whether it can be used, and for what the settings are held against."""

from collections.abc import Sequence
from dataclasses import dataclass

from khaossync.channels.shopware import judging, wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.fields import Node
from khaossync.domain.findings import Finding
from khaossync.transport.clocks import clock_finding

_MOST = 500
"""Methods, currencies and sales channels that are looked at; no shop has more."""


@dataclass(frozen=True, slots=True)
class ShopProbe:
    """Knocks at the shop."""

    client: Client
    settings: Settings

    async def ping(self) -> None:
        await self.client.look_at_version()

    async def check(self) -> Sequence[Finding]:
        """Raises SyncError as soon as one question is not answered."""
        version = await self.client.look_at_version()
        forbidden = [entity for entity in judging.NEEDED if not await self._may_read(entity)]
        findings = [
            judging.version(version, self.client.told_version),
            judging.rights(forbidden),
            judging.locations(),
            judging.secret(self.settings),
            clock_finding(self.client.skew),
        ]
        if forbidden:
            return findings
        return [
            *findings,
            judging.currencies(await self._all("currency"), await self._all("sales_channel")),
            judging.methods(await self._all("shipping_method")),
            *judging.terms(self.settings, await self._all("payment_method")),
        ]

    async def _may_read(self, entity: str) -> bool:
        try:
            await self.client.run(wire.search(entity, {"limit": 1, "includes": {entity: ["id"]}}))
        except wire.ForbiddenError:
            return False
        return True

    async def _all(self, entity: str) -> tuple[Node, ...]:
        return await self.client.rows(wire.search(entity, {"limit": _MOST}))
