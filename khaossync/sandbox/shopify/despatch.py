"""Shipping through the API: create and change fulfilments, hold and release. Creating is not idempotent, as in Shopify.

https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentCreate
"""

from collections.abc import Mapping, Sequence
from typing import Any

from khaossync.sandbox.shopify import ids, stock
from khaossync.sandbox.shopify.errors import UserError
from khaossync.sandbox.shopify.fulfilments import (
    SHIPPABLE,
    Fulfilment,
    FulfilmentLine,
    FulfilmentOrder,
    Hold,
    Mail,
    Shipped,
    Tracking,
)
from khaossync.sandbox.shopify.orders import Order
from khaossync.sandbox.shopify.state import State

CARRIERS = {
    "DHL Express": "https://www.dhl.com/gb-en/home/tracking.html?tracking-id=",
    "DPD UK": "https://www.dpd.co.uk/apps/tracking/?reference=",
    "Evri": "https://www.evri.com/track/parcel/",
    "Parcelforce": "https://www.parcelforce.com/track-trace?trackNumber=",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/",
    "UPS": "https://www.ups.com/track?tracknum=",
    "Yodel": "https://www.yodel.co.uk/tracking/",
}

HOLDS_PER_ORDER = 10

Part = tuple[FulfilmentOrder, FulfilmentLine, int]


def create(state: State, told: Mapping[str, Any]) -> Fulfilment | list[UserError]:
    """Ship what `told` (a FulfillmentInput) names, or say in plain words why not."""
    parts: list[Part] = []
    for named in told["lineItemsByFulfillmentOrder"]:
        asked = find(state, named["fulfillmentOrderId"])
        if asked is None:
            return _refusal("Fulfillment order does not exist.")
        if asked.status not in SHIPPABLE:
            number, status = asked.number, asked.status.lower()
            return _refusal(f"Fulfillment order {number} has an unfulfillable status= {status}.")
        chosen = _choose(asked, named.get("fulfillmentOrderLineItems"))
        if chosen is None:
            return _refusal("Invalid fulfillment order line item quantity requested.")
        parts += chosen
    problem = _mixed([asked for asked, _, _ in parts])
    return _refusal(problem) if problem else _ship(state, parts, told)


def _refusal(message: str) -> list[UserError]:
    return [UserError(message, ("fulfillment",))]


def find(state: State, gid: str) -> FulfilmentOrder | None:
    """The fulfilment order that a global id names."""
    parsed = ids.parse(gid)
    return state.fulfilment_orders.get(parsed[1]) if parsed and parsed[0] == "FulfillmentOrder" else None


def _choose(asked: FulfilmentOrder, named: Sequence[Mapping[str, Any]] | None) -> list[Part] | None:
    """The units meant: all that remain where no lines are named. None when a line or quantity cannot be."""
    if not named:
        return [(asked, part, part.remaining) for part in asked.lines if part.remaining]
    known = {ids.gid("FulfillmentOrderLineItem", part.number): part for part in asked.lines}
    wanted: dict[str, int] = {}
    for each in named:
        if each["id"] not in known or each["quantity"] < 1:
            return None
        wanted[each["id"]] = wanted.get(each["id"], 0) + each["quantity"]
    if any(quantity > known[gid].remaining for gid, quantity in wanted.items()):
        return None
    return [(asked, known[gid], quantity) for gid, quantity in wanted.items()]


def _mixed(asked: Sequence[FulfilmentOrder]) -> str | None:
    if not asked:
        return "There are no fulfillment order line items to fulfill."
    if len({each.order.number for each in asked}) > 1:
        return "All fulfillment orders must belong to the same order."
    if len({each.location.number for each in asked}) > 1:
        return "All fulfillment orders must be assigned to the same location."
    return None


def _ship(state: State, parts: Sequence[Part], told: Mapping[str, Any]) -> Fulfilment:
    first, now = parts[0][0], state.now()
    order = first.order
    for asked, part, quantity in parts:
        part.remaining -= quantity
        part.line.fulfilled += quantity
        asked.updated_at = now
        asked.settle()
        stock.remove(state, part.line.item, asked.location, quantity)
    number = state.numbers.next
    done = Fulfilment(
        number=number(),
        order=order,
        position=len(order.fulfilments) + 1,
        location=first.location,
        fulfilment_orders=list({asked.number: asked for asked, _, _ in parts}.values()),
        lines=[Shipped(number(), part, quantity) for _, part, quantity in parts],
        tracking=tracking(told.get("trackingInfo") or {}),
        created_at=now,
        updated_at=now,
    )
    order.fulfilments.append(done)
    state.fulfilments[done.number] = done
    if told.get("notifyCustomer"):
        _write(state, done, "shipping_confirmation")
    state.tell("fulfillments/create", done)
    state.touch(order)
    return done


