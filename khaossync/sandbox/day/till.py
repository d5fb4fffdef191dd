"""The till of the simulated shop: what every purchase has in common, and what each situation needs besides."""

import random
from decimal import Decimal
from typing import Unpack

from khaossync.sandbox.day.agenda import Agenda
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.range import RANGE
from khaossync.sandbox.shopify import Address, Person, ShopifyShop
from khaossync.sandbox.shopify.purchase import Discount, Terms

_DELIVERIES = (("Standard", Decimal("3.95")), ("Express", Decimal("7.95")), ("Free", Decimal("0.00")))
_STREETS = ("1 High Street", "22 Mill Lane", "Flat 4, 18 Station Road", "The Old Forge & Barn, Church End")
_TOWNS = (("Leeds", "LS1 1AA"), ("Bath", "BA1 1AA"), ("York", "YO1 7AA"), ("Hove", "BN3 1AA"))


class Till:
    """Takes orders; what follows one is written into the agenda, and what it must come to into the notes."""

    def __init__(self, shop: ShopifyShop, dice: random.Random, agenda: Agenda, notes: Notes) -> None:
        self.shop, self.dice, self.agenda, self.notes = shop, dice, agenda, notes
        self._number = 0

    def sell(self, basket: list[tuple[str, int]] | None = None, *discounts: Discount, **terms: Unpack[Terms]) -> str:
        """Somebody new buys; without a basket, or terms, what chance gives. Returns the order's id."""
        self._number += 1
        terms.setdefault("delivery", self.dice.choice(_DELIVERIES))
        terms.setdefault("customer", Person(email=f"customer{self._number}@example.com"))
        terms.setdefault("address", self.address())
        return self.shop.place_order(basket or self.basket(), discounts=discounts, **terms)

    def article(self) -> str:
        """Some article's SKU."""
        return self.dice.choice(RANGE).sku

    def basket(self) -> list[tuple[str, int]]:
        """One to four articles, mostly one of each."""
        skus = {self.article() for _ in range(self.dice.randint(1, 4))}
        return [(sku, self.dice.choice((1, 1, 1, 2))) for sku in sorted(skus)]

    def address(self, street: str = "") -> Address:
        """Somewhere in the country."""
        town, postcode = self.dice.choice(_TOWNS)
        return Address(address1=street or self.dice.choice(_STREETS), city=town, zip=postcode)
