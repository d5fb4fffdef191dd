"""What people in the house do: set up both systems, count and move stock, sell by telephone, edit the shop by hand."""

import random
from collections.abc import Callable
from decimal import Decimal

from khaossync.sandbox.day.agenda import Agenda
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.range import (
    CLOCK,
    COMPANIES,
    FLOOR,
    GHOST,
    LAMP,
    LISTED,
    MONEY_CODES,
    MUG,
    PLACES,
    POSTER,
    RANGE,
    RUG,
    TAX_CODES,
    TEA,
    VASE,
    WAREHOUSE,
    Product,
)
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import ShopifyShop

ENOUGH_FOR = 200
"""Customers whom the stock of the range serves without anything running out."""

_SITE = "1"
_DELIVERIES = 6


class Office:
    """Works in both systems; what must come of it is written into the notes."""

    def __init__(
        self, shop: ShopifyShop, khaos: KhaosServer, dice: random.Random, agenda: Agenda, notes: Notes
    ) -> None:
        self._shop, self._khaos, self._dice, self._agenda, self._notes = shop, khaos, dice, agenda, notes

    def open(self, customers: int) -> None:
        """Put the range on sale, the same stock on both sides, and take up the businesses that buy.

        There is enough of the range for so many customers: only what is meant to run out does.
        """
        plenty = 1 + customers // ENOUGH_FOR
        for code in ("DISCOUNT", *MONEY_CODES.values()):
            self._khaos.add_stock(code, code.title(), {}, controlled=False)
        for code, name in COMPANIES.items():
            self._khaos.add_company(code, name, terms_days=30)
        for product in LISTED:
            times = plenty if product in RANGE else 1
            if product.stock_code:
                self._stock(product, times)
            self._shop.list_product(
                product.sku,
                product.title,
                product.price,
                _shown(product, times),
                tax_rate=product.vat,
                gift_card=product.gift_card,
            )

    def plan(self) -> None:
        """Write into the agenda what these people will do today."""
        for moment, act in self._doings():
            self._agenda.at(moment, act)
        for _ in range(_DELIVERIES):
            self._agenda.at(self._dice.random(), self._goods_in)

    def watch(self) -> None:
        """Note of which stock codes the ERP has less than none."""
        for product in LISTED:
            if self._khaos.knows(product.stock_code) and self._free(product.stock_code) < 0:
                self._notes.below.add(product.stock_code)

    def _doings(self) -> tuple[tuple[float, Callable[[], None]], ...]:
        return (
            (0.10, self._sell_by_telephone),
            (0.25, self._lose_lamps),
            (0.35, lambda: self._type_into_the_shop(VASE, WAREHOUSE, 7)),
            (0.45, lambda: self._type_into_the_shop(CLOCK, WAREHOUSE, -5)),
            (0.55, lambda: self._type_into_the_shop(RUG, FLOOR, 4)),
            (0.65, self._stock_the_floor),
            (0.70, self._create_the_ghost),
        )

    def _stock(self, product: Product, times: int) -> None:
        """Create the stock item with what is on the shelf."""
        self._khaos.add_stock(
            product.stock_code,
            product.title,
            {site: times * Decimal(units) for site, units in product.stock.items()},
            tax_code=TAX_CODES[product.vat],
            pack={code: Decimal(units) for code, units in product.pack} or None,
        )

    def _goods_in(self) -> None:
        """A delivery from a supplier."""
        product = self._dice.choice(RANGE)
        self._khaos.receive(product.stock_code, self._dice.randint(10, 60), _SITE)

    def _sell_by_telephone(self) -> None:
        """The ERP sells too: what is gone there must not be sold in the shop."""
        self._khaos.adjust(MUG.stock_code, -6, _SITE)
        self._khaos.adjust(POSTER.stock_code, -2, _SITE)

    def _lose_lamps(self) -> None:
        """A stock take finds fewer than were promised; when people are told, the missing box turns up."""
        code = LAMP.stock_code
        self._notes.meant.add(code)
        self._khaos.adjust(code, -self._free(code) - 4, _SITE)
        self._agenda.once_told("negative_stock", lambda: self._khaos.receive(code, 20, _SITE))

    def _type_into_the_shop(self, product: Product, place: str, difference: int) -> None:
        """Somebody in the shop knows better what there is."""
        self._notes.edited.append(product.sku)
        self._shop.staff_sets(product.sku, place, self._shop.available(product.sku, place) + difference)

    def _stock_the_floor(self) -> None:
        """A trolley goes from the warehouse to the shop floor."""
        self._khaos.adjust(TEA.stock_code, -15, _SITE)
        self._khaos.receive(TEA.stock_code, 15, *PLACES[FLOOR])

    def _create_the_ghost(self) -> None:
        self._khaos.add_stock(GHOST.sku, GHOST.title, GHOST.stock, tax_code=TAX_CODES[GHOST.vat])

    def _free(self, code: str) -> Decimal:
        sites = {site for product in LISTED for site in product.stock}
        return sum((self._khaos.available(code, site) for site in sorted(sites)), Decimal(0))


def _shown(product: Product, times: int) -> dict[str, int]:
    """What the shop shows of a product at each of its places before anybody tells it better."""
    if product.gift_card:
        return {}
    fed = {place: [product.stock[site] for site in sites if site in product.stock] for place, sites in PLACES.items()}
    return {place: times * sum(units) for place, units in fed.items() if units}
