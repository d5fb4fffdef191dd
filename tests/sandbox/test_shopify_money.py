"""Orders of the simulated shop add up to the penny, before and after refunds and edits."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.sandbox.shopify import Discount, OutOfStock, ShopifyShop, figures
from khaossync.sandbox.shopify.money import share, spread, tax_on
from khaossync.sandbox.shopify.orders import Order

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def shop(**habits: bool) -> ShopifyShop:
    opened = ShopifyShop(now=lambda: NINE, dice=random.Random(1), locations=("Warehouse", "High Street"), **habits)  # type: ignore[arg-type]  # only flags are passed here
    opened.list_product("MUG", "Mug", Decimal("10.00"), {"Warehouse": 50, "High Street": 2})
    opened.list_product("POT", "Tea pot", Decimal("33.33"), {"Warehouse": 50})
    opened.list_product("BOOK", "Book of tea", Decimal("7.77"), {"Warehouse": 50}, tax_rate=Decimal(0))
    opened.list_product("SET", "Tea set", Decimal("50.00"), bundle_of={"POT": 1, "MUG": 2})
    return opened


def found(of: ShopifyShop, order: str) -> Order:
    return of.state.orders[int(order.rpartition("/")[2])]


def identity(order: Order) -> Decimal:
    """The sum that every real order meets, from the parts a connector reads."""
    lines = sum((line.price * line.quantity for line in order.lines), Decimal(0))
    off = sum((a.amount for line in order.lines for a in line.allocations), Decimal(0))
    charges = sum(
        (c.price - sum((a.amount for a in c.allocations), Decimal(0)) for c in order.shipping_lines), Decimal(0)
    )
    tax = sum((t.amount for t in figures.whole(order).tax_lines), Decimal(0))
    return lines - off + charges + order.tip + (Decimal(0) if order.taxes_included else tax)


@given(st.decimals(0, 1000, places=2), st.lists(st.decimals(0, 500, places=2), min_size=1, max_size=9))
def test_the_parts_of_a_spread_amount_add_up_to_it(amount: Decimal, weights: list[Decimal]) -> None:
    parts = spread(amount, weights)
    assert sum(parts) == (amount if sum(weights) else 0)
    assert all(part >= 0 and part == part.quantize(Decimal("0.01")) for part in parts)


def test_pennies_left_over_go_to_the_largest_fraction() -> None:
    assert spread(Decimal("1.00"), [Decimal(1), Decimal(1), Decimal(1)]) == [
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.33"),
    ]


def test_halves_of_a_penny_are_rounded_away_from_nothing() -> None:
    assert share(Decimal("0.01"), 1, 2) == Decimal("0.01")
    assert tax_on(Decimal("0.50"), Decimal("0.05"), included=False) == Decimal("0.03")
    assert tax_on(Decimal("12.00"), Decimal("0.20"), included=True) == Decimal("2.00")


@pytest.mark.parametrize("included", [True, False])
@given(
    basket=st.lists(
        st.tuples(st.sampled_from(["MUG", "POT", "BOOK", "SET"]), st.integers(1, 3)), min_size=1, max_size=5
    ),
    off=st.decimals(0, 7, places=2),
    delivery=st.decimals(1, 10, places=2),
    tip=st.decimals(0, 3, places=2),
)
def test_total_is_lines_less_discounts_plus_delivery_and_tax(
    included: bool, basket: list[tuple[str, int]], off: Decimal, delivery: Decimal, tip: Decimal
) -> None:
    trading = shop(prices_include_tax=included)
    bought = trading.place_order(
        basket,
        discounts=[Discount("TEN", off), Discount("Post", Decimal("0.99"), kind="automatic", shipping=True)],
        delivery=("Standard", delivery),
        tip=tip,
    )
    order = found(trading, bought)
    assert figures.whole(order).total == identity(order) == trading.order(bought).total == figures.received(order)
    line_tax = sum((line.tax(line.quantity) for line in order.lines), Decimal(0))
    charge_tax = sum((c.tax(c.discounted) for c in order.shipping_lines), Decimal(0))
    assert figures.whole(order).tax == line_tax + charge_tax


def test_tax_is_worked_out_per_line_on_the_discounted_amount() -> None:
    trading = shop()
    order = found(trading, trading.place_order([("MUG", 3)], discount=("TEN", Decimal("3.00")), delivery=None))
    assert [tax.amount for tax in order.lines[0].taxes(3)] == [Decimal("4.50")]  # 27.00 / 1.2 × 0.2


def test_a_discount_may_be_meant_for_one_product_or_for_delivery() -> None:
    trading = shop()
    discounts = [
        Discount("Mugs", Decimal("2.00"), kind="automatic", sku="MUG"),
        Discount("P", Decimal("4.95"), shipping=True),
    ]
    order = found(trading, trading.place_order([("MUG", 1), ("POT", 1)], discounts=discounts))
    assert [line.discount for line in order.lines] == [Decimal("2.00"), Decimal(0)]
    assert order.shipping_lines[0].discounted == 0


def test_a_discount_larger_than_what_it_is_taken_from_is_refused() -> None:
    with pytest.raises(ValueError, match="more than what it is taken from"):
        shop().place_order([("BOOK", 1)], discount=("HUGE", Decimal("8.00")))


@pytest.mark.parametrize("steps", [[1, 1, 1], [2, 1], [3]])
def test_refunds_in_any_steps_come_to_the_whole(steps: Sequence[int]) -> None:
    trading = shop()
    bought = trading.place_order(
        [("POT", 3)], discount=("TEN", Decimal("1.00")), delivery=("Standard", Decimal("4.95"))
    )
    for units in steps:
        trading.refund(bought, {"POT": units})
    trading.refund(bought, shipping=Decimal("4.95"))
    record = trading.order(bought)
    assert record.total == record.tax == 0
    assert record.financial_status == "REFUNDED"
    assert sum(each.amount for each in trading.refunds(bought)) == record.refunded == record.bought_total


@pytest.mark.parametrize("included", [True, False])
@given(first=st.integers(1, 3), off=st.decimals(0, 20, places=2))
def test_what_stands_and_what_was_refunded_come_to_what_was_bought(included: bool, first: int, off: Decimal) -> None:
    trading = shop(prices_include_tax=included)
    bought = trading.place_order([("POT", 4), ("BOOK", 3)], discount=("OFF", off))
    trading.refund(bought, {"POT": first, "BOOK": 1}, shipping=Decimal("1.11"))
    record = trading.order(bought)
    assert record.total + record.refunded == record.bought_total
    assert record.financial_status == "PARTIALLY_REFUNDED"


def test_figures_before_returns_keep_counting_removed_units() -> None:
    """A real edited order broke another connector here: quantity, totalPriceSet and allocations never fall."""
    trading = shop()
    bought = trading.place_order([("MUG", 4)], discount=("TEN", Decimal("4.00")), delivery=None)
    trading.edit(bought, {"MUG": 1})
    order = found(trading, bought)
    assert (order.lines[0].quantity, order.lines[0].current_quantity) == (4, 1)
    assert figures.whole(order).total == Decimal("36.00")
    assert figures.current(order).total == Decimal("9.00")
    assert figures.current(order).discounts == Decimal("1.00")


def test_units_edited_off_are_a_refund_without_money() -> None:
    trading = shop()
    bought = trading.place_order([("MUG", 2)], delivery=None)
    trading.edit(bought, {"MUG": 1})
    (given_back,) = trading.refunds(bought)
    assert given_back.amount == 0
    assert given_back.lines == (("MUG", 1),)
    assert trading.order(bought).financial_status == "PAID"
    trading.refund(bought, amount=Decimal("10.00"))
    assert trading.order(bought).refunded == Decimal("10.00")


def test_units_edited_on_are_owed_and_can_be_paid() -> None:
    trading = shop()
    bought = trading.place_order([("MUG", 1)], delivery=None, discount=("TEN", Decimal("1.00")))
    trading.edit(bought, {"MUG": 2, "BOOK": 1})
    record = trading.order(bought)
    assert (record.total, record.financial_status) == (Decimal("26.77"), "PARTIALLY_PAID")
    trading.pay(bought)
    assert trading.order(bought).financial_status == "PAID"


def test_money_back_that_differs_from_the_lines_leaves_an_adjustment() -> None:
    """Shopify's own sample refunds: 41.94 for a line of nothing, 110.00 for lines of 199.64."""
    trading = shop()
    bought = trading.place_order([("MUG", 2)], delivery=None)
    trading.refund(bought, {"MUG": 1}, amount=Decimal("6.00"))
    trading.refund(bought, amount=Decimal("3.00"))
    less, more = found(trading, bought).refunds
    assert [each.amount for each in less.adjustments] == [Decimal("4.00")]
    assert [each.amount for each in more.adjustments] == [Decimal("-3.00")]


