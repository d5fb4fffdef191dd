"""What is left of a line's discounts and taxes when some of its units are gone, exact to the order's own totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from khaossync.domain.money import ZERO, minor_unit, share


@dataclass(slots=True)
class Portion:
    """The part of an amount that still stands; `loose` tells that it was scaled and may be off by one unit."""

    amount: Decimal
    loose: bool = False


def portion(amount: Decimal, kept: Decimal, whole: Decimal, currency: str) -> Portion:
    """The part of an amount that belongs to what is kept of a whole (units of a line, money of a delivery)."""
    if kept >= whole:
        return Portion(amount)
    if kept <= 0:
        return Portion(ZERO)
    return Portion(share(amount, [kept, whole - kept], currency)[0], loose=True)


def settle(portions: Sequence[Portion], told: Decimal, currency: str) -> None:
    """Move the roundings, a minor unit each, until the portions add up to what the shop told.

    Shopify tells the total of an order exactly but not on which line it rounded which way. A difference that
    rounding cannot explain is left alone: it is somebody's mistake, and the proof of the order shows it.
    """
    unit = minor_unit(currency)
    missing = told - sum((each.amount for each in portions), ZERO)
    loose = sorted((each for each in portions if each.loose), key=lambda each: -each.amount)
    if missing % unit or abs(missing) > unit * len(loose):
        return
    for each in loose[: int(abs(missing) / unit)]:
        each.amount += unit if missing > 0 else -unit
