"""The reference that keeps an order single in the ERP."""

import pytest
from examples import rules
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.reference import reference


@pytest.mark.parametrize(
    ("order_id", "expected"),
    [
        ("gid://shopify/Order/5001", "S5001"),
        ("000000123", "S000000123"),
        ("000000123-1", "S000000123-1"),
        ("SW10001", "SSW10001"),
        ("12345678901234", "S12345678901234"),
    ],
)
def test_a_reference_is_the_prefix_and_the_order_s_own_id(order_id: str, expected: str) -> None:
    assert reference(order_id, rules()) == expected


@pytest.mark.parametrize(
    "order_id", ["123456789012345", "gid://shopify/Order/", "gid://shopify/Order/x", "1,2", "1 2", ""]
)
def test_a_reference_that_does_not_fit_is_refused_and_never_cut(order_id: str) -> None:
    with pytest.raises(RejectedError) as caught:
        reference(order_id, rules())
    assert caught.value.case_class is CaseClass.REFERENCE_TOO_LONG
    assert caught.value.evidence["limit"] == "15"


def test_an_erp_with_a_longer_field_takes_longer_references() -> None:
    assert len(reference("9" * 32, rules(reference_limit=50))) == 33


@given(one=st.integers(1, 10**13), other=st.integers(1, 10**13))
def test_two_orders_never_share_a_reference(one: int, other: int) -> None:
    def ref(number: int) -> str:
        return reference(f"gid://shopify/Order/{number}", rules())

    assert (ref(one) == ref(other)) is (one == other)
