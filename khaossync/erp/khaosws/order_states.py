"""Order states as Khaos Control exports them, turned into how far an order is and into what has left the warehouse."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from khaossync.domain.despatch import Despatch, DespatchLine, OrderState
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, child, children, value
from khaossync.erp.khaosws.wire import flag, instant, named, number

_CREDIT_NOTE = "2"
_CANCELLED = 1

Lines = tuple[DespatchLine, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What \"despatched\" means on this site, as of today. Stages can be reordered and switched off per customer."""

    stages: frozenset[int]
    by_ship_date: bool
    needs_consignment: bool
    zone: tzinfo
    today: date

    @classmethod
    def of(cls, settings: Settings, now: datetime) -> "Rule":
        """The rule of these settings at this instant."""
        today = now.astimezone(settings.zone).date()
        return cls(
            stages=settings.despatched_stages,
            by_ship_date=settings.despatched_when_ship_date,
            needs_consignment=settings.despatched_needs_consignment,
            zone=settings.zone,
            today=today,
        )

    def past(self, element: Element, attribute: str) -> datetime | None:
        """A date that is there and not in the future: ship dates may be planned ahead."""
        at = instant(value(element, attribute), self.zone, attribute)
        return at if at and at < datetime.combine(self.today + timedelta(days=1), time(), self.zone) else None


@dataclass(frozen=True, slots=True)
class _Parcel:
    """One box of an invoice, or the invoice itself where no box tells its contents."""

    left: bool
    despatch: Despatch


def orders(root: Element) -> Iterator[Element]:
    """The records that can concern us: sales orders with a reference. Credit notes and counter sales are not ours."""
    for record in children(root, "ORDER_STATUS"):
        kind = child(record, "ORDER_TYPE")
        if value(record, "ASSOCIATED_REF") and not (kind is not None and value(kind, "TYPE_ID") == _CREDIT_NOTE):
            yield record


def order_state(record: Element, rule: Rule) -> OrderState:
    """How far the ERP has come. Complete means that it says so and that every invoice has left by our own rule.

    Raises UnintelligibleError.
    """
    done = flag(value(record, "COMPLETE"), "COMPLETE")
    cancelled = child(record, "CANCELLED")
    return OrderState(
        ref=named(value(record, "ASSOCIATED_REF"), "ASSOCIATED_REF"),
        sales_order_code=_code(record),
        stages=tuple(value(invoice, "INVOICE_STAGE_ID") for invoice in _invoices(record)),
        complete=done and all(parcel.left for parcel in _parcels(record, rule)),
        cancelled=_is_cancelled(record, rule.zone) or (bool(_invoices(record)) and not _live_invoices(record)),
        reason="" if cancelled is None else value(cancelled, "REASON"),
    )


def despatches(record: Element, rule: Rule) -> tuple[Despatch, ...]:
    """What has left: one despatch per box, or per invoice where boxes are not used. Raises UnintelligibleError.

    Nothing here remembers: a stage that goes backwards merely stops telling, it never takes a despatch back.
    """
    left = [parcel.despatch for parcel in _parcels(record, rule) if parcel.left and parcel.despatch.lines]
    return tuple(_in_full(one, left) for one in left)


def _in_full(one: Despatch, left: Sequence[Despatch]) -> Despatch:
    """With all that left under its number: a shop knows parcels by number, and so counts what it was told under it."""
    if not one.tracking_number:
        return one
    units: dict[str, Decimal] = {}
    for line in (line for each in left if each.tracking_number == one.tracking_number for line in each.lines):
        units[line.stock_code] = units.get(line.stock_code, Decimal(0)) + line.quantity
    return replace(one, lines=tuple(DespatchLine(code, count) for code, count in units.items()))


def _code(record: Element) -> str:
    return named(value(record, "SORDER_CODE"), "SORDER_CODE")


def _is_cancelled(record: Element, zone: tzinfo) -> bool:
    """Some servers write the tag for every order and leave it empty, or with the null date of 1899."""
    told = child(record, "CANCELLED")
    if told is None:
        return False
    at = instant(value(told, "CANCELLED_DATE_TIME"), zone, "CANCELLED_DATE_TIME")
    return at is not None or bool(value(told, "REASON", "USER_NAME"))


def _invoices(record: Element) -> list[Element]:
    holder = child(record, "INVOICES")
    return [] if holder is None else list(children(holder, "INVOICE"))


def _live_invoices(record: Element) -> list[Element]:
    return [invoice for invoice in _invoices(record) if _stage(invoice) != _CANCELLED]


def _stage(invoice: Element) -> int:
    return int(number(value(invoice, "INVOICE_STAGE_ID") or "0", "INVOICE_STAGE_ID"))


