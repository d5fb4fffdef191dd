"""How Magento taxes a cart: by unit, row or total, on net or gross prices, before or after the discount.

https://experienceleague.adobe.com/en/docs/commerce-admin/stores-sales/site-store/taxes/taxes
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from khaossync.sandbox.adobe.money import NOTHING, pence

_NUDGE = Decimal("0.000001")
"""What the first rounding of a kind starts with, so that halves always go up."""


class Algorithm(StrEnum):
    """On what the tax is rounded."""

    UNIT = "UNIT_BASE_CALCULATION"
    ROW = "ROW_BASE_CALCULATION"
    TOTAL = "TOTAL_BASE_CALCULATION"


@dataclass(frozen=True, slots=True)
class Rate:
    """One tax. A later rate of a product is charged on the earlier taxes too, unless `on_subtotal`."""

    code: str
    percent: Decimal
    on_subtotal: bool = True


@dataclass(frozen=True, slots=True)
class Taxation:
    """The merchant's tax settings.

    `discount_on_gross` takes a percentage off prices with tax; `after_discount` taxes what is left after a discount.
    With `cross_border` a price with tax is the same for every customer's rate.
    """

    algorithm: Algorithm = Algorithm.TOTAL
    prices_include_tax: bool = True
    shipping_includes_tax: bool = True
    after_discount: bool = True
    discount_on_gross: bool = True
    cross_border: bool = False
    shipping: tuple[Rate, ...] = (Rate("VAT 20%", Decimal(20)),)


@dataclass(frozen=True, slots=True)
class Taxable:
    """One row to be taxed. `store_percent` is the rate that is in the price, where that is not the customer's."""

    price: Decimal
    quantity: Decimal
    rates: tuple[Rate, ...]
    gross: bool
    store_percent: Decimal | None = None
    discount: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Applied:
    """One tax on one row, with the percentage that it comes to."""

    rate: Rate
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Taxed:
    """What a row costs. `row_total` is before the discount, `compensation` the tax that hid in a discount."""

    price: Decimal = NOTHING
    price_incl_tax: Decimal = NOTHING
    row_total: Decimal = NOTHING
    row_total_incl_tax: Decimal = NOTHING
    tax: Decimal = NOTHING
    compensation: Decimal = NOTHING
    percent: Decimal = NOTHING
    applied: tuple[Applied, ...] = ()


def effective(rates: Sequence[Rate]) -> list[tuple[Rate, Decimal]]:
    """The rates with what each comes to: one that is charged on earlier taxes comes to more."""
    found: list[tuple[Rate, Decimal]] = []
    for rate in rates:
        before = NOTHING if rate.on_subtotal else sum((percent for _, percent in found), NOTHING)
        found.append((rate, rate.percent * (1 + before / 100)))
    return found


class Calculator:
    """Taxes the rows of one cart in turn: with the total algorithm a row inherits the rounding of those before."""

    def __init__(self, settings: Taxation) -> None:
        self._settings = settings
        self._deltas: defaultdict[tuple[object, ...], Decimal] = defaultdict(lambda: _NUDGE)
        self._row = 0

    def tax(self, told: Taxable) -> Taxed:
        """Work out one row."""
        self._row += 1
        if told.gross:
            return self._gross_by_unit(told) if self._by_unit else self._gross_by_row(told)
        return self._net(told, told.quantity if self._by_unit else Decimal(1))

    @property
    def _by_unit(self) -> bool:
        return self._settings.algorithm is Algorithm.UNIT

    def _round(self, amount: Decimal, rate: object, kind: str) -> Decimal:
        """To the penny; unless by row, what was rounded away is carried to the next amount of the kind."""
        if self._settings.algorithm is Algorithm.ROW or not amount:
            return pence(amount)
        key = (kind, rate, self._row) if self._by_unit else (kind, rate)
        exact = amount + self._deltas[key]
        rounded = pence(exact)
        self._deltas[key] = exact - rounded
        return rounded

    def _gross_price(self, told: Taxable, percent: Decimal) -> Decimal:
        price = pence(told.price)
        inside = percent if told.store_percent is None else told.store_percent
        if inside == percent or self._settings.cross_border:
            return price
        return pence(price / (1 + inside / 100) * (1 + percent / 100))

    def _gross_by_unit(self, told: Taxable) -> Taxed:
        percent = sum((each for _, each in effective(told.rates)), NOTHING)
        gross, many = self._gross_price(told, percent), told.quantity
        tax = before = pence(_inside(gross, percent))
        if told.discount and self._settings.after_discount:
            tax = pence(_inside(max(gross - told.discount / many, NOTHING), percent))
        net = gross - before
        comp = (before - tax) * many
        applied = _shares(tax * many, told.rates, percent)
        return Taxed(net, gross, net * many, gross * many, tax * many, comp, percent, applied)

    def _gross_by_row(self, told: Taxable) -> Taxed:
        percent = sum((each for _, each in effective(told.rates)), NOTHING)
        gross = self._gross_price(told, percent)
        row = gross * told.quantity
        after = self._settings.after_discount
        tax = before = self._round(_inside(row, percent), percent, "before" if after else "after")
        net = row - before
        if after:
            tax = self._round(_inside(max(row - told.discount, NOTHING), percent), percent, "after")
        applied = _shares(tax, told.rates, percent)
        return Taxed(pence(net / told.quantity), gross, net, row, tax, before - tax, percent, applied)

    def _net(self, told: Taxable, times: Decimal) -> Taxed:
        """Each rate is rounded by itself; `times` units (or one row) bear the same."""
        price = pence(told.price)
        row = price * told.quantity
        base, discount = row / times, told.discount / times
        applied, before = [], NOTHING
        for rate, percent in effective(told.rates):
            tax = full = self._round(
                base * percent / 100, rate.code, "before" if self._settings.after_discount else "after"
            )
            if self._settings.after_discount:
                tax = self._round(max(base - discount, NOTHING) * percent / 100, rate.code, "after")
            before += full
            applied.append(Applied(rate, percent, tax * times))
        row_incl = row + before * times
        percent = sum((each.percent for each in applied), NOTHING)
        tax = sum((each.amount for each in applied), NOTHING)
        return Taxed(price, pence(row_incl / told.quantity), row, row_incl, tax, NOTHING, percent, tuple(applied))


def _inside(gross: Decimal, percent: Decimal) -> Decimal:
    """The tax that is in an amount, unrounded."""
    return gross - gross / (1 + percent / 100)


def _shares(tax: Decimal, rates: Sequence[Rate], percent: Decimal) -> tuple[Applied, ...]:
    """How much of a row's tax each rate has; the last has the rest."""
    found = effective(rates)
    amounts = [pence(tax * each / percent) if percent else NOTHING for _, each in found]
    if amounts:
        amounts[-1] += tax - sum(amounts, NOTHING)
    return tuple(Applied(rate, each, amount) for (rate, each), amount in zip(found, amounts, strict=True))
