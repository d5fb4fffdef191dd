"""How an order is paid, and into what state that puts it."""

from collections.abc import Mapping
from decimal import Decimal

from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.money import NOTHING, part
from khaossync.sandbox.adobe.orders import ENDED, Item, Order
from khaossync.sandbox.adobe.papers import Bill, Invoice, Part
from khaossync.sandbox.adobe.purchase import Purchase
from khaossync.sandbox.adobe.state import Mail, State

_OPENING = {"pending": ("new", "pending"), "pending_payment": ("pending_payment", "pending_payment")}


def open_payment(state: State, order: Order, bought: Purchase) -> None:
    """Begin: with money, with a promise of it, or with neither; a suspicious payment is reviewed first."""
    order.state, order.status = _OPENING.get(bought.payment, ("processing", "processing"))
    if bought.payment == "authorized":
        order.authorised = order.grand_total
    if bought.risk != "ACCEPT":
        status = "fraud" if bought.risk == "CANCEL" else "payment_review"
        order.captured_later = bought.payment == "paid"
        order.state, order.status = "payment_review", status
    elif bought.payment == "paid":
        invoice(state, order)


def invoice(state: State, order: Order, wanted: Mapping[int, Decimal] | None = None, *, paid: bool = True) -> Invoice:
    """Bill units of rows (by id), or all that is left. Raises Refusal."""
    if order.state in ("payment_review", "holded", *ENDED) or not any(item.to_invoice > 0 for item in order.items):
        raise Refusal(400, "Invoice Document Validation Error(s):\nThe order does not allow an invoice to be created.")
    units = _billed(order, wanted)
    now, first = state.now(), not order.invoices
    made = Invoice(state.next("invoice"), state.name_for("invoice"), order, now, now, state=2 if paid else 1)
    made.parts = [share(state.next("invoice item"), item, item.invoiced, many) for item, many in units.items() if many]
    if order.delivery and first:
        taxed = order.delivery.taxed
        made.shipping, made.shipping_tax = taxed.row_total, taxed.tax
        made.shipping_discount, made.shipping_compensation = order.delivery.discount, taxed.compensation
    if first:
        made.extra = sum((fee for _, fee in order.fees), NOTHING) - order.gift_card - order.store_credit
    for item, many in units.items():
        item.invoiced += many
    order.invoices.append(made)
    state.invoices[made.number] = made
    if order.state in ("new", "pending_payment"):
        order.state, order.status = "processing", "processing"
    settle(state, order)
    return made


def _billed(order: Order, wanted: Mapping[int, Decimal] | None) -> dict[Item, Decimal]:
    """Units by row; a parent takes its children with it. Raises Refusal."""
    units: dict[Item, Decimal] = {}
    for item in order.items:
        top = item.parent or item
        ratio = item.ordered / top.ordered
        asked = top.to_invoice if wanted is None else wanted.get(top.number, NOTHING)
        units[item] = asked * ratio
        if units[item] > item.to_invoice:
            text = f"The quantity to invoice must not be greater than the uninvoiced quantity for product {item.sku}."
            raise Refusal(400, f"Invoice Document Validation Error(s):\n{text}")
    if not any(units.values()):
        raise Refusal(400, "Invoice Document Validation Error(s):\nThe invoice can't be created without products.")
    return units


def share(number: int, item: Item, done: Decimal, units: Decimal) -> Part:
    """The part of a row's money that units of it carry, under its id, when `done` units have had theirs."""
    taxed, whole = item.taxed, item.ordered
    return Part(
        number,
        item,
        units,
        row_total=part(taxed.row_total, done, units, whole),
        tax=part(taxed.tax, done, units, whole),
        discount=part(item.discount, done, units, whole),
        compensation=part(taxed.compensation, done, units, whole),
    )


def capture(state: State, made: Invoice) -> None:
    """Take the money of an open invoice. Raises Refusal."""
    if made.state != 1:
        raise Refusal(400, "The invoice cannot be captured.")
    made.state, made.updated_at = 2, state.now()
    settle(state, made.order)


def review(state: State, order: Order, *, accept: bool) -> None:
    """The payment is accepted, or not. Raises ValueError when it is not under review."""
    if order.state != "payment_review":
        raise ValueError(f"the payment of order {order.name} is not under review")
    order.state, order.status = "processing", "processing"
    if not accept:
        end(state, order)
    elif order.captured_later:
        invoice(state, order)
    state.touch(order)


def end(state: State, order: Order) -> None:
    """Cancel all that is neither paid nor sent, and let go of its stock."""
    open_rows = {item.number: _cancellable(item) for item in order.items if item.parent is None}
    for sku, units in state.units(order, open_rows).items():
        state.inventory.promise(sku, -units)
    for item in order.items:
        item.cancelled += _cancellable(item)
    order.state = order.status = "canceled"
    if order.invoices:
        order.state = order.status = "processing"
        settle(state, order)
    else:
        order.cancelled_at = state.now()
    state.touch(order)


def _cancellable(item: Item) -> Decimal:
    return max(item.ordered - max(item.invoiced, item.shipped) - item.cancelled, NOTHING)


def settle(state: State, order: Order) -> None:
    """Work out the state: complete when all is paid and sent, closed when all was given back."""
    unpaid = any(item.to_invoice > 0 for item in order.items)
    unsent = any(item.to_ship > 0 for item in order.items)
    returned = order.memos and order.refunded >= order.paid
    if returned and not unpaid and not unsent:
        order.state = order.status = "closed"
    elif order.state in ("processing", "complete") and not unpaid and not unsent:
        order.state = order.status = "complete"
    state.touch(order)


def mail(state: State, bill: Bill, kind: str) -> None:
    """Write to the customer of a bill."""
    bill.mailed = True
    state.mails.append(Mail(bill.order.name, bill.order.email, kind))
