"""Penny arithmetic: rounding, and spreading an amount so that the parts add up to it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

PENNY = Decimal("0.01")
NOTHING = Decimal(0)


def pence(amount: Decimal) -> Decimal:
    """`amount` to the penny, halves away from zero."""
    return amount.quantize(PENNY, ROUND_HALF_UP)


def part(amount: Decimal, done: Decimal, more: Decimal, whole: Decimal) -> Decimal:
    """What `more` of `whole` units carry of `amount` when `done` had their share: all the shares add up to it."""
    if not whole:
        return NOTHING
    before = pence(amount * done / whole)
    return (amount if done + more >= whole else pence(amount * (done + more) / whole)) - before


def spread(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`amount` split in proportion to `weights`, each rounded, the rest on the last that weighs anything."""
    total = sum(weights, NOTHING)
    if not total:
        return [NOTHING for _ in weights]
    parts = [pence(amount * weight / total) for weight in weights]
    last = max(at for at, weight in enumerate(weights) if weight)
    parts[last] += amount - sum(parts, NOTHING)
    return parts
