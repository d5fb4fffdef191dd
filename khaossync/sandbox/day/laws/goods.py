"""What the shop must show of the ERP's stock and despatches."""

from collections import Counter
from decimal import ROUND_FLOOR, Decimal

from khaossync.sandbox.day.evidence import Evidence, Law
from khaossync.sandbox.shopify.catalogue import Item

STUCK = frozenset({"unallocated_despatch", "despatch_refused"})
"""The cases that tell people of a parcel which the shop does not take, for it knows the order otherwise."""


def despatches(seen: Evidence) -> Law:
    """Every parcel of the warehouse is one fulfilment with the same tracking."""
    law = Law("every despatch is one tracked fulfilment")
    told = Counter(parcel.number or "" for done in seen.shop.fulfilments() for parcel in done.tracking)
    sent: set[str] = set()
    for order in seen.orders:
        asked = bool(seen.open_cases[order.id] & STUCK)
        for invoice in seen.shipped(order):
            sent.add(invoice.consignment)
            times = told[invoice.consignment]
            complaint = f"{invoice.consignment or 'a parcel'} of {order.name} was told {times} times"
            law.hold(times == 1 or (times == 0 and asked), complaint)
    law.hold(not set(told) - sent, f"fulfilled without a despatch: {sorted(set(told) - sent)}")
    return law


def mails(seen: Evidence) -> Law:
    """The customer hears of every parcel once."""
    law = Law("every parcel was told to the customer once")
    told = Counter(mail.order for mail in seen.shop.mails if mail.kind == "shipping_confirmation")
    made = Counter(done.order for done in seen.shop.fulfilments())
    for order in sorted({*told, *made}):
        law.hold(told[order] == made[order], f"{order}: {made[order]} parcels, {told[order]} mails")
    for number, times in _mailed(seen).items():
        law.hold(times == 1, f"the customer was told of {number} {times} times")
    return law


def late_numbers(seen: Evidence) -> Law:
    """A number that came after the parcel stands in the shop, and the customer has it."""
    law = Law("every late number reached the customer once")
    mailed, stuck = _mailed(seen), _stuck(seen)
    shown = Counter(parcel.number for done in seen.shop.fulfilments() for parcel in done.tracking)
    refs = {seen.world.ref(order.id) for order in seen.orders}
    for number, ref in seen.notes.late.items():
        if ref in refs:
            asked = number in stuck
            law.hold(asked or shown[number] == 1, f"{number} stands on {shown[number]} parcels")
            law.hold(asked or mailed[number] == 1, f"{number} was mailed {mailed[number]} times")
    return law


def stock(seen: Evidence) -> Law:
    """The shop shows what may still be sold, less the buffer."""
    law = Law("every stock level agrees")
    places = {seen.shop.state.catalogue.location(place).number: place for place in seen.world.sites}
    for item in seen.shop.state.catalogue.items:
        for place in (places[number] for number in item.levels if number in places and _is_counted(seen, item)):
            free = _free(seen, item.sku, place)
            back = seen.world.buffer_of(item.sku, seen.at)
            shown = seen.shop.available(item.sku, place)
            complaint = f"{item.sku}: {place} shows {shown}, may sell {free} less {back}"
            law.hold(shown == max(0, free - back), complaint)
    return law


def overselling(seen: Evidence) -> Law:
    """The shop sold no more than there was, at no time of the day and of nothing."""
    law = Law("nothing was oversold")
    counted = [item for item in seen.shop.state.catalogue.items if _is_counted(seen, item)]
    for code in sorted({code for item in counted for code in seen.world.parts(item.sku)}):
        missing = seen.missing(code)
        fell = code in seen.notes.below - seen.notes.meant
        law.hold(missing <= 0, f"{code}: {missing} more were sold than there are")
        law.hold(not fell, f"{code} fell below none in the ERP")
    return law


def _free(seen: Evidence, sku: str, place: str) -> Decimal:
    """How many units of a SKU a place has, or can make up."""
    parts = seen.world.parts(sku)
    left = {code: seen.left(code, place) for code in parts}
    made = (
        min((left[code][site] / each).to_integral_value(ROUND_FLOOR) for code, each in parts.items())
        for site in seen.world.sites[place]
    )
    return sum(made, Decimal(0))


def _is_counted(seen: Evidence, item: Item) -> bool:
    known = all(seen.khaos.knows(code) for code in seen.world.parts(item.sku))
    return known and not item.bundle_of and not item.gift_card


def _mailed(seen: Evidence) -> Counter[str]:
    return Counter(number for mail in seen.shop.mails for number in mail.tracking_numbers)


def _stuck(seen: Evidence) -> set[str]:
    """The numbers of parcels that people tell the shop of by hand."""
    asked = (order for order in seen.orders if seen.open_cases[order.id] & STUCK)
    return {invoice.consignment for order in asked for invoice in seen.shipped(order)}
