"""The till of a simulated shop: what every purchase has in common, and what each situation needs besides."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Generic, TypeVar, Unpack

from khaossync.sandbox.day.agenda import Agenda
from khaossync.sandbox.day.face import Address, Face, Purchase, Wish
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.range import RANGE, Product

_DELIVERIES = (("Standard", Decimal("3.95")), ("Express", Decimal("7.95")), ("Free", Decimal("0.00")))
_STREETS = ("1 High Street", "22 Mill Lane", "Flat 4, 18 Station Road", "The Old Forge & Barn, Church End")
_TOWNS = (("Leeds", "LS1 1AA"), ("Bath", "BA1 1AA"), ("York", "YO1 7AA"), ("Hove", "BN3 1AA"))

F = TypeVar("F", bound=Face)


class Till(Generic[F]):
    """Takes orders; what follows one is written into the agenda, and what it must come to into the notes.

    `scarce` is the article of which this shop alone has a few.
    """

    def __init__(
        self, channel: str, face: F, scarce: Product, dice: random.Random, agenda: Agenda, notes: Notes
    ) -> None:
        self.face, self.scarce, self.dice, self.agenda, self.notes = face, scarce, dice, agenda, notes
        self._channel, self._number = channel, 0

    def sell(self, basket: Sequence[tuple[str, int]] = (), **wish: Unpack[Wish]) -> str:
        """Somebody new buys. Returns the order's id; raises SoldOut."""
        return self.face.sell(self.purchase(basket, **wish))

    def purchase(self, basket: Sequence[tuple[str, int]] = (), **wish: Unpack[Wish]) -> Purchase:
        """What somebody new has in mind: what chance gives, but for the basket and the wishes."""
        self._number += 1
        wish.setdefault("delivery", self.dice.choice(_DELIVERIES))
        wish.setdefault("email", f"{self._channel}{self._number}@example.com")
        wish.setdefault("address", self.address())
        return Purchase(basket or self.basket(), **wish)

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
        return Address(street or self.dice.choice(_STREETS), town, postcode)
