"""The line of a bundle opened into lines of its parts, without moving a penny of its price or of its tax."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from khaossync.domain.money import ZERO, minor_unit
from khaossync.domain.sales_order import NOTHING, SalesLine, Totals
from khaossync.domain.stock import StockItem

Items = Mapping[str, StockItem]
Units = Mapping[str, int]
"""Stock code → units."""

Shares = dict[str, list[tuple[Decimal, int]]]
"""Stock code → (price of a unit, so many units at it)."""


def opened(whole: SalesLine, parts: Units, stock_items: Items, currency: str) -> tuple[SalesLine, ...]:
    """The line of a bundle as lines of its parts: the same price together, the same tax, the same rate each.

    The price is shared by the ERP's own prices, or equally per unit where it does not tell all of them. A unit's share
    is a whole number of minor units, so units of one part may differ by one. Where the tax, which the ERP rounds by
    line, would then miss the bundle's own, the shares are made of amounts whose tax is exact.
    """
    units = {code: each * whole.quantity for code, each in parts.items()}
    worth = _worth(units, stock_items)
    penny = minor_unit(currency)
    lines: tuple[SalesLine, ...] = ()
    for step in (penny, penny * _exact(whole)):
        shares = _shared(whole.unit_price * whole.quantity, units, worth, step)
        lines = tuple(_lines(whole, shares, stock_items))
        if _totals(lines, currency) == whole.totals(currency):
            break
    return lines


def _worth(units: Units, stock_items: Items) -> Mapping[str, Decimal]:
    """What a unit of each part is worth beside the others."""
    prices = {code: stock_items[code].price or ZERO for code in units}
    return prices if all(price > 0 for price in prices.values()) else dict.fromkeys(units, Decimal(1))


def _exact(line: SalesLine) -> int:
    """The fewest minor units whose tax is a whole number of them: at 20 % 6 of a price with tax, 5 of one without."""
    rate = Fraction(line.tax_rate)
    return (1 / (1 + rate)).denominator if line.gross else rate.denominator


def _shared(total: Decimal, units: Units, worth: Mapping[str, Decimal], step: Decimal) -> Shares:
    """Every unit at its share in whole steps, as many as it takes one step dearer, and what is no step on the last."""
    whole = sum((worth[code] * count for code, count in units.items()), ZERO)
    exact = {code: total * worth[code] / whole for code in units}
    base = {code: (share / step).to_integral_value(ROUND_FLOOR) * step for code, share in exact.items()}
    left = total - sum((base[code] * count for code, count in units.items()), ZERO)
    steps, rest = divmod(left, step)
    shares: Shares = {}
    for code in sorted(units, key=lambda code: base[code] - exact[code]):
        dearer = min(units[code], int(steps))
        steps -= dearer
        shares[code] = [(base[code], units[code] - dearer), (base[code] + step, dearer)]
    if rest:
        _raise_one(shares, rest)
    return {code: [(price, count) for price, count in shares[code] if count] for code in units}


def _raise_one(shares: Shares, rest: Decimal) -> None:
    """Put what is less than a step on one unit."""
    prices = next(reversed(shares.values()))
    index = next(index for index, (_, count) in enumerate(prices) if count)
    price, count = prices[index]
    prices[index] = (price, count - 1)
    prices.append((price + rest, 1))


def _lines(whole: SalesLine, shares: Shares, stock_items: Items) -> Iterator[SalesLine]:
    for code, prices in shares.items():
        for price, count in prices:
            described = stock_items[code].description or whole.description
            part = replace(whole, stock_code=code, description=described, quantity=count, unit_price=price)
            yield replace(part, bundles=whole.quantity)


def _totals(lines: tuple[SalesLine, ...], currency: str) -> Totals:
    return sum((line.totals(currency) for line in lines), NOTHING)
