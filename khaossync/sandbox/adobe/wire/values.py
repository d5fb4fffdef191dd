"""Numbers, moments and money as Magento writes them: numbers as JSON numbers, times as UTC without saying so."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

_STORED = Decimal("0.0001")


def number(amount: Decimal | int) -> int | float:
    """An amount, kept to four places, as PHP prints it."""
    exact = Decimal(amount).quantize(_STORED, ROUND_HALF_UP)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


@lru_cache(maxsize=1 << 16)
def stamp(at: datetime) -> str:
    """A moment as MySQL keeps it."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def money(rate: Decimal, amounts: Mapping[str, Decimal]) -> dict[str, Any]:
    """Amounts with their `base_` twins in the shop's own currency."""
    told: dict[str, Any] = {}
    for name, amount in amounts.items():
        told[_base(name)] = number(amount / rate)
        told[name] = number(amount)
    return told


def _base(name: str) -> str:
    """One twin is cut short, for the sake of the database's names."""
    return "base_" + name.replace(
        "shipping_discount_tax_compensation_amount", "shipping_discount_tax_compensation_amnt"
    )


def without_none(told: Mapping[str, Any]) -> dict[str, Any]:
    """A field without a value is left out of an answer."""
    return {name: value for name, value in told.items() if value is not None}


def currencies(own: str, theirs: str, rate: Decimal) -> dict[str, Any]:
    """The shop's own currency, the customer's, and the rates between them."""
    return {
        "base_currency_code": own,
        "base_to_global_rate": 1,
        "base_to_order_rate": number(rate),
        "global_currency_code": own,
        "order_currency_code": theirs,
        "store_currency_code": own,
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
    }
