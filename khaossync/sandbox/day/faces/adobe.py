"""The face of the simulated Adobe Commerce shop."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Unpack

from khaossync.sandbox import adobe
from khaossync.sandbox.adobe.purchase import Terms
from khaossync.sandbox.day.face import Address, Discount, Line, Mail, Order, Paid, Parcel, Purchase, Refund, SoldOut
from khaossync.sandbox.day.range import Product
from khaossync.sandbox.faults import Faults

_PAID = {
    "PENDING": Paid.PENDING,
    "AUTHORIZED": Paid.AUTHORISED,
    "PAID": Paid.PAID,
    "PARTIALLY_REFUNDED": Paid.PARTLY_REFUNDED,
    "REFUNDED": Paid.REFUNDED,
    "VOIDED": Paid.VOID,
}
_STOPPED = ("holded", "payment_review")
"""The states in which nobody may act on an order, however it is paid."""

_ON_ACCOUNT = "purchaseorder"


class AdobeFace:
    """`sell` takes terms that only this platform knows besides; all else of it is to be had of `shop`.

    Open orders have reserved their units at no source; all are counted at the first that keeps the article.
    """

    writes_late = True

    def __init__(self, shop: adobe.AdobeShop) -> None:
        self.shop = shop

    @property
    def places(self) -> Sequence[str]:
        return list(self.shop.state.inventory.sources)

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
        return [Refund(one.id, ids[one.order], one.at, one.amount, one.value) for one in given]

    def shown(self) -> Mapping[tuple[str, str], int]:
        kept = [sku for sku in self.shop.listed() if self.shop.is_counted(sku)]
        return {
            (sku, place): self.shop.on_hand(sku, place) - self._reserved(sku, place)
            for sku in kept
            for place in self._sources(sku)
        }

    def list_product(self, product: Product, stock: Mapping[str, int]) -> None:
        self.shop.list_product(product.sku, product.title, product.price, stock, tax_rate=product.vat)

    def sell(self, purchase: Purchase, **more: Unpack[Terms]) -> str:
        terms = _terms(purchase)
        terms.update(more)
        try:
            return self.shop.place_order(purchase.basket, discounts=list(map(_discount, purchase.discounts)), **terms)
        except adobe.OutOfStock as error:
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
        """The address alone would move no `updated_at`: only a sweep would find it. The note does."""
        self.shop.edit(order, address=_address(address))
        self.shop.comment(order, "Address corrected")

    def label(self, order: str, text: str) -> None:
        self.shop.comment(order, text)

    def staff_sets(self, sku: str, place: str, units: int) -> None:
        self.shop.staff_sets(sku, place, units + self._reserved(sku, place))

    def _sources(self, sku: str) -> list[str]:
        return [place for place in self.places if (sku, place) in self.shop.state.inventory.items]

    def _reserved(self, sku: str, place: str) -> int:
        return self.shop.reserved(sku) if self._sources(sku)[:1] == [place] else 0

    def _ids(self) -> Mapping[str, str]:
        return {one.name: str(number) for number, one in self.shop.state.orders.items()}

    def _mails(self) -> Iterator[Mail]:
        ids, told = self._ids(), set()
        for one in self.shop.mails:
            if one.shipment is not None:
                yield Mail(ids[one.order], one.tracking_numbers, one.shipment in told)
                told.add(one.shipment)

    def _order(self, one: adobe.OrderRecord) -> Order:
        where = self.shop.state.orders[int(one.id)].shipping_address
        return Order(
            id=one.id,
            serial=one.id,
            name=one.name,
            placed_at=one.created_at,
            cancelled_at=one.cancelled_at,
            payment=Paid.PENDING if one.state in _STOPPED else _PAID[one.financial_status],
            owed=one.owed,
            lines=[Line(line.sku, line.quantity, line.amount) for line in one.lines],
            postcode=(where.zip if where else None) or "",
            labels=(one.status, *one.comments),
            on_terms=one.on_terms,
        )


def _terms(bought: Purchase) -> Terms:
    terms = Terms(
        payment={"authorised": "authorized"}.get(bought.payment, bought.payment),
        delivery=bought.delivery,
        customer=adobe.Person(email=bought.email),
        address=_address(bought.address),
        billing=_address(bought.billing) if bought.billing else None,
    )
    if bought.on_account:
        terms["gateway"], terms["payment"], terms["po_number"] = _ON_ACCOUNT, "pending", "PO-1"
    return terms


def _address(told: Address) -> adobe.Address:
    return adobe.Address(address1=told.street, city=told.town, zip=told.postcode)


def _discount(told: Discount) -> adobe.Discount:
    return adobe.Discount(
        told.name,
        told.amount,
        "automatic" if told.automatic else "code",
        shipping=told.shipping,
        sku=told.sku,
        percentage=told.percentage,
    )
