"""What a proof reads off a shop: plain records, by SKU and in Decimal."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.shopify import figures
from khaossync.sandbox.shopify.fulfilments import Fulfilment, Tracking
from khaossync.sandbox.shopify.ids import gid
from khaossync.sandbox.shopify.orders import Order, Refund
from khaossync.sandbox.shopify.refunds import worth


@dataclass(frozen=True, slots=True)
class LineRecord:
    """One line: what is still bought, and what it costs after discounts."""

    sku: str
    quantity: int
    removed: int
    fulfilled: int
    price: Decimal
    amount: Decimal
    tax: Decimal
    bundle: str | None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One order as it stands. `total` and `tax` are after refunds; `bought_total` is before.

    `rounding` is what paying in cash adds to the total. `company` is the business that buys, `customer_code` what the
    shop keeps as its code in the ERP; both are empty for a person. `on_terms` tells that it is paid later.
    """

    id: str
    name: str
    test: bool
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    financial_status: str
    fulfilment_status: str
    total: Decimal
    tax: Decimal
    shipping: Decimal
    bought_total: Decimal
    refunded: Decimal
    tags: tuple[str, ...]
    lines: tuple[LineRecord, ...]
    rounding: Decimal
    company: str
    customer_code: str
    on_terms: bool

    @property
    def owed(self) -> Decimal:
        """What the customer is to pay for what stands."""
        return self.total + self.rounding


@dataclass(frozen=True, slots=True)
class FulfilmentRecord:
    """One shipment: SKU and units, and its parcels."""

    id: str
    order: str
    location: str
    status: str
    lines: tuple[tuple[str, int], ...]
    tracking: tuple[Tracking, ...]


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """One refund: units per SKU, what they and the delivery are worth with tax, and the money that went back."""

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
    now = figures.current(order)
    told = order.company.told if order.company else None
    return OrderRecord(
        id=gid("Order", order.number),
        name=order.name,
        test=order.test,
        created_at=order.created_at,
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        financial_status=figures.financial_status(order),
        fulfilment_status=figures.fulfilment_status(order),
        total=now.total,
        tax=now.tax,
        shipping=now.shipping,
        bought_total=figures.whole(order).total,
        refunded=figures.refunded(order),
        tags=tuple(order.tags),
        lines=tuple(
            LineRecord(
                sku=line.item.sku,
                quantity=line.current_quantity,
                removed=line.removed,
                fulfilled=line.fulfilled,
                price=line.price,
                amount=line.amount(line.current_quantity),
                tax=line.tax(line.current_quantity),
                bundle=line.group.bundle.sku if line.group else None,
            )
            for line in order.lines
        ),
        rounding=order.rounding,
        company=told.name if told else "",
        customer_code=(told.location_external_id or told.external_id or "") if told else "",
        on_terms=order.net_days is not None,
    )


def fulfilment_record(done: Fulfilment) -> FulfilmentRecord:
    """The plain record of a shipment."""
    return FulfilmentRecord(
        id=gid("Fulfillment", done.number),
        order=done.order.name,
        location=done.location.name,
        status=done.status,
        lines=tuple((each.fulfilment_line.line.item.sku, each.quantity) for each in done.lines),
        tracking=tuple(done.tracking),
    )


def refund_record(given: Refund) -> RefundRecord:
    """The plain record of a refund."""
    return RefundRecord(
        id=gid("Refund", given.number),
        order=given.order.name,
        at=given.created_at,
        amount=given.paid_back,
        value=worth(given),
        lines=tuple((line.line.item.sku, line.quantity) for line in given.lines),
        shipping=sum((each.subtotal for each in given.shipping), Decimal(0)),
        restocked=any(line.restock_type != "NO_RESTOCK" for line in given.lines),
    )
