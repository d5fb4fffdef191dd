"""Decimal arithmetic on amounts: minor units, half-up rounding, and sharing a sum without losing a penny."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)

# ISO 4217 currencies whose minor unit is not 1/100.
_MINOR_DIGITS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for GBP, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-_MINOR_DIGITS.get(currency, 2))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up to the currency's minor unit, as Khaos Control rounds."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def spoken(amount: Decimal, currency: str) -> str:
    """An amount as people write it: `18.50 GBP`, `1200 JPY`; more digits only where there are more."""
    unit = minor_unit(currency)
    exact = amount.quantize(unit) if amount == amount.quantize(unit) else amount
    return f"{exact:f} {currency}"


def share(amount: Decimal, weights: Sequence[Decimal], currency: str) -> tuple[Decimal, ...]:
    """Split an amount by weights so that the parts add up to it exactly (largest remainder).

    Weights must not be negative; when all are zero the first part takes everything. An empty list of weights
    is an error unless the amount is zero.
    """
    if not weights:
        if amount:
            raise ValueError(f"nothing to share {amount} {currency} over")
        return ()
    total = sum(weights, ZERO)
    if total == 0:
        return (amount, *(ZERO for _ in weights[1:]))
    unit = minor_unit(currency)
    exact = [amount * weight / total for weight in weights]
    parts = [part.quantize(unit, rounding=ROUND_DOWN) for part in exact]
    missing = amount - sum(parts, ZERO)
    step = unit if missing > 0 else -unit
    order = sorted(range(len(parts)), key=lambda i: (-abs(exact[i] - parts[i]), i))
    for i in order[: int(abs(missing) / unit)]:
        parts[i] += step
    parts[order[0]] += amount - sum(parts, ZERO)
    return tuple(parts)
