"""Asks the shop whether it can be used, and for what the settings are held against."""

from collections.abc import Sequence
from dataclasses import dataclass

from khaossync.channels.shopify import judging
from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.whole import whole_root
from khaossync.clock import Clock
from khaossync.domain.findings import Finding
from khaossync.transport.clocks import clock_finding

_SAMPLE = 20
"""Listings without a SKU that are named; a shop that has more of them has been told enough."""


@dataclass(frozen=True, slots=True)
class ShopProbe:
    """Knocks at the shop."""

    client: Client
    settings: Settings
    clock: Clock

    async def ping(self) -> None:
        await self.client.run(op.SHOP)

    async def check(self) -> Sequence[Finding]:
        """Raises SyncError as soon as one question is not answered."""
        shop = (await self.client.run(op.SHOP)).node("shop")
        installation = await self.client.run(op.INSTALLATION)
        findings = [
            judging.domain(self.settings.shop, shop),
            *judging.scopes(installation),
            judging.api_version(self.settings.api_version, self.client.served, installation, self.clock.now().date()),
            judging.currency(shop),
            judging.plan(shop, self.client.budget),
            clock_finding(self.client.skew),
            judging.secret(self.settings),
        ]
        if not judging.may_read(installation, "read_locations", "read_inventory", "read_products"):
            return findings
        places = await whole_root(self.client, op.LOCATIONS, "locations")
        # The search knows "has a value" for every field: https://shopify.dev/docs/api/usage/search-syntax
        nameless = await self.client.run(op.LISTINGS, query="-sku:*", first=_SAMPLE, after=None)
        return [
            *findings,
            *judging.locations(places, self.settings.locations),
            judging.without_sku(nameless.node("inventoryItems").items("nodes")),
        ]