def _parcels(record: Element, rule: Rule) -> list[_Parcel]:
    """Those of every living invoice. Boxes with the same goods are told apart by their order, left or not."""
    seen: Counter[str] = Counter()
    found = []
    for parcel in (one for invoice in _live_invoices(record) for one in _parcels_of(record, invoice, rule)):
        key = parcel.despatch.despatch_id
        seen[key] += 1
        twin = replace(parcel.despatch, despatch_id=f"{key}:{seen[key]}") if seen[key] > 1 else parcel.despatch
        found.append(_Parcel(parcel.left, twin))
    return found


def _parcels_of(record: Element, invoice: Element, rule: Rule) -> list[_Parcel]:
    """Boxes tell more than the invoice's own items, which then are the same goods once more."""
    boxes = [
        *children(invoice, "BOX"),
        *(box for holder in children(invoice, "BOXES") for box in children(holder, "BOX")),
    ]
    filled = [(box, lines) for box in boxes if (lines := _lines(box, "BOX_ITEM"))]
    if filled:
        return [_parcel(record, invoice, box, lines, _box_left(invoice, box, rule), rule) for box, lines in filled]
    left = _invoice_left(invoice, rule) or (bool(boxes) and all(_box_left(invoice, box, rule) for box in boxes))
    holder = child(invoice, "INVOICE_ITEMS")
    lines = () if holder is None else _lines(holder, "INVOICE_ITEM")
    if left and not lines and number(value(invoice, "QTY_SENT") or "0", "QTY_SENT") > 0:
        raise UnintelligibleError(f"invoice {value(invoice, 'INVOICE_CODE')} has left but does not tell what was in it")
    return [_parcel(record, invoice, boxes[0] if boxes else invoice, lines, left, rule)]


def _invoice_left(invoice: Element, rule: Rule) -> bool:
    return _stage(invoice) in rule.stages or (rule.by_ship_date and rule.past(invoice, "SHIP_DATE") is not None)


def _box_left(invoice: Element, box: Element, rule: Rule) -> bool:
    """A box that says nothing of itself goes with its invoice."""
    if _stage(invoice) in rule.stages or not value(box, "SHIPPED", "SHIP_DATE"):
        return _invoice_left(invoice, rule)
    shipped = flag(value(box, "SHIPPED"), "SHIPPED") or rule.past(box, "SHIP_DATE") is not None
    return rule.by_ship_date and shipped


def _lines(holder: Element, tag: str) -> Lines:
    """Units per stock code in the order told; returned or unsent goods (zero, negative) are not in the parcel."""
    units: dict[str, Decimal] = {}
    for item in children(holder, tag):
        code = value(item, "STOCK_CODE")
        if not code:
            raise UnintelligibleError(f"a {tag} has no STOCK_CODE")
        units[code] = units.get(code, Decimal(0)) + number(value(item, "QTY_SENT") or "0", f"QTY_SENT of {code}")
    return tuple(DespatchLine(code, count) for code, count in units.items() if count > 0)


def _parcel(record: Element, invoice: Element, box: Element, lines: Lines, left: bool, rule: Rule) -> _Parcel:
    code = named(value(invoice, "INVOICE_CODE"), "INVOICE_CODE")
    consignment = value(box, "CONSIGNMENT_REF") or value(invoice, "CONSIGNMENT_REF")
    despatch = Despatch(
        ref=value(record, "ASSOCIATED_REF"),
        sales_order_code=_code(record),
        despatch_id=f"{code}:{_fingerprint(lines)}",  # without the number: it may be typed in or corrected later
        despatched_at=_left_at(record, invoice, box, rule),
        courier=value(box, "COURIER") or value(invoice, "COURIER") or value(record, "COURIER"),
        tracking_number=consignment,
        tracking_url=value(box, "TRACKING_URL") or value(invoice, "TRACKING_URL"),
        lines=lines,
    )
    return _Parcel(left and bool(consignment or not rule.needs_consignment), despatch)


def _fingerprint(lines: Lines) -> str:
    goods = sorted((line.stock_code, f"{line.quantity:f}") for line in lines)
    return hashlib.sha256(repr(goods).encode()).hexdigest()[:10]


def _left_at(record: Element, invoice: Element, box: Element, rule: Rule) -> datetime:
    """The best date told, as the beginning of that day on the server; today when none is."""
    told = (
        rule.past(element, attribute)
        for element, attribute in (
            (box, "SHIP_DATE"),
            (invoice, "SHIP_DATE"),
            (invoice, "ISSUE_DATE"),
            (invoice, "INVOICE_DATE"),
            (record, "DATE_CREATED"),
        )
    )
    return next(filter(None, told), None) or datetime.combine(rule.today, time(), rule.zone).astimezone(UTC)
