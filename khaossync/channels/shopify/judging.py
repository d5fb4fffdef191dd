"""What the shop's answers mean for us, each as a finding."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.fields import Node
from khaossync.domain.findings import Finding

_ALL_ORDERS = "read_all_orders"
_NOTICE = timedelta(days=60)

NEEDED = {
    "read_orders": "orders and refunds",
    "read_customers": "orders",
    "read_payment_terms": "orders",
    "read_products": "the catalogue",
    "read_inventory": "the catalogue and stock",
    "write_inventory": "stock",
    "read_locations": "stock",
    "read_merchant_managed_fulfillment_orders": "despatches",
    "write_merchant_managed_fulfillment_orders": "despatches",
}
"""The access scopes, each with what is refused without it. https://shopify.dev/docs/api/usage/access-scopes"""


def domain(shop: str, told: Node) -> Finding:
    """The shop must be the one that is meant: its name is part of every webhook."""
    name = told.text("myshopifyDomain")
    if name == shop:
        return Finding.ok("shop", f"it calls itself {name}")
    return Finding.fail("shop", f"it calls itself {name}", f'write shop = "{name}", or correct the address')


def scopes(installation: Node) -> list[Finding]:
    """What the app may do: too little, further than needed, and how far back."""
    granted = _granted(installation)
    missing = [f"{scope} ({purpose})" for scope, purpose in NEEDED.items() if scope not in granted]
    surplus = sorted(scope for scope in granted if scope.startswith("write_") and scope not in NEEDED)
    told = f"; beyond that it may {', '.join(surplus)}, which is not used" if surplus else ""
    history = "every order" if _ALL_ORDERS in granted else "orders of the last 60 days, for want of read_all_orders,"
    return [
        Finding.fail("scopes", f"missing: {', '.join(missing)}", "grant them to the app, and install it again")
        if missing
        else Finding.ok("scopes", f"all {len(NEEDED)} that are needed are granted{told}"),
        Finding.ok("order history", f"{history} can be read"),
    ]


def may_read(installation: Node, *scopes: str) -> bool:
    """Whether a question that needs these scopes would be answered."""
    return _granted(installation).issuperset(scopes)


def _granted(installation: Node) -> set[str]:
    granted = {scope.text("handle") for scope in installation.node("currentAppInstallation").items("accessScopes")}
    # A scope to write includes the one to read.
    return granted | {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}


def api_version(asked: str, served: str, installation: Node, today: date) -> Finding:
    """Each version is served for twelve months; then the oldest that is served answers, with other fields than were
    tested. https://shopify.dev/docs/api/usage/versioning
    """
    supported = sorted(
        each.text("handle") for each in installation.items("publicApiVersions") if each.flag("supported")
    )
    remedy = f"set api_version to one of: {', '.join(supported)}"
    end = end_of(asked)
    if served and served != asked:
        return Finding.fail("API version", f"{asked} was asked for, and {served} answers in its place", remedy)
    if today >= end:
        return Finding.fail("API version", f"{asked} was served until {end:%d %B %Y}", remedy)
    if asked not in supported:
        return Finding.warn("API version", f"{asked} answers, but is not among those that Shopify supports", remedy)
    if end - today <= _NOTICE:
        detail = f"{asked} is served until {end:%d %B %Y}, {(end - today).days} days more"
        return Finding.warn("API version", detail, f"test a newer one soon: {', '.join(supported)}")
    return Finding.ok("API version", f"{asked} is served until {end:%d %B %Y}")


def end_of(version: str) -> date:
    """The day on which a version `YYYY-MM` need not be served any more."""
    year, month = version.split("-")
    return date(int(year) + 1, int(month), 1)


def currency(shop: Node) -> Finding:
    """Orders are read in the shop's own currency, whatever the customer saw."""
    code = shop.text("currencyCode")
    prices = "include" if shop.flag("taxesIncluded") else "do not include"
    return Finding.ok("currencies", f"the shop keeps its books in {code}; its prices {prices} tax", offers=[code])


def plan(shop: Node, budget: tuple[float, float]) -> Finding:
    """`budget` is the size of the bucket of query costs, and the points that come back in a second."""
    maximum, rate = budget
    name = shop.node("plan").text("publicDisplayName")
    return Finding.ok("plan", f"{name}: {rate:g} points come back a second, to at most {maximum:g}")


def secret(settings: Settings) -> Finding:
    """Without a secret nothing proves a webhook."""
    if settings.signing_secrets:
        return Finding.ok("webhook secret", "is set, so webhooks can wake the readings")
    interval = f"every {settings.orders_interval:g} s"
    return Finding.ok("webhook secret", f"none is set: changes are found by reading {interval}")


def locations(places: Sequence[Node], wanted: Iterable[str]) -> list[Finding]:
    """Only active locations are listed by Shopify."""
    known = {node.text("id"): node.text("name") for node in places}
    selling = [node.text("id") for node in places if node.flag("fulfillsOnlineOrders")]
    listed = ", ".join(f"{name} = {gid}" for gid, name in known.items()) or "none"
    lost = [gid for gid in wanted if gid not in known]
    names = ", ".join(known[gid] for gid in selling) or "none"
    return [
        Finding.ok("locations", f"active are {listed}", offers=known),
        Finding.ok("selling locations", names, offers=selling),
        *(Finding.fail("locations", f"{gid} does not exist or is not active", f"active are {listed}") for gid in lost),
    ]


def without_sku(nodes: Sequence[Node]) -> Finding:
    """What the search for listings without a SKU found; a search that did not understand gives others too."""
    if any(node.text_or("sku").strip() for node in nodes):
        return Finding.ok("listings without SKU", "cannot be asked for: the shop's search gives others as well")
    named = [_title(node) for node in nodes]
    if not named:
        return Finding.ok("listings without SKU", "none")
    remedy = "give each variant that is sold the stock code as its SKU; an order for one without is held"
    return Finding.warn("listings without SKU", f"{len(named)} at least", remedy, items=named)


def _title(node: Node) -> str:
    variants = node.nodes("variants")
    return variants[0].text_or("displayName", node.text("id")) if variants else node.text("id")
