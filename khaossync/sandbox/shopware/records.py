"""Plain records for those who look at a shop: money is Decimal, instants are aware."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.shopware.moments import read
from khaossync.sandbox.shopware.refunding import back, money, payment
from khaossync.sandbox.shopware.state import Refund, State
from khaossync.sandbox.shopware.store import Row


@dataclass(frozen=True, slots=True)
class Tracking:
    """One parcel's number; Shopware keeps nothing else of it."""

    number: str


@dataclass(frozen=True, slots=True)
class LineRecord:
    """One line as it stands. `sku` is empty for what has none; `parent` is the line that this one belongs to."""

    id: str
    kind: str
    label: str
    sku: str
    quantity: int
    price: Decimal
    amount: Decimal
    tax: Decimal
    parent: str | None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One order as it stands.

    `total` is after refunds, `tax` as the order tells it; `bought_total` is what it was at the till. The statuses are
    technical names of states: of the newest payment, and of the delivery that is no discount.
    """

    id: str
    name: str
    state: str
    created_at: datetime
    updated_at: datetime | None
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
    company: str

    @property
    def owed(self) -> Decimal:
        """What the customer is to pay for what stands."""
        return self.total


@dataclass(frozen=True, slots=True)
class FulfilmentRecord:
    """A delivery was said to be shipped; of what was in the parcel Shopware knows nothing."""

    id: str
    order: str
    delivery: str
    status: str
    tracking: tuple[Tracking, ...]


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """One refund: units per SKU, what they and the delivery are worth with tax, and the money that went back.

    `source` is capture, return, credit or state: what in the shop tells of it.
    """

    id: str
    order: str
    at: datetime
    amount: Decimal
    value: Decimal
    lines: tuple[tuple[str, int], ...]
    shipping: Decimal
    source: str
    settled: bool


def order_record(state: State, order: Row) -> OrderRecord:
    """The plain record of an order."""
    live, key = state.live, order["id"]
    lines = sorted(live.children("order_line_item", "orderId", key), key=lambda row: row["position"])
    deliveries = sorted(live.children("order_delivery", "orderId", key), key=lambda row: -len(_positions(state, row)))
    given = [told for told in state.refunds.values() if told.order == key]
    off = sum((told.worth for told in given if told.source != "credit" and told.settled), Decimal(0))
    customer = live.get("order_customer", order["orderCustomerId"]) or {}
    return OrderRecord(
        id=key,
        name=order["orderNumber"],
        state=state.state_of(order),
        created_at=read(order["createdAt"]),
        updated_at=read(order["updatedAt"]) if order["updatedAt"] else None,
        cancelled_at=_cancelled_at(state, order),
        financial_status=state.state_of(payment(state, key)),
        fulfilment_status=state.state_of(deliveries[0]) if deliveries else "",
        total=money(order["amountTotal"]) - off,
        tax=sum((money(tax["tax"]) for tax in order["price"]["calculatedTaxes"]), Decimal(0)),
        shipping=money(order["shippingTotal"]),
        bought_total=money(order["boughtTotal"]),
        refunded=back(state, key),
        tags=tuple((live.get("tag", each) or {})["name"] for each in order["tagIds"]),
        lines=tuple(_line_record(row) for row in lines),
        company=customer.get("company") or "",
    )


def _positions(state: State, delivery: Row) -> list[Row]:
    return state.live.children("order_delivery_position", "orderDeliveryId", delivery["id"])


def _cancelled_at(state: State, order: Row) -> datetime | None:
    if state.state_of(order) != "cancelled":
        return None
    told = state.live.children("state_machine_history", "referencedId", order["id"])
    return read(told[-1]["createdAt"])


def _line_record(row: Row) -> LineRecord:
    return LineRecord(
        id=row["id"],
        kind=row["type"],
        label=row["label"],
        sku=row["payload"].get("productNumber", ""),
        quantity=row["quantity"],
        price=money(row["unitPrice"]),
        amount=money(row["totalPrice"]),
        tax=sum((money(tax["tax"]) for tax in row["price"]["calculatedTaxes"]), Decimal(0)),
        parent=row["parentId"],
    )


def fulfilment_records(state: State) -> list[FulfilmentRecord]:
    """Every shipment with the codes that came with it; later ones are counted to the delivery's last."""
    told = []
    last = {done.delivery: done for done in state.shipments}
    known: dict[str, set[str]] = {key: set() for key in last}
    for done in state.shipments:
        delivery = state.live.get("order_delivery", done.delivery) or {}
        codes = delivery["trackingCodes"] if done is last[done.delivery] else done.codes
        order = state.live.get("order", delivery["orderId"]) or {}
        tracking = tuple(Tracking(code) for code in codes if code not in known[done.delivery])
        known[done.delivery].update(done.codes)
        told.append(FulfilmentRecord(done.number, order["orderNumber"], done.delivery, done.state, tracking))
    return told


def refund_record(state: State, given: Refund) -> RefundRecord:
    """The plain record of a refund."""
    return RefundRecord(
        id=given.number,
        order=(state.live.get("order", given.order) or {})["orderNumber"],
        at=given.at,
        amount=given.amount,
        value=given.worth,
        lines=given.lines,
        shipping=given.shipping,
        source=given.source,
        settled=given.settled,
    )
