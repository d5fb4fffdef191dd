"""Asks the shop whether it can be used, and for what the settings are held against."""

from collections.abc import Sequence
from dataclasses import dataclass

from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.config import Settings
from khaossync.ports import Finding


@dataclass(frozen=True, slots=True)
class ShopProbe:
    """Knocks at the shop."""

    client: Client
    settings: Settings

    async def ping(self) -> None:
        await self.client.look_at_version()

    async def check(self) -> Sequence[Finding]:
        """Raises SyncError as soon as one question is not answered."""
        await self.client.look_at_version()
        return [Finding.ok("version", self.client.told_version)]
