"""What tests and laws may know of a shop: plain records, as they were when asked for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.adobe.money import NOTHING, part
from khaossync.sandbox.adobe.orders import Item, Order
from khaossync.sandbox.adobe.papers import CreditMemo, Shipment


@dataclass(frozen=True, slots=True)
class Tracking:
    """One parcel's number, with the courier's title and code."""

    company: str
    number: str
    carrier_code: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class LineRecord:
    """One article of an order: what is still bought, and what it costs with tax after discounts.

    A configurable is its child. A bundle with a dynamic price is its parts; one with a fixed price has a line of its
    own with the money, and its parts cost nothing; `bundle` is then the bundle's SKU. `row` is the order item's id.
    """

    sku: str
    quantity: int
    removed: int
    fulfilled: int
    price: Decimal
    amount: Decimal
    tax: Decimal
    bundle: str | None
    row: int
    shown_sku: str
    virtual: bool


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One order as it stands.

    `total` and `tax` are without what was cancelled or given back, `bought_total` is with it. An adjustment changes
    neither, for it is nothing that was bought; `refunded` is the money that went back. They tell what was bought,
    whatever paid for it; `grand_total` is what Magento says, less gift cards and credit. `financial_status` is
    PENDING, AUTHORIZED, PAID, PARTIALLY_REFUNDED, REFUNDED or VOIDED, as it is with other shops; `state` and `status`
    are the platform's. `child` is the order (its id) that an edit has made of this one, `parent` the one before.
    """

    id: str
    name: str
    test: bool
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    financial_status: str
    fulfilment_status: str
    state: str
    status: str
    total: Decimal
    tax: Decimal
    shipping: Decimal
    bought_total: Decimal
    grand_total: Decimal
    refunded: Decimal
    tags: tuple[str, ...]
    lines: tuple[LineRecord, ...]
    rounding: Decimal
    company: str
    customer_code: str
    on_terms: bool
    comments: tuple[str, ...]
    parent: str | None
    child: str | None

    @property
    def owed(self) -> Decimal:
        """What the customer is to pay for what stands."""
        return self.total


@dataclass(frozen=True, slots=True)
class FulfilmentRecord:
    """One shipment: SKU and units of what was sent, and its parcels. `location` is the source's code."""

    id: str
    order: str
    location: str
    status: str
    lines: tuple[tuple[str, int], ...]
    tracking: tuple[Tracking, ...]


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """One credit memo: units per SKU, what they and the delivery are worth with tax, and the money that went back."""

    id: str
    order: str
    at: datetime
    amount: Decimal
    value: Decimal
    lines: tuple[tuple[str, int], ...]
    shipping: Decimal
    restocked: bool


def order_record(order: Order) -> OrderRecord:
    """The plain record of an order."""
    return OrderRecord(
        id=str(order.number),
        name=order.name,
        test=False,
        created_at=order.created_at,
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        financial_status=_financial(order),
        fulfilment_status=_fulfilment(order),
        state=order.state,
        status=order.status,
        total=order.worth - _gone(order),
        tax=order.tax - sum((memo.tax for memo in order.memos), NOTHING) - _cancelled_tax(order),
        shipping=order.delivery.gross if order.delivery else NOTHING,
        bought_total=order.worth,
        grand_total=order.grand_total,
        refunded=order.refunded,
        tags=(),
        lines=tuple(_line(item) for item in order.items if _is_line(item)),
        rounding=NOTHING,
        company=(order.billing_address.company or "") if order.billing_address else "",
        customer_code="",
        on_terms=order.method in ("purchaseorder", "companycredit"),
        comments=tuple(note.text for note in order.comments),
        parent=str(order.parent.number) if order.parent else None,
        child=str(order.child.number) if order.child else None,
    )


def _gone(order: Order) -> Decimal:
    """What is bought no more, with its tax: rows and delivery that were cancelled or given back."""
    if order.state == "canceled":
        return order.worth
    cancelled = sum((part(item.gross, NOTHING, item.cancelled, item.ordered) for item in order.counted), NOTHING)
    return cancelled + sum((memo.total - memo.extra for memo in order.memos), NOTHING)


def _cancelled_tax(order: Order) -> Decimal:
    if order.state == "canceled":
        return order.tax
    rows = order.counted
    return sum((part(item.taxed.tax, NOTHING, item.cancelled, item.ordered) for item in rows), NOTHING)


def _is_line(item: Item) -> bool:
    """A configurable's parent has no line: its child has one, with the parent's money."""
    return item.is_leaf or (item.type == "bundle" and not item.hollow)


def _line(item: Item) -> LineRecord:
    parent = item.parent
    payer = parent if parent is not None and parent.type == "configurable" else item
    gone = item.cancelled + item.refunded
    left = item.ordered - gone
    return LineRecord(
        sku=item.product.sku,
        quantity=int(left),
        removed=int(gone),
        fulfilled=int(payer.shipped),
        price=payer.taxed.price_incl_tax,
        amount=part(payer.gross, NOTHING, left, item.ordered),
        tax=part(payer.taxed.tax, NOTHING, left, item.ordered),
        bundle=parent.product.sku if parent is not None and parent.type == "bundle" else None,
        row=payer.number,
        shown_sku=payer.sku,
        virtual=item.product.is_virtual,
    )


def _financial(order: Order) -> str:
    if order.state == "canceled":
        return "VOIDED"
    if order.refunded:
        return "REFUNDED" if order.refunded >= order.paid else "PARTIALLY_REFUNDED"
    if order.paid or (order.invoices and not order.grand_total):
        return "PAID"
    return "AUTHORIZED" if order.authorised else "PENDING"


def _fulfilment(order: Order) -> str:
    if not order.shipments:
        return "UNFULFILLED"
    return "PARTIALLY_FULFILLED" if any(item.to_ship > 0 for item in order.items) else "FULFILLED"


def fulfilment_record(done: Shipment) -> FulfilmentRecord:
    """The plain record of a shipment."""
    lines = [
        (leaf.product.sku, int(part.quantity * leaf.ordered / part.item.ordered))
        for part in done.parts
        for leaf in done.order.leaves(part.item)
    ]
    tracking = tuple(Tracking(each.title, each.track_number, each.carrier_code) for each in done.tracks)
    return FulfilmentRecord(str(done.number), done.order.name, done.source, "SUCCESS", tuple(lines), tracking)


def refund_record(given: CreditMemo) -> RefundRecord:
    """The plain record of a credit memo."""
    rows = [(part.item.product.sku, int(part.quantity)) for part in given.parts if _is_line(part.item)]
    shipping = given.shipping - given.shipping_discount + given.shipping_compensation + given.shipping_tax
    return RefundRecord(
        id=str(given.number),
        order=given.order.name,
        at=given.created_at,
        amount=given.total,
        value=given.total - given.positive + given.negative,
        lines=tuple(rows),
        shipping=shipping,
        restocked=given.restocked,
    )
