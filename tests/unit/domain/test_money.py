"""Amounts are shared, rounded and counted in minor units without losing any."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.money import ZERO, minor_unit, rounded, share, spoken

CURRENCIES = st.sampled_from(["GBP", "EUR", "JPY", "KWD"])


@pytest.mark.parametrize(("currency", "unit"), [("GBP", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("XYZ", "0.01")])
def test_a_currency_has_its_own_smallest_amount(currency: str, unit: str) -> None:
    assert minor_unit(currency) == Decimal(unit)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("0.125", "GBP", "0.13"), ("-0.125", "GBP", "-0.13"), ("0.1249", "GBP", "0.12"), ("10.5", "JPY", "11")],
)
def test_halves_are_rounded_away_from_zero(amount: str, currency: str, expected: str) -> None:
    assert rounded(Decimal(amount), currency) == Decimal(expected)


def test_a_pound_in_three_parts_is_still_a_pound() -> None:
    assert share(Decimal("1.00"), [Decimal(1)] * 3, "GBP") == (Decimal("0.34"), Decimal("0.33"), Decimal("0.33"))


def test_without_weight_the_first_part_takes_everything() -> None:
    assert share(Decimal(5), [ZERO, ZERO], "GBP") == (Decimal(5), ZERO)


def test_nothing_can_be_shared_over_nobody() -> None:
    assert share(ZERO, [], "GBP") == ()
    with pytest.raises(ValueError, match="nothing to share"):
        share(Decimal(1), [], "GBP")


@given(data=st.data(), currency=CURRENCIES)
def test_shares_add_up_exactly_and_each_is_within_a_minor_unit_of_its_due(data: st.DataObject, currency: str) -> None:
    unit = minor_unit(currency)
    amount = data.draw(st.integers(-(10**7), 10**7)) * unit
    weights = [Decimal(weight) for weight in data.draw(st.lists(st.integers(0, 10**5), min_size=1, max_size=12))]
    parts = share(amount, weights, currency)
    assert sum(parts, ZERO) == amount
    assert all(part == rounded(part, currency) for part in parts)
    total = sum(weights, ZERO)
    if total:
        due = [amount * weight / total for weight in weights]
        assert all(abs(part - exact) < unit for part, exact in zip(parts, due, strict=True))


@given(cents=st.integers(1, 10**6), thousandths=st.integers(1, 9), weights=st.lists(st.integers(1, 9), min_size=1))
def test_even_an_amount_finer_than_the_currency_is_shared_without_loss(
    cents: int, thousandths: int, weights: list[int]
) -> None:
    amount = Decimal(cents) / 100 + Decimal(thousandths) / 1000
    assert sum(share(amount, [Decimal(weight) for weight in weights], "GBP"), ZERO) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("18.5", "GBP", "18.50 GBP"),
        ("1200", "JPY", "1200 JPY"),
        ("0.125", "GBP", "0.125 GBP"),
        ("-2", "GBP", "-2.00 GBP"),
    ],
)
def test_people_read_amounts_with_the_digits_of_their_currency(amount: str, currency: str, expected: str) -> None:
    assert spoken(Decimal(amount), currency) == expected
