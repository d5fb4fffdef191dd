"""The face of the simulated Shopware shop."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Unpack

from khaossync.sandbox import shopware
from khaossync.sandbox.day.face import (
    NOTHING,
    Address,
    Discount,
    Line,
    Mail,
    Order,
    Paid,
    Parcel,
    Purchase,
    Refund,
    SoldOut,
)
from khaossync.sandbox.day.range import Product
from khaossync.sandbox.faults import Faults
from khaossync.sandbox.shopware.ids import named
from khaossync.sandbox.shopware.purchase import Terms
from khaossync.sandbox.shopware.refunding import money, payment

PLACE = "shop"
"""The one place: a product has one stock."""

ON_ACCOUNT = "payment_invoice"
"""The technical name of the way to pay later."""

_PAID = {
    "authorized": Paid.AUTHORISED,
    "paid": Paid.PAID,
    "refunded_partially": Paid.PARTLY_REFUNDED,
    "refunded": Paid.REFUNDED,
    "cancelled": Paid.VOID,
}


class ShopwareFace:
    """`sell` takes terms that only this platform knows besides; all else of it is to be had of `shop`.

    The platform writes no mail of a number that comes later, and each mail of an order repeats the numbers of those
    before it. A refund changes an order's own figures only where staff typed it as a credit.
    """

    writes_late = False

    def __init__(self, shop: shopware.ShopwareShop) -> None:
        self.shop = shop

    @property
    def places(self) -> Sequence[str]:
        return [PLACE]

    @property
    def faults(self) -> Faults:
        return self.shop.faults

    def orders(self) -> Sequence[Order]:
        return [self._order(one) for one in self.shop.orders()]

    def parcels(self, order: str = "") -> Sequence[Parcel]:
        ids = self._ids()
        made = self.shop.fulfilments(order or None)
        return [Parcel(ids[done.order], [one.number for one in done.tracking]) for done in made]

    def mails(self) -> Sequence[Mail]:
        return list(self._mails())

    def refunds(self, order: str = "") -> Sequence[Refund]:
        ids = self._ids()
        given = self.shop.refunds(order or None)
        return [
            Refund(one.id, ids[one.order], one.at, one.amount, one.amount if one.source == "credit" else NOTHING)
            for one in given
        ]

    def shown(self) -> Mapping[tuple[str, str], int]:
        listed = [row["productNumber"] for row in self.shop.state.live.rows("product")]
        return {(sku, PLACE): self.shop.available(sku) for sku in listed}

    def list_product(self, product: Product, stock: Mapping[str, int]) -> None:
        units = sum(stock.values())
        self.shop.list_product(product.sku, product.title, product.price, units, tax_rate=product.vat)

    def sell(self, purchase: Purchase, **more: Unpack[Terms]) -> str:
        terms = _terms(purchase)
        terms.update(more)
        try:
            return self.shop.place_order(purchase.basket, discounts=list(map(_discount, purchase.discounts)), **terms)
        except shopware.OutOfStock as error:
            raise SoldOut(str(error)) from error

    def pay(self, order: str) -> None:
        self.shop.pay(order)

    def capture(self, order: str) -> None:
        self.shop.capture(order)

    def cancel(self, order: str) -> None:
        self.shop.cancel(order)

    def refund(self, order: str, lines: Mapping[str, int] | None = None, *, amount: Decimal | None = None) -> None:
        self.shop.refund(order, lines, amount=amount)

    def move(self, order: str, address: Address) -> None:
        self.shop.edit(order, address=_address(address))

    def label(self, order: str, text: str) -> None:
        self.shop.tag(order, text)

    def staff_sets(self, sku: str, place: str, units: int) -> None:  # noqa: ARG002  there is but one
        self.shop.staff_sets(sku, units)

    def _ids(self) -> Mapping[str, str]:
        return {row["orderNumber"]: row["id"] for row in self.shop.state.live.rows("order")}

    def _mails(self) -> Iterator[Mail]:
        ids, told = self._ids(), defaultdict[str, set[str]](set)
        for one in self.shop.mails:
            if one.kind == "shipping_confirmation":
                yield Mail(ids[one.order], [each for each in one.tracking_numbers if each not in told[one.order]])
                told[one.order].update(one.tracking_numbers)

    def _order(self, one: shopware.OrderRecord) -> Order:
        live = self.shop.state.live
        kept = live.get("order", one.id) or {}
        delivery = live.get("order_delivery", self.shop.delivery(one.id)) or {}
        where = live.get("order_address", delivery["shippingOrderAddressId"]) or {}
        return Order(
            id=one.id,
            serial=str(kept["autoIncrement"]),
            name=one.name,
            placed_at=one.created_at,
            cancelled_at=one.cancelled_at,
            payment=_PAID.get(one.financial_status, Paid.PENDING),
            owed=money(kept["amountTotal"]),
            lines=[Line(line.sku, line.quantity, line.amount) for line in one.lines if line.sku],
            postcode=where.get("zipcode") or "",
            labels=one.tags,
            on_terms=payment(self.shop.state, one.id)["paymentMethodId"] == named("payment", ON_ACCOUNT),
        )


def _terms(bought: Purchase) -> Terms:
    terms = Terms(
        payment={"authorised": "authorized"}.get(bought.payment, bought.payment),
        delivery=bought.delivery,
        customer=shopware.Person(email=bought.email),
        address=_address(bought.address),
        billing=_address(bought.billing) if bought.billing else None,
    )
    if bought.on_account:
        terms["gateway"], terms["payment"] = ON_ACCOUNT, "pending"
    return terms


def _address(told: Address) -> shopware.Address:
    return shopware.Address(address1=told.street, city=told.town, zip=told.postcode)


def _discount(told: Discount) -> shopware.Discount:
    kind = "automatic" if told.automatic else "code"
    return shopware.Discount(told.name, told.amount, kind, told.shipping, told.sku, told.percentage)
