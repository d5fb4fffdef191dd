"""The lines of an order before they are reckoned: goods, promotions, what staff type, what plugins make."""

from collections.abc import Iterator
from typing import Any

from khaossync.sandbox.shopware.ids import LIVE, named
from khaossync.sandbox.shopware.prices import GROSS, Terms
from khaossync.sandbox.shopware.purchase import Discount, Extra
from khaossync.sandbox.shopware.reckoning import definition
from khaossync.sandbox.shopware.state import State
from khaossync.sandbox.shopware.store import Row

_DISCOUNT_TYPES = {"code": "promotion", "automatic": "promotion", "manual": "credit", "script": "discount"}


def goods(state: State, order: str, product: Row, quantity: int, terms: Terms) -> Row:
    """The line of one product."""
    if quantity < 1:
        raise ValueError(f"a basket cannot hold {quantity} × {product['productNumber']}")
    rate = _of_parent(state, product, "taxId")
    rules = [(state.live.get("tax", rate) or {})["taxRate"]]
    shown = _of_parent(state, product, "price")[0]
    unit = shown["gross"] if terms.status == GROSS else shown["net"]
    row = line(state, order, "product", str(_of_parent(state, product, "name")), quantity)
    return row | {
        "productId": product["id"],
        "productVersionId": LIVE,
        "identifier": product["id"],
        "referencedId": product["id"],
        "stackable": True,
        "payload": _payload(state, product),
        "priceDefinition": definition(unit, quantity, [(rate, 100.0) for rate in rules]),
        "states": ["is-physical"],
    }


def _payload(state: State, product: Row) -> dict[str, Any]:
    options = [state.live.get("property_group_option", key) or {} for key in product["optionIds"] or ()]
    groups = [(state.live.get("property_group", each["groupId"]) or {})["name"] for each in options]
    named_options = [{"group": group, "option": each["name"]} for group, each in zip(groups, options, strict=True)]
    taken = {field: product[field] for field in ("productNumber", "isCloseout", "taxId", "parentId", "stock")}
    return {**taken, "options": named_options, "isNew": False, "tagIds": None, "features": []}


def _of_parent(state: State, product: Row, field: str) -> Any:
    """A field, or the parent's where a variant says nothing."""
    if product[field] is not None or product["parentId"] is None:
        return product[field]
    return (state.live.get("product", product["parentId"]) or {})[field]


def line(state: State, order: str, kind: str, label: str, quantity: int, parent: str | None = None) -> Row:
    """A line with what every line has."""
    key = state.ids.new()
    return {
        "id": key,
        "versionId": LIVE,
        "orderId": order,
        "orderVersionId": LIVE,
        "productId": None,
        "parentId": parent,
        "parentVersionId": LIVE if parent else None,
        "identifier": key,
        "referencedId": None,
        "quantity": quantity,
        "label": label,
        "payload": {},
        "good": kind not in ("promotion", "credit", "discount"),
        "removable": True,
        "stackable": False,
        "priceDefinition": None,
        "type": kind,
        "customFields": {},
        "states": [],
    }


def extra(state: State, order: str, told: Extra, terms: Terms, parent: str | None = None) -> Iterator[Row]:
    """A line of another kind, then its children."""
    if told.sku is None:
        row = line(state, order, told.kind, told.label, told.quantity, parent)
    else:
        row = goods(state, order, product_of(state, told.sku), told.quantity, terms)
        row |= {"type": told.kind, "label": told.label, "parentId": parent, "parentVersionId": LIVE if parent else None}
    row["payload"] = {**row["payload"], **told.payload}
    if told.price is None:
        row["priceDefinition"] = None if told.children else row["priceDefinition"]
    elif told.kind in ("credit", "discount") and told.price < 0 and parent is None:
        row["priceDefinition"] = {"type": "absolute", "price": float(told.price * told.quantity), "filter": None}
    else:
        rules = [(float(told.tax_rate * 100), 100.0)]
        row["priceDefinition"] = definition(float(told.price), told.quantity, rules)
    yield row
    for child in told.children:
        yield from extra(state, order, child, terms, row["id"])


def discount(state: State, order: str, told: Discount, lines: list[Row]) -> Row:
    """The line of a promotion; one for the delivery costs nothing itself, for the delivery bears it."""
    kind = _DISCOUNT_TYPES[told.kind]
    row = line(state, order, kind, told.name, 1)
    key = named("discount", told.name)
    row |= {"identifier": key, "referencedId": told.name if told.kind == "code" else key}
    if kind == "promotion":
        row["promotionId"] = _promotion(state, told)
    row["payload"] = _discount_payload(told, key, lines) if kind == "promotion" else {}
    if told.shipping:
        row["priceDefinition"] = definition(0.0, 1, [])
    elif told.percentage is not None:
        row["priceDefinition"] = {"type": "percentage", "percentage": -float(told.percentage), "filter": None}
    else:
        row["priceDefinition"] = {"type": "absolute", "price": -float(told.amount), "filter": None}
    return row


def _promotion(state: State, told: Discount) -> str:
    key = named("promotion", told.name)
    code = told.name if told.kind == "code" else None
    row = {"id": key, "name": told.name, "active": True, "code": code, "useCodes": code is not None, "priority": 1}
    return str((state.live.get("promotion", key) or state.live.add("promotion", row))["id"])


def _discount_payload(told: Discount, key: str, lines: list[Row]) -> dict[str, Any]:
    percentage = told.percentage is not None
    hit = [each for each in lines if each["payload"].get("productNumber") == told.sku] if told.sku else []
    return {
        "promotionId": named("promotion", told.name),
        "discountId": key,
        "discountType": "percentage" if percentage else "absolute",
        "code": told.name if told.kind == "code" else "",
        "value": str(told.percentage if percentage else told.amount),
        "maxValue": "",
        "promotionCodeType": "fixed" if told.kind == "code" else "global",
        "discountScope": "delivery" if told.shipping else "cart",
        "composition": [{"id": each["id"], "quantity": each["quantity"], "discount": 0} for each in hit],
    }


def product_of(state: State, sku: str) -> Row:
    """The product of a number, as shoppers find it. Raises KeyError."""
    for row in state.live.children("product", "numberId", named("product", sku)):
        return row
    raise KeyError(f"this shop sells no {sku}")
