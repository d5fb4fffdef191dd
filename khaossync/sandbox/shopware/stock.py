"""How a shop's own acts move stock, which depends on its version.

From 6.6 on an order takes its units when it is placed; before, when it is completed, and what open orders hold back is
worked out. https://developer.shopware.com/docs/guides/plugins/plugins/content/stock/
"""

from collections.abc import Iterable, Mapping

from khaossync.sandbox.shopware.state import State
from khaossync.sandbox.shopware.store import Row


class OutOfStock(Exception):  # noqa: N818  the shop says it as a shopper reads it
    """The basket asks for more than the shop can sell."""


def units(lines: Iterable[Row]) -> dict[str, int]:
    """What lines take off the shelf: product id → units."""
    wanted: dict[str, int] = {}
    for line in lines:
        if line["type"] == "product" and line["referencedId"]:
            wanted[line["referencedId"]] = wanted.get(line["referencedId"], 0) + line["quantity"]
    return wanted


def demand(state: State, wanted: Mapping[str, int]) -> None:
    """Refuse what may not be sold. What is no closeout can be sold without end."""
    for key, count in wanted.items():
        product = state.live.get("product", key)
        if product is not None and closeout(state, product) and count > product["availableStock"]:
            number = product["productNumber"]
            raise OutOfStock(f"{count} × {number} were asked for, {product['availableStock']} are there")


def closeout(state: State, product: Row) -> bool:
    """Whether it cannot be sold below its stock; a variant that says nothing does as its parent."""
    if product["isCloseout"] is None and product["parentId"]:
        return bool((state.live.get("product", product["parentId"]) or {}).get("isCloseout"))
    return bool(product["isCloseout"])


def sold(state: State, taken: Mapping[str, int]) -> None:
    """Units were ordered (or given back, when negative)."""
    if not state.setup.stock_management:
        return
    for key, count in taken.items():
        product = state.live.get("product", key)
        if product is None or not count:
            continue
        if state.setup.live_stock:
            state.live.change("product", key, stock=product["stock"] - count, sales=product["sales"] + count)
        index(state, [key])
        _to_the_second(state, key)


def shelved(state: State, taken: Mapping[str, int]) -> None:
    """Before 6.6: units left the shelf with a completed order (or came back, when negative)."""
    if not state.setup.stock_management or state.setup.live_stock:
        return
    for key, count in taken.items():
        product = state.live.get("product", key)
        if product is not None:
            state.live.change("product", key, stock=product["stock"] - count, sales=product["sales"] + count)
    index(state, taken)


def index(state: State, keys: Iterable[str]) -> None:
    """Work out what follows from stock: `availableStock` and `available`."""
    for key in keys:
        product = state.live.get("product", key)
        if product is None:
            continue
        free = product["stock"] - (0 if state.setup.live_stock else _held(state, key))
        sellable = not closeout(state, product) or free >= (product["minPurchase"] or 1)
        state.live.change("product", key, availableStock=free, available=sellable)


def _held(state: State, product: str) -> int:
    """Units in orders that are neither completed nor cancelled."""
    held = 0
    for line in state.live.children("order_line_item", "referencedId", product):
        order = state.live.get("order", line["orderId"])
        if order is not None and state.state_of(order) not in ("completed", "cancelled"):
            held += line["quantity"] if line["type"] == "product" else 0
    return held


def _to_the_second(state: State, key: str) -> None:
    """The shop's own statement writes `updated_at = NOW()`, which knows no milliseconds."""
    row = state.live.get("product", key)
    if row is not None and row["updatedAt"]:
        state.live.change("product", key, updatedAt=row["updatedAt"][:19] + ".000+00:00")