def tracking(told: Mapping[str, Any]) -> list[Tracking]:
    """The parcels a FulfillmentTrackingInput names; `numbers` and `urls` win over `number` and `url`."""
    company = told.get("company")
    numbers = told.get("numbers") or ([told["number"]] if told.get("number") else [])
    urls = told.get("urls") or ([told["url"]] if told.get("url") else [])
    base = CARRIERS.get(company or "")
    found = []
    for position in range(max(len(numbers), len(urls))):
        number = numbers[position] if position < len(numbers) else None
        url = urls[position] if position < len(urls) else None
        found.append(Tracking(company, number, url or (base + number if base and number else None)))
    return found or ([Tracking(company, None, None)] if company else [])


def change_tracking(state: State, gid: str, told: Mapping[str, Any], notify: bool) -> Fulfilment | list[UserError]:
    """Replace the parcels of a fulfilment."""
    done = find_fulfilment(state, gid)
    if done is None:
        return [UserError("Fulfillment does not exist.", ("fulfillmentId",))]
    done.tracking = tracking(told)
    done.updated_at = state.now()
    if notify:
        _write(state, done, "shipping_update")
    state.tell("fulfillments/update", done)
    state.touch(done.order)
    return done


def find_fulfilment(state: State, gid: str) -> Fulfilment | None:
    """The fulfilment that a global id names."""
    parsed = ids.parse(gid)
    return state.fulfilments.get(parsed[1]) if parsed and parsed[0] == "Fulfillment" else None


def undo(state: State, gid: str) -> Fulfilment | list[UserError]:
    """Cancel a fulfilment: its units are to be shipped again."""
    done = find_fulfilment(state, gid)
    if done is None:
        return [UserError("Fulfillment does not exist.", ("id",))]
    if done.status == "CANCELLED":
        return [UserError("Fulfillment has already been cancelled.", ("id",))]
    done.status, done.updated_at = "CANCELLED", state.now()
    for shipped in done.lines:
        part = shipped.fulfilment_line
        part.remaining += shipped.quantity
        part.line.fulfilled -= shipped.quantity
        level = stock.level_at(state, part.line.item, done.location)
        level.committed += shipped.quantity
        state.touch_level(level)
    for asked in done.fulfilment_orders:
        asked.settle()
    state.tell("fulfillments/update", done)
    state.touch(done.order)
    return done


def _write(state: State, done: Fulfilment, kind: str) -> None:
    numbers = tuple(each.number for each in done.tracking if each.number)
    state.mails.append(Mail(done.order.name, done.order.email, kind, numbers))


def hold(state: State, asked: FulfilmentOrder, told: Mapping[str, Any], *, by_app: bool) -> Hold | list[UserError]:
    """Stop the shipping of a fulfilment order. One app may hold it ten times, each time under another handle."""
    handle = told.get("handle") or ""
    ours = [each for each in asked.holds if each.by_app and by_app]
    if any(each.handle == handle for each in ours):
        return [UserError("The handle is already in use.", ("fulfillmentHold", "handle"), _HELD)]
    if len(ours) >= HOLDS_PER_ORDER:
        return [UserError("Too many holds.", ("id",), "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED")]
    placed = Hold(state.numbers.next(), told["reason"], told.get("reasonNotes"), handle, by_app)
    asked.holds.append(placed)
    _held(state, asked)
    return placed


_HELD = "DUPLICATE_FULFILLMENT_HOLD_HANDLE"


def release(state: State, asked: FulfilmentOrder, only: Sequence[str] | None) -> None:
    """Let it be shipped again. Without `only` (hold ids) the holds of all apps go."""
    asked.holds = [each for each in asked.holds if only and ids.gid("FulfillmentHold", each.number) not in only]
    _held(state, asked)


def _held(state: State, asked: FulfilmentOrder) -> None:
    asked.settle()
    asked.updated_at = state.now()
    state.touch(asked.order)


def relocate(state: State, order: Order, location_name: str) -> None:
    """Staff move what is left of an order elsewhere: the old fulfilment orders close, new ones with new ids open."""
    place = state.catalogue.location(location_name)
    for asked in [each for each in order.fulfilment_orders if each.status in (*SHIPPABLE, "ON_HOLD")]:
        rest = [(part, part.remaining) for part in asked.lines if part.remaining and asked.location is not place]
        if not rest:
            continue
        now = state.now()
        lines = [FulfilmentLine(state.numbers.next(), part.line, units, units) for part, units in rest]
        moved = FulfilmentOrder(state.numbers.next(), order, place, now, now, lines)
        for part, units in rest:
            stock.release(state, part.line.item, asked.location, units)
            stock.reserve(state, part.line.item, place, units)
            part.remaining, part.total = 0, part.total - units
        asked.settle()
        order.fulfilment_orders.append(moved)
        state.fulfilment_orders[moved.number] = moved
    state.touch(order)
