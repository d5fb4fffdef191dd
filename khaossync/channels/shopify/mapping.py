"""A whole order of the Admin API as an Order: its money at what the customer owes now, to the penny."""

from collections.abc import Sequence
from decimal import Decimal

from khaossync.channels.shopify.buyer import address, company, customer, on_terms, risk
from khaossync.channels.shopify.charges import (
    MARKETPLACE_TAX,
    Charge,
    Line,
    read_line,
    read_shipping,
)
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.payments import payment_state, payments
from khaossync.channels.shopify.portions import settle
from khaossync.channels.shopify.refund_mapping import refunded_units
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Extra, Order

TIP, DUTIES, FEES, ROUNDING = "tip", "duties", "additional_fees", "cash_rounding"
"""The names of extras, as the channel's money codes map them (besides `marketplace_tax`)."""


def read_order(node: Node, channel: str) -> Order:
    """The order, in shop money throughout. Raises MalformedError for a field that is missing or wrong.

    `total` is currentTotalPriceSet plus cash rounding, which Shopify keeps beside its total; `tax` is
    currentTotalTaxSet less what the sales channel pays itself. Bundles need nothing: Shopify tells their
    components as lines (https://shopify.dev/docs/apps/build/product-merchandising/bundles).
    """
    currency, gross = node.currency("currencyCode"), node.flag("taxesIncluded")
    refunds = node.items("refunds")
    units = refunded_units(refunds)
    lines = [read_line(line, units.get(line.text("id"), 0), currency) for line in node.nodes("lineItems")]
    tip = node.money_or_zero("totalTipReceivedSet", currency)
    lines = _without_tip(lines, tip)
    shippings = [read_shipping(each, currency) for each in node.nodes("shippingLines")]
    charges = [line.charge for line in lines] + [shipping.charge for shipping in shippings]
    total, tax = node.money("currentTotalPriceSet", currency), node.money("currentTotalTaxSet", currency)
    extras = _extras(node, tip, currency)
    _settle(charges, extras, total, tax, gross, currency)
    rounding = _rounding(node, total, currency)
    foreign = sum((charge.foreign_tax for charge in charges), ZERO)
    more = [Extra(MARKETPLACE_TAX, foreign), Extra(ROUNDING, rounding)]
    return Order(
        channel=channel,
        order_id=node.short("id"),
        number=node.short("name"),
        placed_at=node.instant("createdAt"),
        updated_at=node.instant("updatedAt"),
        currency=currency,
        gross=gross,
        payment=payment_state(node),
        confirmed=node.flag("confirmed"),
        test=node.flag("test"),
        cancelled_at=node.instant_or_none("cancelledAt"),
        customer=customer(node),
        billing=address(node, "billingAddress"),
        shipping=address(node, "shippingAddress"),
        lines=tuple(line.told(gross) for line in lines if line.ordered),
        deliveries=tuple(shipping.told(gross) for shipping in shippings),
        payments=payments(node.items("transactions"), currency),
        extras=tuple(extra for extra in [*extras, *more] if extra.amount),
        tax=tax - foreign,
        total=total + rounding,
        refund_ids=tuple(refund.text("id") for refund in refunds),
        note=node.text_or("note"),
        purchase_order=node.text_or("poNumber"),
        risk=risk(node),
        tags=tuple(node.texts("tags")),
        company=company(node),
        on_terms=on_terms(node),
    )


def _settle(
    charges: Sequence[Charge], extras: Sequence[Extra], total: Decimal, tax: Decimal, gross: bool, currency: str
) -> None:
    """Make what was scaled add up: the taxes to the order's tax, the discounts to what its total leaves for them."""
    taxes = [part for charge in charges for _, part in charge.taxes]
    settle(taxes + [part for charge in charges for part in charge.foreign], tax, currency)
    before = sum((charge.price for charge in charges), ZERO) + sum((extra.amount for extra in extras), ZERO)
    discounts = [part for charge in charges for _, part in charge.discounts]
    settle(discounts, before + (ZERO if gross else tax) - total, currency)


def _extras(node: Node, tip: Decimal, currency: str) -> list[Extra]:
    duties = ZERO if node.flag("dutiesIncluded", False) else node.money_or_zero("currentTotalDutiesSet", currency)
    fees = node.money_or_zero("currentTotalAdditionalFeesSet", currency)
    return [Extra(TIP, tip), Extra(DUTIES, duties), Extra(FEES, fees)]


def _rounding(node: Node, total: Decimal, currency: str) -> Decimal:
    """What a cash payment was rounded by; it changes what is owed, and Shopify's total does not hold it.

    https://shopify.dev/docs/api/admin-graphql/latest/objects/CashRoundingAdjustment
    """
    adjustment = node.node_or_none("totalCashRoundingAdjustment")
    return adjustment.money_or_zero("paymentSet", currency) if adjustment and total else ZERO


def _without_tip(lines: list[Line], tip: Decimal) -> list[Line]:
    """The lines but the one by which Shopify shows a tip: nothing to deliver, no SKU, and exactly the tip's amount."""
    for index, line in enumerate(lines):
        shown = tip and line.charge.price == tip and not line.node.text_or("sku")
        if shown and not line.node.flag("requiresShipping", True) and not line.node.flag("isGiftCard", False):
            return lines[:index] + lines[index + 1 :]
    return lines
