"""Which tax rate an order line has, and by which code the ERP books it."""

from decimal import Decimal

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import ZERO, minor_unit
from khaossync.domain.orders import Order, OrderLine
from khaossync.domain.rules import ChannelRules


def tax_rate(line: OrderLine, order: Order) -> Decimal:
    """The one rate of a line: 0.20 for 20 %, zero when it carries no tax.

    Several taxes on one line (a state's and a city's) become one rate when that rate yields their amounts, to a
    minor unit each. Taxes on parts of the line, or tax upon tax, have no such rate and raise RejectedError
    (UNMAPPED_TAX_RATE).
    """
    rate = sum((tax.rate for tax in line.taxes), ZERO)
    if len(line.taxes) < 2:
        return rate
    amount = sum((tax.amount for tax in line.taxes), ZERO)
    charged = line.unit_price * line.quantity - sum((discount.amount for discount in line.discounts), ZERO)
    net = charged - amount if order.gross else charged
    if abs(net * rate - amount) <= minor_unit(order.currency) * len(line.taxes):
        return rate
    told = " + ".join(f"{percent(tax.rate)} = {tax.amount}" for tax in line.taxes)
    raise RejectedError(
        f"order {order.number}: the taxes of {line.sku or line.title!r} do not add up to one rate",
        CaseClass.UNMAPPED_TAX_RATE,
        evidence={"sku": line.sku, "net": f"{net:f}", "taxes": told},
    )


def tax_code(rate: Decimal, rules: ChannelRules, order: Order) -> int:
    """The ERP's code for a rate; raises RejectedError (UNMAPPED_TAX_RATE) when the channel maps none."""
    if rate in rules.tax_codes:
        return rules.tax_codes[rate]
    raise RejectedError(
        f"order {order.number}: no tax code for {percent(rate)} in [tax_codes] of {rules.channel}",
        CaseClass.UNMAPPED_TAX_RATE,
        evidence={"rate": percent(rate)},
    )


def percent(rate: Decimal) -> str:
    """A rate as people write it: `20 %`, `7.25 %`."""
    return f"{(rate * 100).normalize():f} %"
