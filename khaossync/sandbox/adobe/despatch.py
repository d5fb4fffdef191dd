"""What is sent: shipments, their tracks, the mails that tell of them.

https://developer.adobe.com/commerce/webapi/rest/tutorials/orders/order-create-shipment/
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from khaossync.sandbox.adobe.errors import Refusal, no_such
from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.orders import Item, Order
from khaossync.sandbox.adobe.papers import Comment, Part, Shipment, Track
from khaossync.sandbox.adobe.payments import settle
from khaossync.sandbox.adobe.state import Mail, State

_STOPS = frozenset({"payment_review", "holded", "canceled", "closed", "complete"})
_NOTHING_TO_SHIP = "You can't create a shipment without products."


def ship(state: State, order: Order, told: Mapping[str, Any]) -> Shipment:
    """Send what `told` (a request's body) says, or all that is left, from one source. Raises Refusal."""
    units = _asked(order, told.get("items") or [])
    source = _source(state, told)
    goods = state.units(order, {item.number: many for item, many in units.items()})
    state.inventory.can_ship(goods, source, state.backordered())
    made = _document(state, order, units, source)
    for track in told.get("tracks") or []:
        add_track(state, made, track)
    if comment := told.get("comment"):
        made.comments.append(_comment(state, order, comment, told))
    for sku, many in goods.items():
        state.inventory.ship(sku, many, source)
    for item, many in units.items():
        _count(order, item, many)
    if order.state in ("new", "pending_payment"):
        order.state, order.status = "processing", "processing"
    settle(state, order)
    if told.get("notify"):
        tell(state, made)
    return made


def _asked(order: Order, rows: Sequence[Mapping[str, Any]]) -> dict[Item, Decimal]:
    """Units by row. Raises Refusal with all that is wrong, as Magento collects it."""
    wrong = []
    if order.state in _STOPS or order.is_virtual:
        wrong.append(f"A shipment cannot be created when an order has a status of {order.status}")
    units: dict[Item, Decimal] = {}
    for row in rows:
        item, many = order.item(row["order_item_id"]), Decimal(str(row["qty"]))
        if item is None:
            wrong.append(f'We can not found item "{row["order_item_id"]}" in order.')
        elif many > item.to_ship:
            wrong.append(f'We found an invalid quantity to ship for item "{item.name}".')
        else:
            units[item] = units.get(item, NOTHING) + many
    if not rows:
        units = {item: item.to_ship for item in order.items if item.to_ship > 0}
    if sum(units.values(), NOTHING) <= 0:
        wrong.append(_NOTHING_TO_SHIP)
    if wrong:
        raise Refusal(400, "Shipment Document Validation Error(s):\n" + "\n".join(wrong))
    return units


def _source(state: State, told: Mapping[str, Any]) -> str:
    arguments = (told.get("arguments") or {}).get("extension_attributes") or {}
    return str(arguments.get("source_code") or state.inventory.default)


def _document(state: State, order: Order, units: Mapping[Item, Decimal], source: str) -> Shipment:
    now = state.now()
    made = Shipment(state.next("shipment"), state.name_for("shipment"), order, now, now, source=source)
    made.parts = [Part(state.next("shipment item"), item, many) for item, many in units.items()]
    order.shipments.append(made)
    state.shipments[made.number] = made
    return made


def _count(order: Order, item: Item, many: Decimal) -> None:
    """Units of a row have gone, and with it those of its children, or a share of the parent that has none itself."""
    item.shipped += many
    for child in order.items:
        if child.parent is item:
            child.shipped += many * child.ordered / item.ordered


def _comment(state: State, order: Order, told: Mapping[str, Any], whole: Mapping[str, Any]) -> Comment:
    number, notified = state.next("comment"), bool(whole.get("notify") and whole.get("appendComment"))
    return Comment(number, told["comment"], order.status, state.now(), notified, bool(told["is_visible_on_front"]))


def add_track(state: State, made: Shipment, told: Mapping[str, Any]) -> Track:
    """Note a parcel's number on a shipment. Nobody is told, and the order is not saved."""
    track = Track(
        state.next("track"),
        told["track_number"],
        told["title"],
        told["carrier_code"],
        state.now(),
        Decimal(str(told.get("qty") or 0)),
        Decimal(str(told.get("weight") or 0)),
        told.get("description") or "",
    )
    made.tracks.append(track)
    return track


def tell(state: State, made: Shipment) -> None:
    """Write to the customer what is on its way, with the numbers that are known now."""
    made.mailed = True
    numbers = tuple(track.track_number for track in made.tracks)
    state.mails.append(Mail(made.order.name, made.order.email, "shipping_confirmation", numbers, made.number))


def find(state: State, number: int) -> Shipment:
    """The shipment of that id. Raises Refusal."""
    if number not in state.shipments:
        raise no_such("id", number)
    return state.shipments[number]
