"""The server's own arithmetic: half up, two decimals, per line, from a gross or a net price."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PENNY = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Totals:
    """Net, tax and gross of a line, a charge or an order."""

    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    gross: Decimal = Decimal(0)

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(self.net + other.net, self.tax + other.tax, self.gross + other.gross)


def rounded(amount: Decimal) -> Decimal:
    """To the penny, half up."""
    return amount.quantize(PENNY, ROUND_HALF_UP)


def from_gross(price: Decimal, quantity: Decimal, discount: Decimal, rate: Decimal) -> Totals:
    """A line priced with tax; `discount` is a percentage, `rate` a fraction."""
    gross = _charged(price, quantity, discount)
    net = rounded(gross / (1 + rate))
    return Totals(net, gross - net, gross)


def from_net(price: Decimal, quantity: Decimal, discount: Decimal, rate: Decimal) -> Totals:
    """A line priced without tax; `discount` is a percentage, `rate` a fraction."""
    net = _charged(price, quantity, discount)
    tax = rounded(net * rate)
    return Totals(net, tax, net + tax)


def _charged(price: Decimal, quantity: Decimal, discount: Decimal) -> Decimal:
    return rounded(price * quantity) - rounded(price * quantity * discount / 100)
