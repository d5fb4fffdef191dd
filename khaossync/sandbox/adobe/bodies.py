"""The simulator's own check of a request's body: what may be in it, of which type, and what must.

It holds without the published specification; with it both are asked.
"""

from collections.abc import Mapping
from typing import Any

from khaossync.sandbox.adobe.errors import Refusal

Shape = Mapping[str, Any]
"""Field → its type: int, float, str, bool, a nested shape, or a list of one of these. A `!` at the end: it must be."""

_TYPES = {int: "int", float: "float", str: "string", bool: "boolean"}


def check(body: Any, shape: Shape, where: str = "") -> None:
    """Raises Refusal as Magento does for a body that is not of the shape."""
    if not isinstance(body, dict):
        raise _wrong(where or "body", "object")
    known = {name.rstrip("!"): kind for name, kind in shape.items()}
    for name in shape:
        if name.endswith("!") and body.get(name[:-1]) is None:
            raise Refusal(400, '"%fieldName" is required. Enter and try again.', {"fieldName": name[:-1]})
    for name, value in body.items():
        if name not in known:
            raise Refusal(400, f'Property "{_camel(name)}" does not have accessor method "get{_camel(name)}".')
        if value is not None:
            _check_value(value, known[name], name)


def _check_value(value: Any, kind: Any, name: str) -> None:
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise _wrong(name, "array")
        for each in value:
            _check_value(each, kind[0], name)
    elif isinstance(kind, Mapping):
        check(value, kind, name)
    elif not _is(value, kind):
        raise _wrong(name, _TYPES[kind])


def _is(value: Any, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def _wrong(name: str, kind: str) -> Refusal:
    text = 'Error occurred during "%1" processing. The value\'s type is invalid. The "%2" type was expected.'
    return Refusal(400, text, [name, kind])


COMMENT = {"comment!": str, "is_visible_on_front!": int}
TRACK = {"track_number!": str, "title!": str, "carrier_code!": str}
ROWS = [{"order_item_id!": int, "qty!": float}]

SHIP: Shape = {
    "items": ROWS,
    "notify": bool,
    "appendComment": bool,
    "comment": COMMENT,
    "tracks": [TRACK],
    "packages": [{}],
    "arguments": {"extension_attributes": {"source_code": str}},
}
NEW_TRACK: Shape = {
    "entity!": {
        **TRACK,
        "order_id!": int,
        "parent_id!": int,
        "weight!": float,
        "qty!": float,
        "description!": str,
    }
}
STATUS_HISTORY: Shape = {
    "statusHistory!": {
        "comment!": str,
        "is_customer_notified!": int,
        "is_visible_on_front!": int,
        "parent_id!": int,
        "status": str,
        "entity_name": str,
        "created_at": str,
    }
}
INVOICE: Shape = {
    "capture": bool,
    "items": ROWS,
    "notify": bool,
    "appendComment": bool,
    "comment": COMMENT,
    "arguments": {},
}
REFUND: Shape = {
    "items": ROWS,
    "isOnline": bool,
    "notify": bool,
    "appendComment": bool,
    "comment": COMMENT,
    "arguments": {
        "shipping_amount": float,
        "adjustment_positive": float,
        "adjustment_negative": float,
        "extension_attributes": {"return_to_stock_items": [int]},
    },
}
SOURCE_ITEMS: Shape = {
    "sourceItems!": [{"sku": str, "source_code": str, "quantity": float, "status": int, "extension_attributes": {}}]
}
STOCK_ITEM: Shape = {
    "stockItem!": {
        "item_id": int,
        "product_id": int,
        "stock_id": int,
        "qty": float,
        "is_in_stock": bool,
        "manage_stock": bool,
        "use_config_manage_stock": bool,
    }
}
ADMIN: Shape = {"username!": str, "password!": str}
