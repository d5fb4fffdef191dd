"""The fingerprint of an order changes with what is to be delivered, and with nothing else."""

from dataclasses import replace
from decimal import Decimal

from examples import address, line, order

from khaossync.domain.orders import PaymentState


def test_money_given_back_is_no_edit() -> None:
    """ADB-33: a refund must not stop an order in the warehouse as if it had been edited."""
    two = order(lines=(line(quantity=2),))
    refunded = order(
        lines=(replace(line(quantity=2), quantity=1),), payment=PaymentState.PARTIALLY_REFUNDED, total=Decimal(6)
    )
    assert refunded.fingerprint == two.fingerprint


def test_the_order_in_which_lines_are_told_does_not_matter() -> None:
    mug, plate = line("MUG"), line("PLATE")
    assert order(lines=(mug, plate)).fingerprint == order(lines=(plate, mug)).fingerprint


def test_an_edit_of_goods_or_of_the_delivery_address_shows() -> None:
    """ADB-33: an edited order is recognised."""
    edited = [
        order(lines=(line(quantity=2),)),
        order(lines=(line(), line("PLATE"))),
        order(lines=(line("PLATE"),)),
        order(shipping=address(postcode="LS2 2BB")),
    ]
    assert len({order().fingerprint, *(one.fingerprint for one in edited)}) == 1 + len(edited)


def test_the_billing_address_and_notes_may_change_freely() -> None:
    assert order(billing=address(town="York"), note="ring twice").fingerprint == order().fingerprint
