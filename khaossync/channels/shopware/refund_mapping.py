"""Money that goes back, as each of the shop's sources tells it.

A return (of the paid plans) has lines and amounts, a refund of a capture is written by some payment plugins only,
staff may add a credit to the order, and the state of a payment has no amount at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from khaossync.channels.shopware.charges import taxes
from khaossync.channels.shopware.fields import Node
from khaossync.channels.shopware.mapping import digits_of, money_back, tax_status
from khaossync.channels.shopware.structure import sku
from khaossync.domain.money import ZERO, rounded
from khaossync.domain.refunds import Refund, RefundLine

CREDIT, RETURN, CAPTURE, STATE = "credit", "return", "capture", "state"
"""Where a refund is told, in the order in which one is taken to speak for all that tell of the same money.

A credit comes first, for the order's own figures hold it."""

_DONE = {RETURN: "done", CAPTURE: "completed"}
_DEAD = ("cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Told:
    """One refund in one source; `amount` is what is meant to go back, with tax, whatever became of it."""

    source: str
    record: Node
    amount: Decimal
    at: datetime
    changed_at: datetime
    done: bool
    dead: bool

    @property
    def id(self) -> str:
        """The shop's id of it."""
        return self.record.text("id")


def told(order: Node, returns: tuple[Node, ...]) -> Iterator[Told]:
    """All that tell of money that goes back, but for the bare states of payments. Raises MalformedError."""
    digits = digits_of(order)
    for line in money_back(order):
        yield _told(CREDIT, line, -_with_tax(line.node("price"), "totalPrice", order), "completed")
    for each in returns:
        yield _told(RETURN, each, each.amount("amountTotal", digits), each.node("state").text("technicalName"))
    for transaction in order.items("transactions"):
        for capture in transaction.items("captures"):
            for each in capture.items("refunds"):
                yield _told(CAPTURE, each, each.node("amount").amount("totalPrice", digits), each.state())


def bare(order: Node) -> Iterator[Told]:
    """Payments whose state says that all, or some, of their money went back: `done` where it is all of it.

    Of a cancelled order all goes back that was paid, so its state is enough.
    """
    for each in order.items("transactions"):
        if each.state() in ("refunded", "refunded_partially"):
            amount = each.node("amount").amount("totalPrice", digits_of(order))
            at = each.instant("updatedAt") if each.has("updatedAt") else each.instant("createdAt")
            yield Told(STATE, each, amount, at, at, done=each.state() == "refunded", dead=False)


def read_refund(one: Told, order: Node, channel: str, typed: str) -> Refund:
    """A refund as one source tells it, all amounts with tax. Raises MalformedError."""
    lines = tuple(_lines(one, order, typed))
    total = one.amount if one.done else ZERO
    delivery = _delivery(one, order)
    return Refund(
        channel=channel,
        order_id=order.short("id"),
        order_number=order.text("orderNumber"),
        order_placed_at=order.instant("orderDateTime"),
        refund_id=one.id,
        refunded_at=one.at,
        currency=order.node("currency").text("isoCode"),
        total=total,
        pending=not one.done and not one.dead,
        lines=lines,
        delivery=delivery,
        adjustment=total - delivery - sum((line.amount for line in lines), ZERO),
        note=one.record.text_or("reason") or one.record.text_or("internalComment"),
    )


def bought(order: Node) -> Decimal:
    """What the order came to before money went back by credits: no more can ever go back."""
    off = sum((_with_tax(line.node("price"), "totalPrice", order) for line in money_back(order)), ZERO)
    return order.node("price").amount("totalPrice", digits_of(order)) - off


def _told(source: str, record: Node, amount: Decimal, state: str) -> Told:
    created = record.instant("createdAt")
    changed = record.instant("updatedAt") if record.has("updatedAt") else created
    done = state == _DONE.get(source, "completed")
    return Told(source, record, amount, created, changed, done, state in _DEAD)


def _lines(one: Told, order: Node, typed: str) -> Iterator[RefundLine]:
    digits = digits_of(order)
    if one.source == CREDIT:
        tax = -sum(taxes(one.record.node("price"), digits).values(), ZERO)
        yield RefundLine(one.id, "", 1, restocked=False, amount=one.amount, tax=tax)
        return
    sold = {line.text("id"): line for line in order.items("lineItems")}
    for each in one.record.items({RETURN: "lineItems", CAPTURE: "positions"}.get(one.source, "")):
        line = sold.get(each.text("orderLineItemId"))
        amount, tax = _worth(one.source, each, line, order)
        yield RefundLine(
            line_id=each.text("orderLineItemId"),
            sku=sku(line, typed) if line else "",
            quantity=each.integer("quantity"),
            restocked=each.has("restockQuantity") and each.integer("restockQuantity") > 0,
            amount=amount,
            tax=tax,
        )


def _worth(source: str, given: Node, line: Node | None, order: Node) -> tuple[Decimal, Decimal]:
    """(with tax, the tax in it) of what a line of a refund gives back.

    A return is in the terms of its order, a capture's refund is money. Where no tax is told, it is the order line's.
    """
    digits = digits_of(order)
    if source == CAPTURE:
        amount = given.node("amount").amount("totalPrice", digits)
        own = sum(taxes(given.node("amount"), digits).values(), ZERO)
        return amount, own or _share(amount, line, order)
    price = given.node("price")
    told, whole = given.amount("refundAmount", digits), price.amount("totalPrice", digits)
    tax = sum(taxes(price, digits).values(), ZERO)
    if whole and told != whole:
        tax = rounded(tax * told / whole, order.node("currency").text("isoCode"))
    return (told + tax if tax_status(order) == "net" else told), tax


def _share(amount: Decimal, line: Node | None, order: Node) -> Decimal:
    """The tax in an amount, at the rate by which the order's line was taxed."""
    if line is None:
        return ZERO
    whole = _with_tax(line.node("price"), "totalPrice", order)
    tax = sum(taxes(line.node("price"), digits_of(order)).values(), ZERO)
    return rounded(amount * tax / whole, order.node("currency").text("isoCode")) if whole else ZERO


def _delivery(one: Told, order: Node) -> Decimal:
    charge = one.record.node_or_none("shippingCosts") if one.source == RETURN else None
    return _with_tax(charge, "totalPrice", order) if charge and charge.has("totalPrice") else ZERO


def _with_tax(price: Node, name: str, order: Node) -> Decimal:
    digits = digits_of(order)
    tax = sum(taxes(price, digits).values(), ZERO) if tax_status(order) == "net" else ZERO
    return price.amount(name, digits) + tax
