"""What customers and the shop's staff do: buy, pay late, cancel, edit, return, and ask for odd things."""

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from khaossync.sandbox.day.range import GHOST, GIFT_SET, RANGE
from khaossync.sandbox.shopify import Address, OutOfStock, Person, ShopifyShop

SITUATIONS: tuple[tuple[str, int], ...] = (
    ("ordinary", 46),
    ("authorised", 10),
    ("discounted", 10),
    ("several_of_one", 6),
    ("pack", 4),
    ("paid_late", 4),
    ("never_paid", 2),
    ("changed_mind", 3),
    ("cancelled_late", 2),
    ("returned", 5),
    ("goodwill", 3),
    ("edited", 2),
    ("test_order", 1),
    ("unknown_article", 1),
    ("odd_delivery", 1),
)
"""Each situation with its share of the day; each happens at least once when there are orders enough."""

_DELIVERIES = (("Standard", Decimal("3.95")), ("Express", Decimal("7.95")), ("Free", Decimal("0.00")))
_STREETS = ("1 High Street", "22 Mill Lane", "Flat 4, 18 Station Road", "The Old Forge & Barn, Church End")
_TOWNS = (("Leeds", "LS1 1AA"), ("Bath", "BA1 1AA"), ("York", "YO1 7AA"), ("Hove", "BN3 1AA"))

Later = Callable[[float, Callable[[], None]], None]


class Customers:
    """Plays one situation per order; what follows an order is asked of `later(fraction of the day, act)`."""

    def __init__(self, shop: ShopifyShop, dice: random.Random, later: Later) -> None:
        self._shop = shop
        self._dice = dice
        self._later = later
        self.told: Counter[str] = Counter()
        self._number = 0

    def buy(self, situation: str) -> None:
        """Place the order of one situation; an article that is sold out sends the customer away."""
        try:
            getattr(self, f"_{situation}")()
        except OutOfStock:
            self.told["sold_out"] += 1
        else:
            self.told[situation] += 1

    def _ordinary(self) -> None:
        self._order()

    def _authorised(self) -> None:
        order = self._order(payment="authorized")
        self._later(0.2, lambda: self._shop.capture(order))

    def _discounted(self) -> None:
        off = Decimal(self._dice.choice(("1.00", "2.50", "3.33")))
        self._order(discount=("WELCOME", off))

    def _several_of_one(self) -> None:
        self._order([(self._article(), 3), (self._article(), 2)])

    def _pack(self) -> None:
        self._order([(GIFT_SET.sku, self._dice.randint(1, 2))])

    def _paid_late(self) -> None:
        order = self._order(payment="pending")
        self._later(0.15, lambda: self._shop.pay(order))

    def _never_paid(self) -> None:
        self._order(payment="pending")

    def _changed_mind(self) -> None:
        order = self._order()
        self._later(0.003, lambda: self._shop.cancel(order, restock=True, refund=True))

    def _cancelled_late(self) -> None:
        order = self._order()
        self._later(0.06, lambda: self._cancel_unless_gone(order))

    def _cancel_unless_gone(self, order: str) -> None:
        if not self._shop.fulfilments(order):
            self._shop.cancel(order, restock=True, refund=True)

    def _returned(self) -> None:
        basket = self._basket()
        order = self._order(basket)
        sku = basket[0][0]
        self._later(0.25, lambda: self._refund(order, {sku: 1}, restock=True))

    def _goodwill(self) -> None:
        order = self._order()
        self._later(0.2, lambda: self._refund(order, {}, amount=Decimal("2.00")))

    def _refund(
        self, order: str, lines: dict[str, int], *, restock: bool = False, amount: Decimal | None = None
    ) -> None:
        self._shop.refund(order, lines, restock=restock, amount=amount)

    def _edited(self) -> None:
        basket = [(self._article(), 2)]
        order = self._order(basket)
        self._later(0.01, lambda: self._shop.edit(order, quantities={basket[0][0]: 1}))

    def _test_order(self) -> None:
        self._order(test=True)

    def _unknown_article(self) -> None:
        self._order([(GHOST.sku, 1)])

    def _odd_delivery(self) -> None:
        self._order(delivery=("Carrier pigeon", Decimal("1.00")))

    def _article(self) -> str:
        return self._dice.choice(RANGE).sku

    def _basket(self) -> list[tuple[str, int]]:
        skus = {self._article() for _ in range(self._dice.randint(1, 4))}
        return [(sku, self._dice.choice((1, 1, 1, 2))) for sku in sorted(skus)]

    def _order(
        self,
        basket: list[tuple[str, int]] | None = None,
        *,
        payment: str = "paid",
        discount: tuple[str, Decimal] | None = None,
        delivery: tuple[str, Decimal] | None = None,
        test: bool = False,
    ) -> str:
        self._number += 1
        town, postcode = self._dice.choice(_TOWNS)
        return self._shop.place_order(
            basket or self._basket(),
            payment=payment,
            discount=discount,
            delivery=delivery or self._dice.choice(_DELIVERIES),
            test=test,
            customer=Person(email=f"customer{self._number}@example.com"),
            address=Address(address1=self._dice.choice(_STREETS), city=town, zip=postcode),
        )
