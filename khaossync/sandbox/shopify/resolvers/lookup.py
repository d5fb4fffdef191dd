"""One record by its id."""

from collections.abc import Callable
from typing import Any

from khaossync.sandbox.shopify import ids
from khaossync.sandbox.shopify.catalogue import Level
from khaossync.sandbox.shopify.resolvers.catalogue import product, variant
from khaossync.sandbox.shopify.resolvers.people import company, company_location
from khaossync.sandbox.shopify.schema import Table
from khaossync.sandbox.shopify.state import State


def find(state: State, gid: str) -> Any:
    """The record that a global id names, or None."""
    parsed = ids.parse(gid)
    finder = _FINDERS.get(parsed[0]) if parsed else None
    if parsed is None or finder is None:
        return None
    if parsed[0] == "InventoryLevel":
        return _level(state, gid)
    return finder(state, parsed[1])


def _seen_as(make: Callable[[Any], Any], record: Any) -> Any:
    return None if record is None else make(record)


_FINDERS: dict[str, Callable[[State, int], Any]] = {
    "Order": lambda state, number: state.orders.get(number),
    "Customer": lambda state, number: state.customers.get(number),
    "Company": lambda state, number: _seen_as(company, state.companies.get(number)),
    "CompanyLocation": lambda state, number: _seen_as(company_location, state.company_locations.get(number)),
    "Refund": lambda state, number: state.refunds.get(number),
    "Fulfillment": lambda state, number: state.fulfilments.get(number),
    "FulfillmentOrder": lambda state, number: state.fulfilment_orders.get(number),
    "InventoryItem": lambda state, number: state.catalogue.by_number.get(number),
    "InventoryLevel": lambda _state, _number: None,
    "ProductVariant": lambda state, number: _seen_as(variant, state.catalogue.by_number.get(number)),
    "Product": lambda state, number: _seen_as(product, state.catalogue.by_number.get(number)),
    "Location": lambda state, number: state.catalogue.locations.get(number),
    "WebhookSubscription": lambda state, number: state.subscriptions.get(number),
}


def _level(state: State, gid: str) -> Level | None:
    parsed = ids.parse(gid)
    number = gid.rpartition("=")[2]
    item = state.catalogue.by_number.get(int(number)) if number.isdigit() else None
    return item.levels.get(parsed[1]) if item and parsed else None


def _by_id(kind: str) -> Callable[..., Any]:
    def resolve(_root: Any, info: Any, gid: str | None = None) -> Any:
        state: State = info.context.state
        if gid is None and kind == "Location":
            return next(iter(state.catalogue.locations.values()), None)
        parsed = ids.parse(gid or "")
        return find(state, gid or "") if parsed and parsed[0] == kind else None

    return resolve


def _job(_root: Any, info: Any, gid: str) -> dict[str, Any] | None:
    parsed = ids.parse(gid)
    job = info.context.state.jobs.get(parsed[1]) if parsed else None
    return None if job is None else {"id": gid, "done": job.done}


TABLE: Table = {
    "QueryRoot.company": _by_id("Company"),
    "QueryRoot.companyLocation": _by_id("CompanyLocation"),
    "QueryRoot.customer": _by_id("Customer"),
    "QueryRoot.fulfillment": _by_id("Fulfillment"),
    "QueryRoot.fulfillmentOrder": _by_id("FulfillmentOrder"),
    "QueryRoot.inventoryItem": _by_id("InventoryItem"),
    "QueryRoot.inventoryLevel": _by_id("InventoryLevel"),
    "QueryRoot.job": _job,
    "QueryRoot.location": _by_id("Location"),
    "QueryRoot.node": lambda _root, info, gid: find(info.context.state, gid),
    "QueryRoot.nodes": lambda _root, info, gids: [find(info.context.state, each) for each in gids],
    "QueryRoot.order": _by_id("Order"),
    "QueryRoot.product": _by_id("Product"),
    "QueryRoot.productVariant": _by_id("ProductVariant"),
    "QueryRoot.refund": _by_id("Refund"),
    "QueryRoot.webhookSubscription": _by_id("WebhookSubscription"),
}
