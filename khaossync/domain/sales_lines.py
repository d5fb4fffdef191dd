"""The lines of a sales order: goods, then the discounts on them, then money that is neither."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from itertools import chain

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Order, OrderLine
from khaossync.domain.rules import ChannelRules
from khaossync.domain.sales_order import SalesLine
from khaossync.domain.stock import StockItem
from khaossync.domain.taxation import tax_code, tax_rate
from khaossync.domain.unbundling import opened

GIFT_CARD = "gift_card"
"""The name in [money_codes] of the code that books gift cards sold: a liability, not goods."""


def sales_lines(order: Order, rules: ChannelRules, stock_items: Mapping[str, StockItem]) -> tuple[SalesLine, ...]:
    """All lines of the sales order, in the order of the customer's; a bundle's is opened into its parts.

    Raises RejectedError (UNMAPPED_TAX_RATE, UNKNOWN_MONEY).
    """
    _require_money_codes(order, rules)
    rated = [(line, tax_rate(line, order)) for line in order.lines if line.quantity]
    bought = chain.from_iterable(_bought(line, rate, order, rules, stock_items) for line, rate in rated)
    return (*bought, *_discounts(rated, order, rules), *_extras(order, rules))


def _bought(
    line: OrderLine, rate: Decimal, order: Order, rules: ChannelRules, stock_items: Mapping[str, StockItem]
) -> tuple[SalesLine, ...]:
    whole = SalesLine(
        line_id="" if line.gift_card else line.line_id,
        stock_code=rules.money_codes[GIFT_CARD] if line.gift_card else rules.stock_code(line.sku),
        description=line.title,
        quantity=line.quantity,
        unit_price=line.unit_price,
        gross=order.gross,
        tax_rate=rate,
        tax_code=tax_code(rate, rules, order),
        sku=line.sku,
    )
    parts = None if line.gift_card else rules.bundles.get(line.sku)
    return (whole,) if parts is None else opened(whole, parts, stock_items, order.currency)


def _discounts(rated: list[tuple[OrderLine, Decimal]], order: Order, rules: ChannelRules) -> list[SalesLine]:
    # One line per promotion and tax rate: a discount lowers the VAT of just the goods that it was given on.
    given: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for line, rate in rated:
        for discount in line.discounts:
            given[discount.name, rate] += discount.amount
    return [
        _money(rules.discount_code, name or "Discount", -amount, rate, order, rules)
        for (name, rate), amount in given.items()
        if amount
    ]


def delivery_discounts(order: Order, rules: ChannelRules) -> tuple[SalesLine, ...]:
    """What was taken off deliveries, a line for each promotion.

    A delivery whose rates have no tax code of their own needs none as a charge, and so keeps its discounts inside.
    """
    rated = [(one, sum((tax.rate for tax in one.taxes), ZERO)) for one in order.deliveries]
    return tuple(
        _money(rules.discount_code, f"{discount.name or 'Discount'} (delivery)", -discount.amount, rate, order, rules)
        for delivery, rate in rated
        for discount in delivery.discounts
        if discount.amount and rate in rules.tax_codes
    )


def _extras(order: Order, rules: ChannelRules) -> list[SalesLine]:
    return [
        _money(rules.money_codes[extra.name], extra.name, extra.amount, ZERO, order, rules)
        for extra in order.extras
        if extra.amount
    ]


def _money(
    stock_code: str, description: str, amount: Decimal, rate: Decimal, order: Order, rules: ChannelRules
) -> SalesLine:
    return SalesLine("", stock_code, description, 1, amount, order.gross, rate, tax_code(rate, rules, order))


def _require_money_codes(order: Order, rules: ChannelRules) -> None:
    cards = [(GIFT_CARD, line.unit_price * line.quantity) for line in order.lines if line.gift_card and line.quantity]
    carried = [*cards, *((extra.name, extra.amount) for extra in order.extras if extra.amount)]
    unknown = {name: amount for name, amount in carried if name not in rules.money_codes}
    if unknown:
        raise RejectedError(
            f"order {order.number} carries money without a stock code in [money_codes]: {', '.join(unknown)}",
            CaseClass.UNKNOWN_MONEY,
            evidence={name: f"{amount:f} {order.currency}" for name, amount in unknown.items()},
        )
