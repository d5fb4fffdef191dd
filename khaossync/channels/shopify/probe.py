"""Asks the shop whether it can be used, and holds the settings against the shop's own lists."""

from collections.abc import Sequence
from dataclasses import dataclass

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.fields import Node
from khaossync.ports import Finding

_ALL_ORDERS = "read_all_orders"

NEEDED = (
    "read_orders",
    "read_customers",
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
)
"""The access scopes without which something that we do is refused. https://shopify.dev/docs/api/usage/access-scopes"""


@dataclass(frozen=True, slots=True)
class ShopProbe:
    """Knocks at the shop."""

    client: Client
    settings: Settings

    async def ping(self) -> None:
        await self.client.run(op.SHOP)

    async def check(self) -> Sequence[Finding]:
        shop = (await self.client.run(op.SHOP)).node("shop")
        installation = await self.client.run(op.INSTALLATION)
        return [
            _domain(self.settings, shop),
            *_scopes(installation),
            _version(self.settings, installation),
            *await self._locations(),
            _secret(self.settings),
        ]

    async def _locations(self) -> list[Finding]:
        known: dict[str, str] = {}
        after: str | None = None
        while True:
            page = (await self.client.run(op.LOCATIONS, first=100, after=after)).node("locations")
            known |= {node.text("id"): node.text("name") for node in page.items("nodes")}
            info = page.node("pageInfo")
            if not info.flag("hasNextPage"):
                break
            after = info.text("endCursor")
        listed = ", ".join(f"{name} = {gid}" for gid, name in known.items())
        there = Finding("locations", bool(known), f"the shop has {listed or 'none'}", offers=tuple(known))
        return [there, *(_location(gid, known.get(gid), listed) for gid in self.settings.locations)]


def _domain(settings: Settings, shop: Node) -> Finding:
    told = shop.text("myshopifyDomain")
    good = told == settings.shop
    return Finding("shop", good, f"the shop calls itself {told}", "" if good else f"write shop = {told!r}")


def _scopes(installation: Node) -> list[Finding]:
    granted = {scope.text("handle") for scope in installation.node("currentAppInstallation").items("accessScopes")}
    # A scope to write includes the one to read.
    granted |= {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}
    missing = [scope for scope in NEEDED if scope not in granted]
    old = _ALL_ORDERS in granted
    detail = "every order" if old else "orders of the last 60 days only"
    return [
        Finding(
            "scopes",
            not missing,
            f"missing: {', '.join(missing)}" if missing else "every scope that is needed is granted",
            f"grant the app {', '.join(missing)} and install it again" if missing else "",
        ),
        Finding("order history", True, f"{detail} can be read", "" if old else f"ask Shopify for {_ALL_ORDERS}"),
    ]


def _version(settings: Settings, installation: Node) -> Finding:
    """An unsupported version silently becomes the oldest supported one, with other fields than were tested."""
    served = [each.text("handle") for each in installation.items("publicApiVersions") if each.flag("supported")]
    good = settings.api_version in served
    remedy = "" if good else f"set api_version to one of {', '.join(sorted(served))}"
    return Finding("API version", good, f"{settings.api_version} is {'' if good else 'not '}supported", remedy)


def _location(gid: str, name: str | None, listed: str) -> Finding:
    if name is None:
        return Finding("location", False, f"{gid} does not exist or is not active", f"the shop has {listed or 'none'}")
    return Finding("location", True, f"{gid} is {name}")


def _secret(settings: Settings) -> Finding:
    if settings.signing_secrets:
        return Finding("webhooks", True, "a secret is set, so webhooks can wake the readings")
    interval = f"every {settings.orders_interval:g} s"
    return Finding("webhooks", True, f"no secret is set: changes are found by reading {interval}", "")
