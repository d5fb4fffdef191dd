"""Only orders whose payment stands go to the ERP."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from examples import NOON, line, order, rules

from khaossync.domain.eligibility import hindrance, suspicion
from khaossync.domain.orders import PaymentState, Risk

NOTHING_LEFT = (replace(line(), quantity=0),)


@pytest.mark.parametrize("state", [PaymentState.AUTHORISED, PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED])
def test_an_order_goes_once_its_payment_stands(state: PaymentState) -> None:
    """SHO-4: authorised is enough."""
    assert hindrance(order(payment=state), rules()) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"payment": PaymentState.PENDING}, "pending"),
        ({"payment": PaymentState.PARTIALLY_PAID}, "only a part"),
        ({"payment": PaymentState.EXPIRED}, "expired"),
        ({"payment": PaymentState.UNKNOWN}, "not one that we know"),
        ({"payment": PaymentState.REFUNDED}, "goods to deliver"),
        ({"confirmed": False}, "not confirmed"),
    ],
)
def test_an_order_waits_while_it_may_still_become_eligible(changes: dict[str, Any], reason: str) -> None:
    """SHO-4: nothing goes before its payment is authorised."""
    found = hindrance(order(**changes), rules())
    assert found is not None
    assert reason in found.reason
    assert not found.final


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"test": True}, "test order"),
        ({"cancelled_at": NOON}, "cancelled at 2026-11-02 12:00 UTC"),
        ({"placed_at": NOON - timedelta(days=31)}, "before go-live"),
        ({"payment": PaymentState.VOIDED}, "voided"),
        ({"payment": PaymentState.REFUNDED, "lines": NOTHING_LEFT}, "refunded in full"),
        ({"lines": NOTHING_LEFT}, "no lines left"),
        ({"lines": ()}, "no lines left"),
    ],
)
def test_some_orders_never_go(changes: dict[str, Any], reason: str) -> None:
    """ADB-34: only committed orders enter fulfilment."""
    found = hindrance(order(**changes), rules())
    assert found is not None
    assert reason in found.reason
    assert found.final


def test_a_channel_may_insist_on_captured_money() -> None:
    strict = rules(accept_authorised=False)
    found = hindrance(order(payment=PaymentState.AUTHORISED), strict)
    assert found is not None
    assert not found.final
    assert hindrance(order(payment=PaymentState.PAID), strict) is None


def test_what_is_final_is_told_before_what_may_pass() -> None:
    found = hindrance(order(payment=PaymentState.PENDING, confirmed=False, cancelled_at=NOON), rules())
    assert found is not None
    assert found.final


def test_an_order_placed_at_the_very_moment_of_go_live_goes() -> None:
    assert hindrance(order(placed_at=rules().go_live_at), rules()) is None


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.PARTIALLY_PAID])
def test_an_order_on_terms_waits_for_no_payment_where_the_channel_accepts_terms(state: PaymentState) -> None:
    """SHO-4, SHO-F5: as it was agreed with the business."""
    later = order(payment=state, on_terms=True)
    assert hindrance(later, rules(accept_on_terms=True)) is None
    assert hindrance(later, rules()) is not None
    assert hindrance(order(payment=state), rules(accept_on_terms=True)) is not None


def test_terms_excuse_no_expired_authorisation() -> None:
    expired = order(payment=PaymentState.EXPIRED, on_terms=True)
    assert hindrance(expired, rules(accept_on_terms=True)) is not None


@pytest.mark.parametrize("risk", [Risk.UNKNOWN, Risk.ACCEPT])
def test_an_order_that_nothing_speaks_against_needs_no_person(risk: Risk) -> None:
    assert suspicion(order(risk=risk), rules()) == ""


def test_another_tag_releases_nothing() -> None:
    tagged = order(risk=Risk.CANCEL, tags=("release", "erp"))
    assert suspicion(tagged, rules())
    assert suspicion(tagged, rules(release_tag="ERP")) == ""
