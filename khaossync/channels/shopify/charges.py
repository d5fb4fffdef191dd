"""Lines and deliveries as they stand now: what was taken off them, and their own and foreign taxes."""

from dataclasses import dataclass, field
from decimal import Decimal

from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.portions import Portion, portion
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Delivery, Discount, OrderLine, Tax

MARKETPLACE_TAX = "marketplace_tax"
"""Tax that the sales channel pays to the authorities itself (`channelLiable`); it never is the merchant's VAT."""


@dataclass(slots=True)
class Charge:
    """The price of a line's units or of a delivery, with what belongs to it; portions may still be settled."""

    price: Decimal
    discounts: list[tuple[str, Portion]] = field(default_factory=list)
    taxes: list[tuple[Decimal, Portion]] = field(default_factory=list)
    foreign: list[Portion] = field(default_factory=list)

    @property
    def foreign_tax(self) -> Decimal:
        """The tax that is not ours to pay."""
        return sum((each.amount for each in self.foreign), ZERO)

    def told_discounts(self, gross: bool) -> tuple[Discount, ...]:
        """The discounts; a foreign tax inside a price is taken out of it here and told as an extra."""
        found = [Discount(name, part.amount) for name, part in self.discounts if part.amount]
        if gross and self.foreign_tax:
            found.append(Discount(MARKETPLACE_TAX, self.foreign_tax))
        return tuple(found)

    def told_taxes(self) -> tuple[Tax, ...]:
        """Our own taxes; one of nothing is kept, for its rate says which tax code the line has."""
        return tuple(Tax(rate, part.amount) for rate, part in self.taxes)


@dataclass(frozen=True, slots=True)
class Line:
    """An order line while its money is being settled."""

    node: Node
    current: int
    ordered: int
    unit_price: Decimal
    charge: Charge

    def told(self, gross: bool) -> OrderLine:
        """The line in the words of all channels."""
        return OrderLine(
            line_id=self.node.text("id"),
            sku=self.node.text_or("sku").strip(),
            title=self.node.text_or("name"),
            quantity=self.current,
            ordered=self.ordered,
            unit_price=self.unit_price,
            discounts=self.charge.told_discounts(gross),
            taxes=self.charge.told_taxes(),
            gift_card=self.node.flag("isGiftCard", False),
        )


@dataclass(frozen=True, slots=True)
class Shipping:
    """A delivery while its money is being settled; `method` is its title, by which people know it."""

    method: str
    charge: Charge

    def told(self, gross: bool) -> Delivery:
        """The delivery in the words of all channels."""
        return Delivery(self.method, self.charge.price, self.charge.told_discounts(gross), self.charge.told_taxes())


def read_line(node: Node, refunded: int, currency: str) -> Line:
    """A line at its current quantity.

    Shopify's `quantity`, allocations and tax lines include units that were removed or refunded
    (https://shopify.dev/docs/api/admin-graphql/latest/objects/LineItem); `ordered` leaves out the removed ones.
    """
    whole, current = node.integer("quantity"), node.integer("currentQuantity")
    if not 0 <= current <= whole:
        raise MalformedError(f"{node.path} has {current} units left of {whole}")
    price = node.money("originalUnitPriceSet", currency)
    charge = _charge(node, price * current, Decimal(current), Decimal(whole), currency)
    return Line(node, current, min(whole, current + refunded), price, charge)


def read_shipping(node: Node, currency: str) -> Shipping:
    """A delivery at what is left of it.

    Untouched, it keeps its price and its discounts; once a part was refunded only what remains is told.
    """
    before = node.money("discountedPriceSet", currency)
    now = node.money("currentDiscountedPriceSet", currency)
    touched = now != before
    price = now if touched else node.money("originalPriceSet", currency)
    charge = _charge(node, price, now if touched else before, before, currency)
    if touched:
        charge.discounts.clear()
    return Shipping(node.text_or("title").strip() or node.text_or("code").strip(), charge)


def _charge(node: Node, price: Decimal, kept: Decimal, whole: Decimal, currency: str) -> Charge:
    charge = Charge(price)
    for entry in node.items("discountAllocations"):
        amount = entry.money("allocatedAmountSet", currency)
        charge.discounts.append((_name(entry), portion(amount, kept, whole, currency)))
    for tax in node.items("taxLines"):
        part = portion(tax.money("priceSet", currency), kept, whole, currency)
        if tax.flag("channelLiable", False):
            charge.foreign.append(part)
        else:
            charge.taxes.append((_rate(tax), part))
    return charge


def _name(allocation: Node) -> str:
    """The code or the title; a kind of discount that we do not know still takes its money off."""
    application = allocation.node_or_none("discountApplication")
    return application.text_or("code") or application.text_or("title") or "discount" if application else "discount"


def _rate(tax: Node) -> Decimal:
    rate = ZERO if tax.value.get("rate") is None else tax.number("rate")
    if not 0 <= rate < 10:
        raise MalformedError(f"{tax.path}.rate is {rate}, which is no rate of tax")
    return rate
