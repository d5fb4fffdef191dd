"""Lists of records, with filters and pages."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from khaossync.sandbox.shopify import figures, search
from khaossync.sandbox.shopify.catalogue import Item
from khaossync.sandbox.shopify.orders import Order
from khaossync.sandbox.shopify.paging import Connection, Key, numbered, page
from khaossync.sandbox.shopify.resolvers.catalogue import product, variant
from khaossync.sandbox.shopify.schema import Context, Table
from khaossync.sandbox.shopify.state import State, Subscription


def _conditions(context: Context, text: str | None, tests: dict[str, search.Test], at: str) -> search.Node:
    node = search.parse(text)
    for name in search.unknown_fields(node, tests):
        warning = {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
        context.warnings.append({"path": [at], "query": text, "warnings": [warning]})
    return node


# --- orders -----------------------------------------------------------------------------------------------------------


def _order_status(order: Order, _operator: str, value: str) -> bool:
    state = "cancelled" if order.cancelled_at else "closed" if order.closed_at else "open"
    return value in ("any", state) or (value == "not_closed" and order.closed_at is None)


def _fulfilment_state(order: Order, _operator: str, value: str) -> bool:
    shown = figures.fulfilment_status(order).casefold()
    plain = {"fulfilled": ("fulfilled", "shipped"), "partially_fulfilled": ("partial", "unfulfilled")}
    return value in plain.get(shown, (shown, "unshipped", "unfulfilled"))


def _has_tag(order: Order, _operator: str, value: str) -> bool:
    return value.casefold() in (tag.casefold() for tag in order.tags)


_VISIBLE_FOR = timedelta(days=60)

_ORDER_TESTS: dict[str, search.Test] = {
    "": search.by_text(lambda order: [order.name, order.name[1:], order.email]),
    "created_at": search.by_time(lambda order: order.created_at),
    "updated_at": search.by_time(lambda order: order.updated_at),
    "processed_at": search.by_time(lambda order: order.created_at),
    "id": search.by_number(lambda order: order.number),
    "name": search.by_text(lambda order: [order.name, order.name[1:]]),
    "email": search.by_text(lambda order: [order.email]),
    "po_number": search.by_text(lambda order: [order.po_number]),
    "sku": search.by_text(lambda order: [line.item.sku for line in order.lines]),
    "source_name": search.by_text(lambda _order: ["web"]),
    "financial_status": search.by_text(lambda order: [figures.financial_status(order)]),
    "fulfillment_status": _fulfilment_state,
    "status": _order_status,
    "tag": _has_tag,
    "tag_not": lambda order, operator, value: not _has_tag(order, operator, value),
    "test": search.by_flag(lambda order: order.test),
}

_ORDER_KEYS: dict[str, Callable[[Order], Key]] = {
    "CREATED_AT": lambda order: (order.created_at, order.number),
    "ID": lambda order: (order.number,),
    "ORDER_NUMBER": lambda order: (order.position,),
    "PROCESSED_AT": lambda order: (order.created_at, order.number),
    "UPDATED_AT": lambda order: (order.updated_at, order.number),
}


def _orders(
    _root: Any, info: Any, query: str | None = None, sort_key: str = "PROCESSED_AT", **window: Any
) -> Connection:
    node = _conditions(info.context, query, _ORDER_TESTS, "orders")
    key = _ORDER_KEYS[sort_key]
    found = _matching(info.context.state, node)
    if query:
        found = filter(info.context.state.index.finds, found)
    return page(sorted(found, key=key), key, **window)


def _matching(state: State, node: search.Node) -> Iterable[Order]:
    """Without the scope read_all_orders nobody sees what is older than sixty days."""
    oldest = None if "read_all_orders" in state.scopes else state.now() - _VISIBLE_FOR
    for order in _candidates(state, node):
        if (oldest is None or order.created_at >= oldest) and search.matches(node, order, _ORDER_TESTS):
            yield order


def _candidates(state: State, node: search.Node) -> Iterable[Order]:
    """The orders to look at: those named, those updated lately, or all."""
    names = search.only(node, "name")
    if names is not None:
        found = (state.by_name.get(f"#{name.lstrip('#')}") for name in names)
        return [order for order in found if order is not None]
    since = search.since(node, "updated_at")
    if since is None:
        return state.orders.values()
    lately = []
    for order in reversed(state.by_update.values()):
        if order.updated_at < since:
            break
        lately.append(order)
    return lately


def _orders_count(_root: Any, info: Any, query: str | None = None, limit: int | None = None) -> dict[str, Any]:
    node = _conditions(info.context, query, _ORDER_TESTS, "ordersCount")
    return _count(sum(1 for _ in _matching(info.context.state, node)), limit)


def _count(found: int, limit: int | None) -> dict[str, Any]:
    if limit is not None and found > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": found, "precision": "EXACT"}


# --- catalogue --------------------------------------------------------------------------------------------------------

_ITEM_TESTS: dict[str, search.Test] = {
    "": search.by_text(lambda item: [item.sku, item.title]),
    "created_at": search.by_time(lambda item: item.created_at),
    "updated_at": search.by_time(lambda item: item.updated_at),
    "id": search.by_number(lambda item: item.number),
    "sku": search.by_text(lambda item: [item.sku], exact=True),
    "title": search.by_text(lambda item: [item.title]),
    "product_id": search.by_number(lambda item: item.number),
}


def _items(context: Context, query: str | None, at: str) -> Sequence[Item]:
    """The items meant, sorted by number; by SKU through the index."""
    stored = context.state.catalogue
    node = _conditions(context, query, _ITEM_TESTS, at)
    skus = search.only(node, "sku")
    if node == search.All(()):
        return stored.items
    if skus is None or any("*" in sku for sku in skus):
        return [item for item in stored.items if search.matches(node, item, _ITEM_TESTS)]
    found = {item.number: item for sku in skus for item in stored.by_sku.get(sku, ())}
    return [found[number] for number in sorted(found) if search.matches(node, found[number], _ITEM_TESTS)]


def _items_page(at: str, make: Callable[[Item], Any] | None) -> Callable[..., Connection]:
    def resolve(_root: Any, info: Any, query: str | None = None, sort_key: str = "ID", **window: Any) -> Connection:
        items = _items(info.context, query, at)
        key = _by_sku if sort_key == "SKU" else _number
        if sort_key == "SKU":
            items = sorted(items, key=key)
        found = page(items, key, **window)
        if make is not None:
            found.nodes = [make(item) for item in found.nodes]
        return found

    return resolve


def _by_sku(item: Any) -> Key:
    """The key of an item, or of a variant or product made of it."""
    return (getattr(item, "record", item).sku, item.number)


def _variants_count(_root: Any, info: Any, query: str | None = None, limit: int | None = None) -> dict[str, Any]:
    return _count(len(_items(info.context, query, "productVariantsCount")), limit)


def _locations(
    _root: Any,
    info: Any,
    sort_key: str = "NAME",
    **window: Any,
) -> Connection:
    key: Callable[[Any], Key] = (lambda place: (place.name, place.number)) if sort_key == "NAME" else _number
    return page(sorted(info.context.state.catalogue.locations.values(), key=key), key, **window)


def _number(record: Any) -> Key:
    return (record.number,)


# --- the rest ---------------------------------------------------------------------------------------------------------

_ASKED_TESTS: dict[str, search.Test] = {
    "status": search.by_text(lambda asked: [asked.status]),
    "updated_at": search.by_time(lambda asked: asked.updated_at),
    "id": search.by_number(lambda asked: asked.number),
    "assigned_location_id": search.by_number(lambda asked: asked.location.number),
}


def _asked(
    _root: Any,
    info: Any,
    query: str | None = None,
    sort_key: str = "ID",
    include_closed: bool = False,
    **window: Any,
) -> Connection:
    node = _conditions(info.context, query, _ASKED_TESTS, "fulfillmentOrders")
    key: Callable[[Any], Key] = _number if sort_key == "ID" else lambda asked: (asked.updated_at, asked.number)
    found = [
        asked
        for asked in info.context.state.fulfilment_orders.values()
        if (include_closed or asked.status != "CLOSED") and search.matches(node, asked, _ASKED_TESTS)
    ]
    return page(sorted(found, key=key), key, **window)


def _subscriptions(
    _root: Any,
    info: Any,
    topics: list[str] | None = None,
    uri: str | None = None,
    **window: Any,
) -> Connection:
    held: Iterable[Subscription] = info.context.state.subscriptions.values()
    found = [
        each
        for each in held
        if (topics is None or each.topic.upper().replace("/", "_") in topics) and uri in (None, each.uri)
    ]
    return numbered(found, **window)


TABLE: Table = {
    "QueryRoot.fulfillmentOrders": _asked,
    "QueryRoot.inventoryItems": _items_page("inventoryItems", None),
    "QueryRoot.locations": _locations,
    "QueryRoot.locationsCount": lambda _root, info, limit=None: _count(
        len(info.context.state.catalogue.locations), limit
    ),
    "QueryRoot.orders": _orders,
    "QueryRoot.ordersCount": _orders_count,
    "QueryRoot.products": _items_page("products", product),
    "QueryRoot.productVariants": _items_page("productVariants", variant),
    "QueryRoot.productVariantsCount": _variants_count,
    "QueryRoot.webhookSubscriptions": _subscriptions,
    "QueryRoot.webhookSubscriptionsCount": lambda _root, info, limit=None: _count(
        len(info.context.state.subscriptions), limit
    ),
}
