"""What the ERP must know of the shop's orders, and what not."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.day.evidence import HOLDING, Evidence, Law
from khaossync.sandbox.day.face import Order, Paid


def arrival(seen: Evidence) -> Law:
    """Every eligible order has one sales order, unless a person was asked to look or nothing is left to deliver."""
    law = Law("every eligible order is one sales order")
    for order in filter(seen.is_due, seen.orders):
        found = len(seen.sales_orders[order.id])
        excused = seen.open_cases[order.id] & HOLDING or not any(line.quantity for line in order.lines)
        if found or not excused:
            law.hold(found == 1, f"{order.name} has {found} sales orders")
    return law


def money(seen: Evidence) -> Law:
    """A sales order carries what the customer owed when it was sent, to the penny."""
    law = Law("every sales order has the same money")
    for order in seen.orders:
        for sales_order in seen.sales_orders[order.id]:
            created = sales_order.created_at
            # Some shops tell whole seconds: of what fell into the second of its sending, either may be true.
            owed, perhaps = (
                order.owed + _taken_off(seen, order, at) for at in (created, created.replace(microsecond=0))
            )
            excused = "order_to_amend" in seen.open_cases[order.id] or order.cancelled_at is not None
            complaint = f"{order.name}: shop {owed}, ERP {sales_order.gross} ({sales_order.sorder_code})"
            law.hold(sales_order.gross in (owed, perhaps) or excused, complaint)
    return law


def restraint(seen: Evidence) -> Law:
    """Nothing is in the ERP that has no business there."""
    law = Law("nothing else and nothing twice in the ERP")
    names = {seen.world.ref(order.serial): order for order in seen.orders}
    for ref, count in Counter(sales_order.ref for sales_order in seen.all_sales_orders).items():
        order = names.get(ref)
        law.hold(count == 1, f"{ref} was imported {count} times")
        law.hold(order is not None, f"{ref} belongs to no order")
        if order is not None:
            law.hold(_may_be_there(seen, order), f"{order.name} ({order.payment}) must not be in the ERP")
    return law


def patience(seen: Evidence) -> Law:
    """No order leaves the shop before its hold is over, and one that was called off within it never does."""
    law = Law("no order was sent before its time")
    hold, label = seen.world.hold, seen.world.release
    for order in seen.orders:
        end = order.placed_at.replace(microsecond=0) + hold  # the shop tells whole seconds
        called_off = order.cancelled_at is not None and order.cancelled_at < end and label not in order.labels
        law.hold(not (called_off and seen.sales_orders[order.id]), f"{order.name} was called off in time, and sent")
        for sales_order in seen.sales_orders[order.id]:
            early = label not in order.labels and sales_order.created_at < end
            law.hold(not early, f"{order.name} was sent {end - sales_order.created_at} too early")
    return law


def released(seen: Evidence) -> Law:
    """What waited for somebody went on by itself when its cause was gone."""
    law = Law("every order that was let go has arrived")
    for order in seen.notes.released:
        held = sorted(seen.open_cases[order] & HOLDING)
        law.hold(bool(seen.sales_orders[order]) and not held, f"{order} still waits: {', '.join(held) or 'nowhere'}")
    return law


def kept(seen: Evidence) -> Law:
    """What cannot go to the ERP stays out of it, and people have it as the right case."""
    law = Law("what cannot go waits as a case of its kind")
    for order, case_class in seen.notes.kept.items():
        cases = seen.open_cases[order]
        law.hold(not seen.sales_orders[order] and case_class in cases, f"{order}: {case_class} expected, not {cases}")
    return law


def business(seen: Evidence) -> Law:
    """A business is booked to its own account, and what is paid later is not booked as paid."""
    law = Law("every business order is on its own account")
    for order in seen.orders:
        for sales_order in seen.sales_orders[order.id] if order.company or order.on_terms else ():
            code = sales_order.customer.code
            told = f"{order.name} of {order.customer_code or 'nobody'} is on {code}"
            law.hold(not order.company or code == order.customer_code, told)
            law.hold(not (order.on_terms and sales_order.paid), f"{order.name} is on terms and booked as paid")
    return law


def bundles(seen: Evidence) -> Law:
    """A bundle arrives as its parts, for the same money."""
    law = Law("every bundle arrives as its parts")
    for order in seen.orders:
        sold = [line for line in order.lines if line.sku in seen.world.bundles]
        for sales_order in seen.sales_orders[order.id] if sold and len(sold) == len(order.lines) else ():
            units: Counter[str] = Counter()
            for line in sold:
                units.update({code: each * line.quantity for code, each in seen.world.parts(line.sku).items()})
            found: Counter[str] = Counter()
            for part in sales_order.lines:
                found[part.stock_code] += int(part.quantity)
            law.hold(units == found, f"{order.name}: {dict(units)} were sold, {dict(found)} arrived")
            price = sum((line.amount for line in sold), Decimal(0))
            law.hold(price == sales_order.items.gross, f"{order.name}: {price} became {sales_order.items.gross}")
    return law


def _may_be_there(seen: Evidence, order: Order) -> bool:
    """An order that was cancelled or wholly refunded afterwards is there if people were told."""
    gone = order.cancelled_at is not None or order.payment is Paid.REFUNDED
    return seen.is_due(order) or (gone and bool(seen.open_cases[order.id]))


def _taken_off(seen: Evidence, order: Order, since: datetime) -> Decimal:
    given = (one for one in seen.shop.refunds(order.id) if one.at >= since)
    return sum((one.value for one in given), Decimal(0))
