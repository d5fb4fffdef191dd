"""What lines and deliveries come to, rate by rate, and how discounts lie on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from khaossync.channels.shopware.fields import MalformedError, Node
from khaossync.domain.money import ZERO, share
from khaossync.domain.orders import Discount, Tax

Rates = dict[Decimal, Decimal]
"""Tax rate (0.20) → an amount."""


@dataclass(slots=True)
class Charge:
    """The price of a line or of a delivery, and what lies on it; discounts and taxes may still be laid on it."""

    price: Decimal
    taxes: Rates
    discounts: list[Discount] = field(default_factory=list)

    @property
    def left(self) -> Decimal:
        """The price less its discounts."""
        return self.price - sum((one.amount for one in self.discounts), ZERO)

    @property
    def told_discounts(self) -> tuple[Discount, ...]:
        """The discounts that take something off."""
        return tuple(one for one in self.discounts if one.amount)

    @property
    def told_taxes(self) -> tuple[Tax, ...]:
        """One of nothing is kept, for its rate says which tax code the line has."""
        return tuple(Tax(rate, amount) for rate, amount in self.taxes.items())


@dataclass(frozen=True, slots=True)
class Portion:
    """The part of a discount that lies on one tax rate; both amounts are positive."""

    name: str
    rate: Decimal
    amount: Decimal
    tax: Decimal


def taxes(price: Node, digits: int) -> Rates:
    """The tax of each rate in a calculated price."""
    found: Rates = {}
    for each in price.items("calculatedTaxes"):
        rate = rate_of(each)
        found[rate] = found.get(rate, ZERO) + each.amount("tax", digits)
    return found


def rate_of(tax: Node) -> Decimal:
    """A rate as we write it: 0.20 where Shopware says 20."""
    percent = tax.number("taxRate")
    if not 0 <= percent <= 100:
        raise MalformedError(f"{tax.path}.taxRate is {percent}, which is no rate of tax")
    return (percent / 100).normalize() + 0


def portions(name: str, price: Node, currency: str, digits: int) -> list[Portion]:
    """A negative price cut up by the rates that it spreads over, exact to its total.

    The parts are not rounded by Shopware and may miss the total by a penny. Without any rate it is one part of none.
    """
    total = -price.amount("totalPrice", digits)
    rated = taxes(price, digits)
    weights: Rates = dict.fromkeys(rated, ZERO)
    for each in price.items("calculatedTaxes"):
        weights[rate_of(each)] += abs(each.number("price"))
    if not weights:
        return [Portion(name, ZERO, total, ZERO)]
    parts = share(total, list(weights.values()), currency)
    return [Portion(name, rate, part, -rated[rate]) for rate, part in zip(weights, parts, strict=True)]


def lay(portion: Portion, charges: Sequence[Charge], currency: str) -> Portion | None:
    """Spread a discount over the charges of its rate, by what is left of them.

    What no charge can carry is given back whole: there is nothing of that rate.
    """
    bearing = [charge for charge in charges if set(charge.taxes or {ZERO: ZERO}) == {portion.rate} and charge.left > 0]
    if not bearing:
        return portion
    weights = [charge.left for charge in bearing]
    amounts, taken = share(portion.amount, weights, currency), share(portion.tax, weights, currency)
    for charge, amount, tax in zip(bearing, amounts, taken, strict=True):
        charge.discounts.append(Discount(portion.name, amount))
        if charge.taxes or tax:
            charge.taxes[portion.rate] = charge.taxes.get(portion.rate, ZERO) - tax
    return None


def settle(charges: Sequence[Charge], told: Rates, penny: Decimal) -> None:
    """Move pennies of tax until the charges of each rate add up to the order's tax of that rate.

    Shopware either adds up the tax of lines or reckons it from the order's total, by the shop's choice, and each way
    misses the other by pennies. More than a penny for each charge is no rounding, and is left for a person.
    """
    for rate, amount in told.items():
        bearing = sorted((one for one in charges if rate in one.taxes), key=lambda one: -abs(one.taxes[rate]))
        missing = amount - sum((one.taxes[rate] for one in bearing), ZERO)
        if missing % penny or abs(missing) > penny * len(bearing):
            continue
        for charge in bearing[: int(abs(missing) / penny)]:
            charge.taxes[rate] += penny if missing > 0 else -penny


def untaxed(charges: Sequence[Charge], told: Rates, currency: str) -> None:
    """Tax that the order tells as a whole and its lines do not: of one rate it is clear where it belongs."""
    bearing = [charge for charge in charges if not charge.taxes]
    if len(told) != 1 or not bearing:
        return
    ((rate, amount),) = told.items()
    missing = amount - sum((charge.taxes.get(rate, ZERO) for charge in charges), ZERO)
    weights = [max(charge.left, ZERO) for charge in bearing]
    for charge, part in zip(bearing, share(missing, weights, currency), strict=True):
        charge.taxes[rate] = part
