"""Every order proves its own arithmetic."""

from decimal import Decimal
from typing import Any

import pytest
from examples import VAT, line, order

from khaossync.domain.orders import Delivery, Discount, Extra, Tax
from khaossync.domain.proof import figures, prove, prove_tax

D = Decimal
DISCOUNTED = (line(quantity=3, discounts=(Discount("TEN", D("3.60")),), taxes=(Tax(VAT, D("5.40")),)),)
REDUCED_DELIVERY = (Delivery("Standard", D("6.00"), (Discount("SHIP", D("1.20")),), (Tax(VAT, D("0.80")),)),)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"lines": DISCOUNTED, "total": D("38.40"), "tax": D("6.40")},
        {"deliveries": REDUCED_DELIVERY, "total": D("16.80"), "tax": D("2.80")},
        {"deliveries": (), "total": D("12.00"), "tax": D("2.00")},
        {"extras": (Extra("tip", D("2.50")), Extra("rounding", D("-0.01"))), "total": D("20.49")},
        {"gross": False, "total": D("21.00")},
        {"lines": (), "deliveries": (), "total": D(0), "tax": D(0)},
    ],
    ids=["plain", "discount", "delivery discount", "no delivery", "extras", "net", "empty"],
)
def test_an_order_that_adds_up_proves_it(changes: dict[str, Any]) -> None:
    """S-12, S-11: every part of the total is accounted for."""
    assert prove(order(**changes)) == 0
    assert prove_tax(order(**changes)) == 0


@pytest.mark.parametrize("off", ["0.01", "-0.01", "0.004", "100"])
def test_the_smallest_difference_shows_with_its_sign(off: str) -> None:
    """ADB-32: what was paid and what the parts make are compared exactly."""
    assert prove(order(total=D("18.00") + D(off))) == D(off)
    assert prove_tax(order(tax=D("3.00") + D(off))) == D(off)


def test_the_evidence_holds_every_figure() -> None:
    told = figures(order(lines=DISCOUNTED, extras=(Extra("tip", D("2.50")),), total=D("41.00"), tax=D("6.40")))
    assert told == {
        "currency": "GBP",
        "goods": "36.00",
        "discounts": "-3.60",
        "delivery": "6.00",
        "delivery discounts": "0",
        "extras": "2.50",
        "tax on top": "0",
        "total": "41.00",
        "total minus parts": "0.10",
        "tax": "6.40",
        "tax minus parts": "0.00",
    }
