"""Money given back: credit memos with rows, a part of the delivery charge and adjustments.

https://developer.adobe.com/commerce/webapi/rest/tutorials/orders/order-issue-refund/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.money import NOTHING, PENNY, pence
from khaossync.sandbox.adobe.orders import Item, Order
from khaossync.sandbox.adobe.papers import Comment, CreditMemo, Invoice
from khaossync.sandbox.adobe.payments import mail, settle, share
from khaossync.sandbox.adobe.state import State


@dataclass(frozen=True)
class Wish:
    """What is to be given back: units of rows (by id), delivery without tax, and more or less than that.

    Without `units` nothing of the rows. `restock` puts back on sale what had been sent.
    """

    units: Mapping[int, Decimal] = field(default_factory=dict)
    shipping: Decimal = NOTHING
    positive: Decimal = NOTHING
    negative: Decimal = NOTHING
    restock: bool = False
    invoice: Invoice | None = None
    note: str | None = None
    notify: bool = False


def worth(order: Order, wish: Wish) -> Decimal:
    """What the rows and the delivery of a wish come to. Raises Refusal for more than there is."""
    units = _units(order, wish.units)
    made = CreditMemo(0, "", order, order.created_at, order.created_at)
    made.parts = [share(0, item, item.refunded, many) for item, many in units.items() if many]
    _give_back_delivery(order, made, wish.shipping)
    return made.total


def refund(state: State, order: Order, wish: Wish) -> CreditMemo:
    """Write a credit memo. Raises Refusal for more than there is."""
    units = _units(order, wish.units)
    now = state.now()
    made = CreditMemo(state.next("creditmemo"), "", order, now, now, invoice=wish.invoice, restocked=wish.restock)
    made.positive, made.negative, made.extra = wish.positive, wish.negative, wish.positive - wish.negative
    made.parts = [
        share(state.next("creditmemo item"), item, item.refunded, many) for item, many in units.items() if many
    ]
    _give_back_delivery(order, made, wish.shipping)
    _check(order, made)
    made.name = state.name_for("creditmemo")
    if wish.note:
        made.comments.append(Comment(state.next("comment"), wish.note, order.status, now))
    _count(order, made)
    if wish.restock:
        _restock(state, order, wish.units)
    for part in made.parts:
        part.item.refunded += part.quantity
    order.memos.append(made)
    state.memos[made.number] = made
    settle(state, order)
    if wish.notify:
        mail(state, made, "refund")
    return made


def _units(order: Order, wanted: Mapping[int, Decimal]) -> dict[Item, Decimal]:
    """Units by row; a parent takes its children with it. Raises Refusal."""
    units: dict[Item, Decimal] = {}
    for item in order.items:
        top = item.parent or item
        units[item] = wanted.get(item.number, wanted.get(top.number, NOTHING) * item.ordered / top.ordered)
        if units[item] > item.invoiced - item.refunded:
            raise _invalid(f'The quantity to creditmemo must not be greater than the unrefunded quantity "{item.sku}".')
    unknown = [number for number in wanted if order.item(number) is None]
    if unknown:
        raise _invalid(f'The creditmemo contains product item "{unknown[0]}" that is not part of the original order.')
    return units


def _give_back_delivery(order: Order, made: CreditMemo, net: Decimal) -> None:
    """A part of the charge, with the same part of its tax and of its discount."""
    if not net:
        return
    delivery = order.delivery
    if delivery is None or net > delivery.taxed.row_total - delivery.refunded:
        left = delivery.taxed.row_total - delivery.refunded if delivery else NOTHING
        raise _invalid(f"Maximum shipping amount allowed to refund is: {left:.2f}")
    taxed = delivery.taxed
    ratio = net / taxed.row_total
    made.shipping, made.shipping_tax = net, pence(taxed.tax * ratio)
    made.shipping_discount = delivery.discount if ratio == 1 else pence(delivery.discount * ratio)
    made.shipping_compensation = pence(taxed.compensation * ratio)


def _check(order: Order, made: CreditMemo) -> None:
    left = order.paid - order.refunded
    if made.total > left:
        raise _invalid(f"The most money available to refund is {left:.2f}.")
    if made.total <= 0 and not made.parts:
        raise _invalid("The credit memo's total must be positive.")


def _invalid(text: str) -> Refusal:
    return Refusal(400, f"Creditmemo Document Validation Error(s):\n{text}")


def _count(order: Order, made: CreditMemo) -> None:
    for part in made.parts:
        part.item.amount_refunded += part.row_total
        part.item.tax_refunded += part.tax
        part.item.discount_refunded += part.discount
    if order.delivery:
        order.delivery.refunded += made.shipping
        order.delivery.tax_refunded += made.shipping_tax


def _restock(state: State, order: Order, units: Mapping[int, Decimal]) -> None:
    """What was sent goes back to the source that sent it; what was not is promised to nobody any more."""
    source = order.shipments[-1].source if order.shipments else state.inventory.default
    for number, many in units.items():
        row = order.item(number)
        assert row is not None  # noqa: S101  `_units` has refused what is not a row
        sent = max(row.shipped - row.refunded, NOTHING) if row.ships else NOTHING
        back = min(many, sent)
        for sku, each in state.units(order, {number: Decimal(1)}).items():
            state.inventory.take_back(sku, each * back, source)
            state.inventory.promise(sku, -each * (many - back))


def delivery_net(order: Order, wanted: Decimal) -> Decimal:
    """The part without tax of a delivery charge that the customer thinks of with tax. Raises ValueError."""
    if not wanted:
        return NOTHING
    if order.delivery is None or not order.delivery.gross:
        raise ValueError(f"order {order.name} has no delivery charge")
    net = order.delivery.taxed.row_total * wanted / order.delivery.gross
    whole = order.delivery.taxed.row_total
    return whole if abs(whole - net) < PENNY else pence(net)
