"""Whatever a shop sells, an order that adds up never loses a penny on its way to the ERP."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest
from examples import order, rules, stock_item
from hypothesis import event, given, settings
from hypothesis import strategies as st

from khaossync.domain.cases import CaseClass
from khaossync.domain.composition import compose
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import ZERO, minor_unit, rounded
from khaossync.domain.orders import Delivery, Discount, Extra, Order, OrderLine, Tax
from khaossync.domain.proof import prove, prove_tax
from khaossync.domain.rules import ChannelRules
from khaossync.domain.sales_order import SalesOrder

RATES = {Decimal("0.20"): 1, Decimal(0): 2, Decimal("0.05"): 4, Decimal("0.10"): 9}
SKUS = ("A", "B", "C")
ITEMS = {sku: stock_item(sku) for sku in SKUS}


def channel(currency: str, *, tax_units: int = 0, total_units: int = 0) -> ChannelRules:
    unit = minor_unit(currency)
    return rules(
        currencies=frozenset({currency}),
        tax_codes=RATES,
        money_codes={"tip": "TIP", "rounding": "ROUND"},
        tax_tolerance=unit * tax_units,
        total_tolerance=unit * total_units,
    )


def tax_of(charged: Decimal, rate: Decimal, currency: str, gross: bool) -> Tax:
    """What a shop charges that rounds per line, after the discounts."""
    if gross:
        return Tax(rate, charged - rounded(charged / (1 + rate), currency))
    return Tax(rate, rounded(charged * rate, currency))


def taken(discounts: tuple[Discount, ...]) -> Decimal:
    return sum((discount.amount for discount in discounts), ZERO)


def taxes(charges: Iterable[OrderLine | Delivery]) -> Decimal:
    return sum((tax.amount for charge in charges for tax in charge.taxes), ZERO)


@st.composite
def discounts(draw: st.DrawFn, charged: Decimal, currency: str) -> tuple[Discount, ...]:
    """Up to two discounts that never exceed what they are taken off."""
    unit = minor_unit(currency)
    found: list[Discount] = []
    for name in draw(st.lists(st.sampled_from(["TEN", "VIP", "SALE"]), max_size=2, unique=True)):
        left = int((charged - taken(tuple(found))) / unit)
        found.append(Discount(name, draw(st.integers(0, left)) * unit))
    return tuple(found)


@st.composite
def order_lines(draw: st.DrawFn, number: int, currency: str, gross: bool) -> OrderLine:
    """A line of goods, perhaps refunded to nothing, taxed on what is left after discounts."""
    quantity = draw(st.integers(0, 12))
    price = draw(st.integers(0, 50_000)) * minor_unit(currency)
    off = draw(discounts(price * quantity, currency)) if quantity else ()
    rate = draw(st.sampled_from(list(RATES)))
    tax = tax_of(price * quantity - taken(off), rate, currency, gross)
    sku = draw(st.sampled_from(SKUS))
    return OrderLine(f"line-{number}", sku, sku, quantity, quantity, price, off, (tax,))


@st.composite
def deliveries(draw: st.DrawFn, currency: str, gross: bool) -> Delivery:
    """A charge for delivery with its own discounts and one rate."""
    amount = draw(st.integers(0, 2_000)) * minor_unit(currency)
    off = draw(discounts(amount, currency))
    rate = draw(st.sampled_from(list(RATES)))
    return Delivery("Standard", amount, off, (tax_of(amount - taken(off), rate, currency, gross),))


@st.composite
def orders(draw: st.DrawFn, *, gross: bool) -> Order:
    """An order in pounds, yen or dinars whose parts add up exactly."""
    currency = draw(st.sampled_from(["GBP", "JPY", "KWD"]))
    unit = minor_unit(currency)
    count = draw(st.integers(1, 6))
    lines = tuple(draw(order_lines(number, currency, gross)) for number in range(count))
    charges = tuple(draw(st.lists(deliveries(currency, gross), min_size=1, max_size=2)))
    extras = (Extra("tip", draw(st.integers(0, 500)) * unit), Extra("rounding", draw(st.integers(-4, 4)) * unit))
    tax = taxes(lines) + taxes(charges)
    bare = order(
        currency=currency,
        gross=gross,
        lines=lines,
        deliveries=charges,
        extras=extras[: draw(st.integers(0, 2))],
        tax=tax,
        total=ZERO,
    )
    return replace(bare, total=-prove(bare))


def attempt(one: Order, strict: ChannelRules) -> SalesOrder | RejectedError:
    try:
        return compose(one, strict, ITEMS)
    except RejectedError as error:
        return error


@settings(max_examples=300, deadline=None)
@given(one=orders(gross=True))
def test_a_gross_order_reaches_the_erp_to_the_penny(one: Order) -> None:
    """SHW-30, S-12: the total that the ERP computes is the total that the customer owes."""
    assert prove(one) == prove_tax(one) == ZERO
    roundings = 2 * len(one.lines) + len(one.deliveries)
    composed = compose(one, channel(one.currency, tax_units=roundings), ITEMS)
    assert composed.totals.gross == one.total
    assert composed.totals.net + composed.totals.tax == composed.totals.gross
    assert [line.quantity for line in composed.sent_lines] == [line.quantity for line in one.lines if line.quantity]


@settings(max_examples=300, deadline=None)
@given(one=orders(gross=False), tolerated=st.integers(0, 3))
def test_a_net_order_agrees_within_tolerance_or_becomes_a_finance_case(one: Order, tolerated: int) -> None:
    """SHW-31, SHW-32: even a variance of a penny is seen."""
    strict = channel(one.currency, tax_units=tolerated, total_units=tolerated)
    composed = attempt(one, strict)
    event(type(composed).__name__)
    if isinstance(composed, SalesOrder):
        assert abs(composed.totals.gross - one.total) <= strict.total_tolerance
        assert composed.totals.net == one.total - one.tax
    else:
        off_total, off_tax = (composed.evidence[f"ERP {what} minus {what}"] for what in ("total", "tax"))
        assert composed.case_class in (CaseClass.TAX_MISMATCH, CaseClass.TOTAL_MISMATCH)
        assert Decimal(off_total) == Decimal(off_tax)
        assert abs(Decimal(off_tax)) > strict.tax_tolerance


@settings(max_examples=100, deadline=None)
@given(one=orders(gross=False))
def test_without_discounts_a_net_order_taxed_per_line_always_agrees(one: Order) -> None:
    plain = replace(
        one,
        lines=tuple(
            replace(
                line,
                discounts=(),
                taxes=(tax_of(line.unit_price * line.quantity, line.taxes[0].rate, one.currency, gross=False),),
            )
            for line in one.lines
        ),
    )
    settled = replace(plain, tax=taxes(plain.lines) + taxes(plain.deliveries))
    settled = replace(settled, total=settled.total - prove(settled))
    assert compose(settled, channel(one.currency), ITEMS).totals.gross == settled.total


@settings(max_examples=100, deadline=None)
@given(one=st.booleans().flatmap(lambda gross: orders(gross=gross)), units=st.integers(-500, 500).filter(bool))
def test_an_order_that_is_off_by_a_penny_is_never_sent(one: Order, units: int) -> None:
    wrong = replace(one, total=one.total + units * minor_unit(one.currency))
    with pytest.raises(RejectedError) as caught:
        compose(wrong, channel(one.currency, tax_units=10**6), ITEMS)
    assert caught.value.case_class is CaseClass.TOTAL_MISMATCH


@settings(max_examples=100, deadline=None)
@given(one=orders(gross=True))
def test_a_promotion_never_changes_which_goods_are_sent(one: Order) -> None:
    """ADB-30: discounts are lines of their own; goods keep their full price."""
    composed = compose(one, channel(one.currency, tax_units=10**6), ITEMS)
    goods = [line for line in composed.lines if line.line_id]
    assert [line.unit_price for line in goods] == [line.unit_price for line in one.lines if line.quantity]
    given_away = sum((line.unit_price for line in composed.lines if line.stock_code == "DISCOUNT"), ZERO)
    charges: list[OrderLine | Delivery] = [*one.lines, *one.deliveries]
    assert -given_away == sum((taken(charge.discounts) for charge in charges), ZERO)
