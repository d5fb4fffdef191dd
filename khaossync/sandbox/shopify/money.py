"""Penny arithmetic: rounding, tax, and spreading an amount so that the parts add up to it."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

PENNY = Decimal("0.01")
NOTHING = Decimal("0.00")


def pence(amount: Decimal) -> Decimal:
    """`amount` to the penny, halves away from zero."""
    return amount.quantize(PENNY, ROUND_HALF_UP)


def tax_on(amount: Decimal, rate: Decimal, *, included: bool) -> Decimal:
    """The tax of an `amount` that contains it (`included`) or that it comes on top of."""
    return pence(amount * rate / (1 + rate)) if included else pence(amount * rate)


def share(amount: Decimal, part: int, whole: int) -> Decimal:
    """What `part` of `whole` units carry of `amount`."""
    return pence(amount * part / whole) if whole else NOTHING


def spread(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`amount` split in proportion to `weights`; pennies left over go to the largest fractions, first come first."""
    total = sum(weights, NOTHING)
    if not total:
        return [NOTHING for _ in weights]
    exact = [amount * weight / total for weight in weights]
    parts = [part.quantize(PENNY, ROUND_DOWN) for part in exact]
    left = int((amount - sum(parts, NOTHING)) / PENNY)
    for position in sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])[:left]:
        parts[position] += PENNY
    return parts
