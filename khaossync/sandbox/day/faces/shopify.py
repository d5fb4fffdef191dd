"""The face of the simulated Shopify shop."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Unpack

from khaossync.sandbox import shopify
from khaossync.sandbox.day.face import Address, Discount, Line, Mail, Order, Paid, Parcel, Purchase, Refund, SoldOut
from khaossync.sandbox.day.range import COMPANIES, ON_ACCOUNT, TERMS, Product
from khaossync.sandbox.faults import Faults
from khaossync.sandbox.shopify.ids import gid
from khaossync.sandbox.shopify.purchase import Terms

_PAID = {
    "PENDING": Paid.PENDING,
    "AUTHORIZED": Paid.AUTHORISED,
    "PAID": Paid.PAID,
    "PARTIALLY_REFUNDED": Paid.PARTLY_REFUNDED,
    "REFUNDED": Paid.REFUNDED,
    "VOIDED": Paid.VOID,
}
_TOLD, _TOLD_AGAIN = "shipping_confirmation", "shipping_update"


class ShopifyFace:
    """`sell` takes terms that only this platform knows besides; all else of it is to be had of `shop`."""

    writes_late = True

    def __init__(self, shop: shopify.ShopifyShop) -> None:
        self.shop = shop

    @property
    def places(self) -> Sequence[str]:
        return [place.name for place in self.shop.state.catalogue.locations.values()]

    @property
    def faults(self) -> Faults:
        return self.shop.faults

    def orders(self) -> Sequence[Order]:
        return [self._order(one) for one in self.shop.orders()]

    def parcels(self, order: str = "") -> Sequence[Parcel]:
        made = self.shop.fulfilments(order or None)
        return [Parcel(self._id(done.order), [one.number or "" for one in done.tracking]) for done in made]

    def mails(self) -> Sequence[Mail]:
        told = (one for one in self.shop.mails if one.kind in (_TOLD, _TOLD_AGAIN))
        return [Mail(self._id(one.order), one.tracking_numbers, one.kind == _TOLD_AGAIN) for one in told]

    def refunds(self, order: str = "") -> Sequence[Refund]:
        given = self.shop.refunds(order or None)
        return [Refund(one.id, self._id(one.order), one.at, one.amount, one.value) for one in given]

    def shown(self) -> Mapping[tuple[str, str], int]:
        catalogue = self.shop.state.catalogue
        names = {place.number: place.name for place in catalogue.locations.values()}
        counted = (item for item in catalogue.items if not item.bundle_of and not item.gift_card)
        kept = ((item.sku, names[number]) for item in counted for number in item.levels)
        return {(sku, place): self.shop.available(sku, place) for sku, place in kept}

    def list_product(self, product: Product, stock: Mapping[str, int]) -> None:
        self.shop.list_product(
            product.sku, product.title, product.price, stock, tax_rate=product.vat, gift_card=product.gift_card
        )

    def sell(self, purchase: Purchase, **more: Unpack[Terms]) -> str:
        terms = _terms(purchase)
        terms.update(more)
        try:
            return self.shop.place_order(purchase.basket, discounts=list(map(_discount, purchase.discounts)), **terms)
        except shopify.OutOfStock as error:
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
        self.shop.edit(order, address=shown(address))

    def label(self, order: str, text: str) -> None:
        self.shop.tag(order, text)

    def staff_sets(self, sku: str, place: str, units: int) -> None:
        self.shop.staff_sets(sku, place, units)

    def _id(self, name: str) -> str:
        return gid("Order", self.shop.state.by_name[name].number)

    def _order(self, one: shopify.OrderRecord) -> Order:
        serial = one.id.rpartition("/")[2]
        where = self.shop.state.orders[int(serial)].shipping_address
        return Order(
            id=one.id,
            serial=serial,
            name=one.name,
            placed_at=one.created_at,
            cancelled_at=one.cancelled_at,
            payment=_PAID.get(one.financial_status, Paid.PENDING),
            owed=one.owed,
            lines=[Line(line.sku, line.quantity, line.amount) for line in one.lines],
            postcode=(where.zip if where else None) or "",
            labels=one.tags,
            test=one.test,
            on_terms=one.on_terms,
            company=one.company,
            customer_code=one.customer_code,
        )


def _terms(bought: Purchase) -> Terms:
    terms = Terms(
        payment={"authorised": "authorized"}.get(bought.payment, bought.payment),
        delivery=bought.delivery,
        customer=shopify.Person(email=bought.email),
        address=shown(bought.address),
        billing=shown(bought.billing) if bought.billing else None,
    )
    if bought.on_account:
        terms["company"] = shopify.Company(COMPANIES[ON_ACCOUNT], ON_ACCOUNT, net_days=TERMS)
        terms["payment"] = "pending"
    return terms


def shown(told: Address) -> shopify.Address:
    """An address as this shop has it."""
    return shopify.Address(address1=told.street, city=told.town, zip=told.postcode)


def _discount(told: Discount) -> shopify.Discount:
    kind = "automatic" if told.automatic else "code"
    return shopify.Discount(told.name, told.amount, kind, told.shipping, told.sku, told.percentage)
