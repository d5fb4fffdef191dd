"""The ways in which Magento may tax an order, each as settings and a cart that makes it visible.

They are the kinds of Magento's own tests of its totals: prices with or without tax, rounded by unit, row or total,
discounts taken off before or after the tax, prices of another country, taxes beside or upon each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from khaossync.sandbox.adobe.purchase import Discount
from khaossync.sandbox.adobe.taxes import Algorithm, Rate, Taxation

_VAT = (Rate("VAT 20%", Decimal(20)),)
_HALF = (Discount("HALF", percentage=Decimal(50)),)
_HALF_OF_ALL = (Discount("HALF", percentage=Decimal(50), and_shipping=True),)
_BESIDE = (Rate("VAT 20%", Decimal(20)), Rate("Levy 7.5%", Decimal("7.5")))
_UPON = (Rate("VAT 20%", Decimal(20)), Rate("Levy 7.5%", Decimal("7.5"), on_subtotal=False))

Cart = tuple[tuple[str, int], ...]
_ONE: Cart = (("9.99", 2),)
_TWO: Cart = (("10.04", 1), ("11.06", 1))
_TEN: Cart = (("1.03", 10),)


@dataclass(frozen=True)
class Way:
    """One way. `cart` is (price, units) each; `store_rate` is in the prices where it is not the customer's.

    `oddity` names what somebody who works out the tax anew will find: tax_on_full_price (it was charged on what the
    discount took off too) or fraction_of_a_penny (the total has a third decimal). Empty: nothing beyond rounding.
    """

    taxation: Taxation
    cart: Cart = _ONE
    rates: tuple[Rate, ...] = _VAT
    store_rate: Decimal | None = None
    discounts: tuple[Discount, ...] = ()
    delivery: Decimal | None = None
    oddity: str = ""


def _net(algorithm: Algorithm, *, after_discount: bool = True, discount_on_gross: bool = False) -> Taxation:
    return Taxation(algorithm, False, False, after_discount, discount_on_gross)


def _gross(algorithm: Algorithm, *, discount_on_gross: bool = False, cross_border: bool = False) -> Taxation:
    return Taxation(algorithm, True, True, True, discount_on_gross, cross_border)


UNIT, ROW, TOTAL = Algorithm.UNIT, Algorithm.ROW, Algorithm.TOTAL
_CHARGE = Decimal("4.99")
_DISCOUNTED: Cart = (("10.00", 2),)

WAYS: Mapping[str, Way] = {
    "net prices, taxed after the discount": Way(_net(TOTAL), _DISCOUNTED, discounts=_HALF, delivery=_CHARGE),
    "net prices, the discount on gross ones": Way(
        _net(TOTAL, discount_on_gross=True), _DISCOUNTED, discounts=_HALF, delivery=_CHARGE
    ),
    "net prices, taxed before the discount": Way(
        _net(TOTAL, after_discount=False), _DISCOUNTED, discounts=_HALF, delivery=_CHARGE, oddity="tax_on_full_price"
    ),
    "net prices, two rows, by row": Way(_net(ROW), _TWO),
    "net prices, two rows, by total": Way(_net(TOTAL), _TWO),
    "net prices, two rows, by unit": Way(_net(UNIT), _TWO),
    "net prices, by row": Way(_net(ROW)),
    "net prices, by total": Way(_net(TOTAL)),
    "net prices, by unit": Way(_net(UNIT)),
    "gross prices, taxed after a discount on delivery too": Way(
        _gross(ROW), (("29.00", 1),), discounts=_HALF_OF_ALL, delivery=Decimal("5.00"), oddity="fraction_of_a_penny"
    ),
    "gross prices of another country": Way(_gross(UNIT), store_rate=Decimal("0.10")),
    "gross prices, the same in every country": Way(_gross(UNIT, cross_border=True), store_rate=Decimal("0.10")),
    "gross prices, by row": Way(_gross(ROW)),
    "gross prices, by total": Way(_gross(TOTAL)),
    "gross prices, by unit": Way(_gross(UNIT)),
    "a tax upon a tax, by total": Way(_net(TOTAL), _TEN, _UPON),
    "two taxes, by total": Way(_net(TOTAL), _TEN, _BESIDE),
    "two taxes, two rows, by row": Way(_net(ROW), _TWO, _BESIDE),
    "two taxes, two rows, by total": Way(_net(TOTAL), _TWO, _BESIDE),
    "a tax upon a tax, by unit": Way(_net(UNIT), _TEN, _UPON),
    "two taxes, by unit": Way(_net(UNIT), _TEN, _BESIDE),
}
"""Every way, by what it is called."""
