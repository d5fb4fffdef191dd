"""What the shop's answers mean for us, each as a finding."""

from collections.abc import Collection, Sequence

from khaossync.channels.shopware.client import Version
from khaossync.channels.shopware.config import LOCATION, Settings
from khaossync.channels.shopware.fields import Node
from khaossync.channels.shopware.methods import read_method
from khaossync.channels.shopware.stock_sink import LIVE_STOCK
from khaossync.domain.findings import Finding

OLDEST, NEWEST = (6, 5), (6, 7)

NEEDED = {
    "order": "orders",
    "order_line_item": "orders",
    "order_delivery": "orders and despatches",
    "order_transaction": "orders and refunds",
    "order_address": "orders",
    "order_customer": "orders",
    "order_transaction_capture": "refunds",
    "order_transaction_capture_refund": "refunds",
    "state_machine_history": "orders",
    "shipping_method": "orders",
    "payment_method": "orders",
    "currency": "orders",
    "product": "the catalogue and stock",
    "sales_channel": "this check",
}
"""What the integration's role must be allowed to read, each with what is refused without it."""


def version(found: Version, told: str) -> Finding:
    """The versions that this connector was written for, and how such a shop keeps its stock."""
    if found < OLDEST:
        return Finding.fail("version", f"Shopware {told}", "update the shop to 6.5 or newer")
    stock = (
        "the stock is what can be sold" if found >= LIVE_STOCK else "the shop takes open orders off its stock itself"
    )
    if found > NEWEST:
        remedy = "test with a copy of the shop first; what is newer than 6.7 was not known here"
        return Finding.warn("version", f"Shopware {told}: {stock}", remedy)
    return Finding.ok("version", f"Shopware {told}: {stock}")


def rights(forbidden: Collection[str]) -> Finding:
    """Which entities the role may not read; what it may write shows only when something is written."""
    if forbidden:
        missing = ", ".join(f"{entity} ({NEEDED[entity]})" for entity in NEEDED if entity in forbidden)
        return Finding.fail("rights", f"may not read: {missing}", "grant it to the role of the integration")
    writes = "product, order_delivery and state transitions"
    return Finding.ok("rights", f"everything that is needed can be read; writing ({writes}) is not tried here")


def currencies(rows: Sequence[Node], channels: Sequence[Node]) -> Finding:
    """An order is in the currency that its customer saw."""
    codes = sorted(row.text("isoCode") for row in rows)
    active = ", ".join(sorted(row.text_or("name") or row.text("id") for row in channels if row.flag("active", True)))
    detail = f"orders may be in {', '.join(codes)}; sales channels: {active or 'none'}"
    return Finding.ok("currencies", detail, offers=codes)


def locations() -> Finding:
    """A shop has one stock for each product, wherever it lies."""
    return Finding.ok("locations", f'one, called "{LOCATION}" in [sites]', offers=[LOCATION])


def methods(rows: Sequence[Node]) -> Finding:
    """What customers can choose; whether each leads to a courier is held against [couriers]."""
    offered = {method.method: method.title for method in map(read_method, rows) if method.offered}
    told = ", ".join(f"{name} ({title})" for name, title in offered.items()) or "none"
    return Finding.ok("delivery methods offered", told, offers=offered)


def terms(settings: Settings, rows: Sequence[Node]) -> list[Finding]:
    """Payment methods that the settings name must be there, or orders on account wait for ever."""
    known = sorted(name for row in rows if (name := row.text_or("technicalName")))
    strange = [name for name in settings.terms_methods if name not in known]
    if strange:
        remedy = f"correct terms_methods; there are: {', '.join(known)}"
        return [Finding.fail("terms_methods", f"the shop has no payment method {', '.join(strange)}", remedy)]
    return [Finding.ok("payment methods", ", ".join(known) or "none has a technical name")]


def secret(settings: Settings) -> Finding:
    """Without an app's secret nothing proves a webhook: those of bare integrations are not signed."""
    if settings.app_secret:
        return Finding.ok("webhooks", "the app's secret is set, so they can wake the readings")
    return Finding.ok("webhooks", f"no app_secret is set: changes are found every {settings.orders_interval:g} s")
