"""What the shop must show of the ERP's stock and despatches."""

from collections import Counter
from decimal import ROUND_FLOOR, Decimal

from khaossync.sandbox.day.evidence import Evidence, Law

STUCK = frozenset({"unallocated_despatch", "despatch_refused"})
"""The cases that tell people of a parcel which the shop does not take, for it knows the order otherwise."""


def despatches(seen: Evidence) -> Law:
    """Every parcel of the warehouse is one fulfilment with the same tracking."""
    law = Law("every despatch is one tracked fulfilment")
    told = Counter(number for parcel in seen.shop.parcels() for number in parcel.numbers)
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
    told = Counter(mail.order for mail in seen.shop.mails() if not mail.again)
    made = Counter(parcel.order for parcel in seen.shop.parcels())
    for order in (one for one in seen.orders if told[one.id] or made[one.id]):
        complaint = f"{order.name}: {made[order.id]} parcels, {told[order.id]} mails"
        law.hold(told[order.id] == made[order.id], complaint)
    for number, times in _mailed(seen).items():
        law.hold(times == 1, f"the customer was told of {number} {times} times")
    return law


def late_numbers(seen: Evidence) -> Law:
    """A number that came after the parcel stands in the shop, and the customer has it if the platform writes at all."""
    law = Law("every late number reached the customer once")
    mailed, stuck = _mailed(seen), _stuck(seen)
    shown = Counter(number for parcel in seen.shop.parcels() for number in parcel.numbers)
    refs = {seen.world.ref(order.serial) for order in seen.orders}
    for number, ref in seen.notes.late.items():
        if ref in refs:
            asked = number in stuck
            # Typed in before the parcel was told, it is in the first mail of any platform.
            silent = mailed[number] == 0 and not seen.shop.writes_late
            law.hold(asked or shown[number] == 1, f"{number} stands on {shown[number]} parcels")
            law.hold(asked or silent or mailed[number] == 1, f"{number} was mailed {mailed[number]} times")
    return law


def stock(seen: Evidence) -> Law:
    """The shop shows what may still be sold, less the buffer."""
    law = Law("every stock level agrees")
    for (sku, place), shown in seen.shop.shown().items():
        if place in seen.world.sites and _is_counted(seen, sku):
            free, back = _free(seen, sku, place), seen.world.buffer_of(sku, seen.at)
            law.hold(shown == max(0, free - back), f"{sku}: {place} shows {shown}, may sell {free} less {back}")
    return law


def overselling(seen: Evidence) -> Law:
    """The shop sold no more than there was, at no time of the day and of nothing."""
    law = Law("nothing was oversold")
    counted = {sku for sku, _ in seen.shop.shown() if _is_counted(seen, sku)}
    for code in sorted({code for sku in counted for code in seen.world.parts(sku)}):
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


def _is_counted(seen: Evidence, sku: str) -> bool:
    return all(seen.khaos.knows(code) for code in seen.world.parts(sku))


def _mailed(seen: Evidence) -> Counter[str]:
    return Counter(number for mail in seen.shop.mails() for number in mail.numbers)


def _stuck(seen: Evidence) -> set[str]:
    """The numbers of parcels that people tell the shop of by hand."""
    asked = (order for order in seen.orders if seen.open_cases[order.id] & STUCK)
    return {invoice.consignment for order in asked for invoice in seen.shipped(order)}
