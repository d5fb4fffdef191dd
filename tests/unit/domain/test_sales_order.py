"""A sales order computes its totals as Khaos Control does: half up, line by line."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from examples import order, rules, stock_item
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.composition import compose
from khaossync.domain.sales_order import SalesLine, Totals

PENNY = Decimal("0.01")


def line(price: str, quantity: int, rate: str, *, gross: bool) -> SalesLine:
    return SalesLine("1", "MUG", "Mug", quantity, Decimal(price), gross, Decimal(rate), 1, "MUG")


@pytest.mark.parametrize(
    ("price", "quantity", "rate", "net", "tax", "gross"),
    [
        ("12.00", 1, "0.20", "10.00", "2.00", "12.00"),
        ("9.99", 3, "0.20", "24.98", "4.99", "29.97"),  # 24.975 exactly: half a penny goes up
        ("0.03", 1, "0.20", "0.03", "0.00", "0.03"),
        ("10.50", 2, "0.05", "20.00", "1.00", "21.00"),
        ("7.49", 5, "0", "37.45", "0.00", "37.45"),
        ("-2.50", 1, "0.20", "-2.08", "-0.42", "-2.50"),
    ],
)
def test_a_gross_line_is_rounded_once_and_tax_is_the_rest(
    price: str, quantity: int, rate: str, net: str, tax: str, gross: str
) -> None:
    expected = Totals(Decimal(net), Decimal(tax), Decimal(gross))
    assert line(price, quantity, rate, gross=True).totals("GBP") == expected


@pytest.mark.parametrize(
    ("price", "quantity", "rate", "net", "tax", "gross"),
    [
        ("10.00", 1, "0.20", "10.00", "2.00", "12.00"),
        ("3.33", 3, "0.20", "9.99", "2.00", "11.99"),  # per unit it would be 0.67 × 3 = 2.01
        ("0.50", 1, "0.05", "0.50", "0.03", "0.53"),  # 0.025 goes up
        ("19.99", 2, "0", "39.98", "0.00", "39.98"),
        ("-4.99", 1, "0.20", "-4.99", "-1.00", "-5.99"),
    ],
)
def test_a_net_line_is_taxed_as_a_whole_and_not_per_unit(
    price: str, quantity: int, rate: str, net: str, tax: str, gross: str
) -> None:
    expected = Totals(Decimal(net), Decimal(tax), Decimal(gross))
    assert line(price, quantity, rate, gross=False).totals("GBP") == expected


def test_a_yen_has_no_fraction() -> None:
    assert line("1099", 1, "0.10", gross=True).totals("JPY") == Totals(Decimal(999), Decimal(100), Decimal(1099))


@given(
    cents=st.integers(-(10**6), 10**6),
    quantity=st.integers(1, 50),
    rate=st.sampled_from(["0", "0.05", "0.20", "0.0725"]),
    gross=st.booleans(),
)
def test_net_and_tax_always_make_gross(cents: int, quantity: int, rate: str, gross: bool) -> None:
    totals = line(str(Decimal(cents) / 100), quantity, rate, gross=gross).totals("GBP")
    assert totals.net + totals.tax == totals.gross
    charged = totals.gross if gross else totals.net
    assert charged == Decimal(cents) / 100 * quantity
    divisor = 1 + Decimal(rate) if gross else 1
    assert totals.net == (charged / divisor).quantize(PENNY, ROUND_HALF_UP)


def test_only_lines_of_goods_are_remembered_as_sent() -> None:
    composed = compose(order(), rules(), {"MUG": stock_item()})
    money = SalesLine("", "DISCOUNT", "Summer", 1, Decimal(-1), True, Decimal("0.20"), 1)
    with_discount = replace(composed, lines=(*composed.lines, money))
    assert with_discount.sent_lines == composed.sent_lines
    assert [line.stock_code for line in composed.sent_lines] == ["MUG"]