def test_nobody_gets_back_more_than_was_paid() -> None:
    trading = shop()
    bought = trading.place_order([("MUG", 1)], delivery=None)
    with pytest.raises(ValueError, match=r"has 10\.00 to give back"):
        trading.refund(bought, amount=Decimal("10.01"))
    with pytest.raises(ValueError, match="fewer of MUG"):
        trading.refund(bought, {"MUG": 2})


def test_a_bundle_is_bought_as_its_components_with_the_price_on_the_first() -> None:
    """SHO-F1: native bundles arrive as component SKUs; there is no line of the parent."""
    trading = shop()
    bought = trading.place_order([("SET", 2)], delivery=None)
    assert [(x.sku, x.quantity, x.price, x.bundle) for x in trading.order(bought).lines] == [
        ("POT", 2, Decimal("50.00"), "SET"),
        ("MUG", 4, Decimal("0.00"), "SET"),
    ]
    assert trading.available("MUG", "Warehouse") == 46
    assert trading.available("SET", "Warehouse") == 23
    assert trading.order(bought).total == Decimal("100.00")


def test_the_shop_sells_no_more_than_it_has_unless_it_may() -> None:
    trading = shop()
    trading.list_product("RARE", "Rare", Decimal("1.00"), {"Warehouse": 1})
    trading.list_product("MADE", "Made to order", Decimal("1.00"), {"Warehouse": 1}, oversell=True)
    with pytest.raises(OutOfStock, match="2 × RARE"):
        trading.place_order([("RARE", 2)])
    assert trading.orders() == []
    assert trading.available("RARE", "Warehouse") == 1
    trading.place_order([("MADE", 3)])
    assert trading.available("MADE", "Warehouse") == -2


