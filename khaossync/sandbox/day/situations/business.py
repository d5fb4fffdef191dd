"""Businesses buy: under their own customer code, on account, or before anybody gave them a code."""

from khaossync.sandbox.day.range import COMPANIES
from khaossync.sandbox.day.till import Till
from khaossync.sandbox.shopify import Company

TERMS = 30
"""Days until a business pays what it bought on account."""

_KNOWN, _ON_ACCOUNT, _NEW = COMPANIES


def business(till: Till) -> None:
    till.sell(company=Company(COMPANIES[_KNOWN], _KNOWN))


def business_on_account(till: Till) -> None:
    till.sell(company=Company(COMPANIES[_ON_ACCOUNT], _ON_ACCOUNT, net_days=TERMS), payment="pending")


def business_without_code(till: Till) -> None:
    """Staff enter its code in the shop when they are told, and note on the order that they did."""
    order = till.sell(company=Company(COMPANIES[_NEW]))
    till.notes.released.append(order)

    def enter() -> None:
        till.shop.enter_company_code(order, _NEW)
        till.shop.tag(order, "code entered")

    till.agenda.once_told("unmapped_customer", enter)


SITUATIONS = (
    (business, 3),
    (business_on_account, 3),
    (business_without_code, 1),
)
