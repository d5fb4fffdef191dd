"""Shopware's arithmetic: binary floats, rounded per line, summed without rounding, as it really shows them.

https://github.com/shopware/shopware/tree/trunk/src/Core/Checkout/Cart/Price
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

GROSS, NET, FREE = "gross", "net", "tax-free"

Price = dict[str, Any]
Rule = tuple[float, float]


@dataclass(frozen=True)
class Terms:
    """How an order is reckoned: its tax status and its currency's rounding.

    `vertical` works the order's tax out of its total per rate; otherwise the lines' taxes are added up.
    """

    status: str = GROSS
    decimals: int = 2
    vertical: bool = False

    @property
    def rounding(self) -> dict[str, Any]:
        """The rounding as it is shown."""
        return {"decimals": self.decimals, "interval": 0.01, "roundForNet": True, "extensions": []}

    def rounded(self, told: float) -> float:
        """Half away from zero, as PHP rounds what it prints."""
        return float(Decimal(repr(told)).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP))


def price(unit: float, quantity: int, rules: Sequence[Rule], terms: Terms) -> Price:
    """The price of a line: the unit is rounded first, each tax then, and nothing besides."""
    unit = terms.rounded(unit)
    taxes = [] if terms.status == FREE else [_tax(unit, quantity, rate, part, terms) for rate, part in rules]
    return _price(unit, quantity, terms.rounded(unit * quantity), taxes, rules)


def _tax(unit: float, quantity: int, rate: float, part: float, terms: Terms) -> Price:
    share = unit / 100 * part
    if terms.status == GROSS:
        tax = terms.rounded(share / ((100 + rate) / 100) * (rate / 100) * quantity)
    else:
        # Net prices: the tax of one unit is rounded and then multiplied.
        tax = terms.rounded(share * (rate / 100)) * quantity
    return _calculated(tax, rate, share * quantity)


def total(prices: Iterable[Price]) -> Price:
    """The sum of prices: amounts and taxes per rate, as floats add up."""
    listed = list(prices)
    amount = 0.0
    for each in listed:
        amount += each["totalPrice"]
    taxes = merged(tax for each in listed for tax in each["calculatedTaxes"])
    return _price(amount, 1, amount, taxes, [(tax["taxRate"], 100) for tax in taxes])


def merged(taxes: Iterable[Price]) -> list[Price]:
    """Taxes per rate."""
    found: dict[float, Price] = {}
    for tax in taxes:
        known = found.setdefault(tax["taxRate"], _calculated(0.0, tax["taxRate"], 0.0))
        known["tax"] += tax["tax"]
        known["price"] += tax["price"]
    return list(found.values())


def shares(prices: Sequence[Price], otherwise: float = 0.0) -> list[Rule]:
    """The rates of a basket, each with its part of it in per cent: what bears its taxes shares them so."""
    taxes = merged(tax for each in prices for tax in each["calculatedTaxes"])
    whole = sum(tax["price"] for tax in taxes)
    if not whole:
        rates = {rule["taxRate"]: rule["percentage"] for each in prices for rule in each["taxRules"]}
        return [(rate, 100 / len(rates)) for rate in rates] or [(otherwise, 100)]
    return [(tax["taxRate"], tax["price"] / whole * 100) for tax in taxes]


def cart(lines: Sequence[Price], deliveries: Sequence[Price], terms: Terms) -> Price:
    """The price of an order; `rawTotal` is what it was before it was rounded."""
    everything, positions = total([*lines, *deliveries]), total(lines)
    taxes = [] if terms.status == FREE else _order_taxes(everything, terms)
    tax = 0.0
    for each in taxes:
        tax += each["tax"]
    raw = everything["totalPrice"] + (tax if terms.status == NET else 0)
    net = everything["totalPrice"] - (tax if terms.status == GROSS else 0)
    return {
        "netPrice": net,
        "totalPrice": terms.rounded(raw),
        "calculatedTaxes": taxes,
        "taxRules": everything["taxRules"],
        "positionPrice": positions["totalPrice"],
        "taxStatus": terms.status,
        "rawTotal": raw,
        "extensions": [],
        "apiAlias": "cart_price",
    }


def _order_taxes(everything: Price, terms: Terms) -> list[Price]:
    if not terms.vertical:
        return [dict(tax) for tax in everything["calculatedTaxes"]]
    return [_tax(tax["price"], 1, tax["taxRate"], 100, terms) for tax in everything["calculatedTaxes"]]


def _price(unit: float, quantity: int, amount: float, taxes: list[Price], rules: Sequence[Rule]) -> Price:
    return {
        "unitPrice": unit,
        "quantity": quantity,
        "totalPrice": amount,
        "calculatedTaxes": taxes,
        "taxRules": [
            {"taxRate": rate, "percentage": part, "extensions": [], "apiAlias": "cart_tax_rule"} for rate, part in rules
        ],
        "referencePrice": None,
        "listPrice": None,
        "regulationPrice": None,
        "extensions": [],
        "apiAlias": "calculated_price",
    }


def _calculated(tax: float, rate: float, amount: float) -> Price:
    return {"tax": tax, "taxRate": rate, "price": amount, "extensions": [], "apiAlias": "cart_tax_calculated"}