def test_an_order_that_no_place_can_ship_alone_is_split() -> None:
    trading = shop()
    trading.list_product("FEW", "Few", Decimal("1.00"), {"Warehouse": 1, "High Street": 1})
    bought = trading.place_order([("FEW", 2), ("POT", 1)])
    parts = {
        each.location.name: [(x.line.item.sku, x.total) for x in each.lines]
        for each in found(trading, bought).fulfilment_orders
    }
    assert parts == {"Warehouse": [("FEW", 1), ("POT", 1)], "High Street": [("FEW", 1)]}


@pytest.mark.parametrize(
    ("payment", "steps", "status"),
    [
        ("paid", [], "PAID"),
        ("authorized", [], "AUTHORIZED"),
        ("pending", [], "PENDING"),
        ("authorized", ["capture"], "PAID"),
        ("authorized", ["void"], "VOIDED"),
        ("authorized", ["expire"], "EXPIRED"),
        ("pending", ["pay"], "PAID"),
        ("paid", ["cancel"], "REFUNDED"),
        ("authorized", ["cancel"], "VOIDED"),
        ("pending", ["cancel"], "VOIDED"),
    ],
)
def test_the_financial_status_follows_the_money(payment: str, steps: list[str], status: str) -> None:
    """SHO-4: a connector decides by this status what may be posted."""
    trading = shop()
    bought = trading.place_order([("MUG", 1)], payment=payment)
    for step in steps:
        getattr(trading, step)(bought)
    assert trading.order(bought).financial_status == status


def test_a_cancelled_order_gives_back_goods_and_money_as_a_refund_of_all_lines() -> None:
    trading = shop()
    bought = trading.place_order([("MUG", 2)], payment="paid")
    assert trading.available("MUG", "Warehouse") == 48
    trading.cancel(bought)
    record, (given_back,) = trading.order(bought), trading.refunds(bought)
    assert record.total == 0
    assert record.refunded == Decimal("24.95")
    assert trading.available("MUG", "Warehouse") == 50
    assert record.cancelled_at == NINE
    assert given_back.lines == (("MUG", 2),)
    assert found(trading, bought).refunds[0].lines[0].restock_type == "CANCEL"
    with pytest.raises(ValueError, match="already"):
        trading.cancel(bought)


def test_a_cancellation_may_keep_the_goods_off_the_shelf_and_the_money_in_the_till() -> None:
    trading = shop()
    bought = trading.place_order([("MUG", 2)])
    trading.cancel(bought, restock=False, refund=False)
    assert trading.available("MUG", "Warehouse") == trading.on_hand("MUG", "Warehouse") == 48
    assert trading.order(bought).refunded == 0
