"""Whatever is scaled adds up to what the shop told, and what rounding cannot explain is left alone."""

from decimal import Decimal

import pytest
from channels.shopify.answers import Json, line, nodes, off, order, refunded, shipping, tax
from hypothesis import given
from hypothesis import strategies as st

from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.mapping import read_order
from khaossync.channels.shopify.portions import Portion, portion, settle
from khaossync.channels.shopify.refund_mapping import read_refund
from khaossync.domain.money import ZERO, minor_unit, rounded
from khaossync.domain.orders import Order
from khaossync.domain.proof import prove, prove_tax

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD"])


@given(st.integers(0, 10**7), st.integers(1, 50), st.integers(0, 50), CURRENCIES)
def test_a_portion_is_within_a_minor_unit_of_its_exact_share(
    pennies: int, whole: int, kept: int, currency: str
) -> None:
    amount = pennies * minor_unit(currency)
    part = portion(amount, Decimal(min(kept, whole)), Decimal(whole), currency)
    assert abs(part.amount * whole - amount * min(kept, whole)) <= minor_unit(currency) * whole
    assert part.loose == (0 < kept < whole)


@given(st.lists(st.tuples(st.integers(0, 10**5), st.booleans()), max_size=8), st.integers(-12, 12), CURRENCIES)
def test_settling_meets_the_told_sum_or_changes_nothing(
    parts: list[tuple[int, bool]], missing: int, currency: str
) -> None:
    unit = minor_unit(currency)
    portions = [Portion(pennies * unit, loose) for pennies, loose in parts]
    before = [each.amount for each in portions]
    told = sum(before, ZERO) + missing * unit
    settle(portions, told, currency)
    if abs(missing) <= sum(loose for _, loose in parts):
        assert sum((each.amount for each in portions), ZERO) == told
    else:
        assert [each.amount for each in portions] == before
    assert all(
        abs(each.amount - old) <= (unit if each.loose else 0) for each, old in zip(portions, before, strict=True)
    )


@st.composite
def baskets(draw: st.DrawFn) -> Json:
    """An order as Shopify tells it after refunds: its totals rounded line by line, its lines still whole."""
    currency, gross = draw(CURRENCIES), draw(st.booleans())
    unit, rate = minor_unit(currency), Decimal(draw(st.sampled_from(["0.2", "0.05", "0"])))
    lines, units, total, taxes = [], {}, ZERO, ZERO
    for number in range(draw(st.integers(1, 5))):
        whole = draw(st.integers(1, 9))
        kept = draw(st.integers(0, whole))
        price = draw(st.integers(1, 20_000)) * unit
        discount = draw(st.integers(0, int(price * whole / unit))) * unit
        left = price * kept - (discount - rounded(discount * (whole - kept) / whole, currency))
        tax_of_all = _tax(price * whole - discount, rate, gross, currency)
        kept_tax = tax_of_all - rounded(tax_of_all * (whole - kept) / whole, currency)
        total, taxes = total + left, taxes + kept_tax
        units[f"S{number}"] = whole - kept
        lines.append(
            line(
                f"S{number}",
                whole,
                str(price),
                currency,
                currentQuantity=kept,
                discountAllocations=[off(str(discount), currency=currency)],
                taxLines=[tax(str(tax_of_all), str(rate), currency)],
            )
        )
    total += taxes if not gross else ZERO
    node = order(str(total), str(taxes), currency, taxesIncluded=gross, lineItems=nodes(*lines), transactions=[])
    node["shippingLines"] = nodes(shipping("0", currency))
    return node | {"refunds": [refunded(1, "SUCCESS", **units)]}


def _tax(amount: Decimal, rate: Decimal, gross: bool, currency: str) -> Decimal:
    return rounded(amount * rate / (1 + rate) if gross else amount * rate, currency)


@given(baskets())
def test_an_order_after_any_refunds_adds_up_to_the_penny(basket: Json) -> None:
    """SHO-15: Shopify rounds the refunded part, we round the kept one; the totals decide."""
    found = read_order(Node.of(basket), "shop")
    assert (prove(found), prove_tax(found)) == (ZERO, ZERO)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5) | st.sampled_from(["1.00", "GBP"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(order())), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(order())), VALUES, max_size=6))
def test_an_order_of_any_shape_is_read_or_refused_with_a_reason(changes: Json) -> None:
    assert isinstance(outcome(order(**changes)), Order | MalformedError)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=6))
def test_nonsense_is_refused_as_a_refund(node: Json) -> None:
    with pytest.raises(MalformedError):
        read_refund(Node.of(node), "shop")


def outcome(node: Json) -> Order | MalformedError:
    try:
        return read_order(Node.of(node), "shop")
    except MalformedError as error:
        return error
