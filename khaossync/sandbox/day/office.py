"""What people in the house do: set up all systems, count and move stock, sell by telephone, edit shops by hand."""

import random
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial

from khaossync.sandbox.day.agenda import Agenda
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.outlets import Outlet
from khaossync.sandbox.day.range import (
    CLOCK,
    COMPANIES,
    GHOST,
    LAMP,
    MONEY_CODES,
    MUG,
    ON_THE_FLOOR,
    POSTER,
    RANGE,
    RUG,
    TAX_CODES,
    TEA,
    VASE,
    Product,
)
from khaossync.sandbox.khaosws import KhaosServer

ENOUGH_FOR = 200
"""Customers whom the stock of the range serves without anything running out."""

_SITE = "1"
_DELIVERIES = 6


class Office:
    """Works in the ERP and in every shop; what must come of it is written into the notes of each."""

    def __init__(
        self,
        outlets: Sequence[tuple[Outlet, Notes]],
        khaos: KhaosServer,
        dice: random.Random,
        agenda: Agenda,
        notes: Notes,
    ) -> None:
        self._outlets, self._khaos, self._dice, self._agenda, self._notes = outlets, khaos, dice, agenda, notes
        self._goods = list({product.sku: product for outlet, _ in outlets for product in outlet.listed}.values())

    def open(self, customers: int) -> None:
        """Put the range on sale, the same stock on all sides, and take up the businesses that buy.

        There is enough of the range for so many customers: only what is meant to run out does.
        """
        plenty = 1 + customers // ENOUGH_FOR
        for code in ("DISCOUNT", *MONEY_CODES.values()):
            self._khaos.add_stock(code, code.title(), {}, controlled=False)
        for code, name in COMPANIES.items():
            self._khaos.add_company(code, name, terms_days=30)
        for product in self._goods:
            if product.stock_code:
                self._stock(product, _times(product, plenty))
        for outlet, _ in self._outlets:
            for product in outlet.listed:
                outlet.face.list_product(product, _shown(product, outlet, _times(product, plenty)))

    def plan(self) -> None:
        """Write into the agenda what these people will do today."""
        for moment, act in self._doings():
            self._agenda.at(moment, act)
        for _ in range(_DELIVERIES):
            self._agenda.at(self._dice.random(), self._goods_in)

    def watch(self) -> None:
        """Note of which stock codes the ERP has less than none."""
        for product in self._goods:
            if self._khaos.knows(product.stock_code) and self._free(product.stock_code) < 0:
                self._notes.below.add(product.stock_code)

    def _doings(self) -> Iterator[tuple[float, Callable[[], None]]]:
        yield 0.10, self._sell_by_telephone
        yield 0.25, self._lose_lamps
        yield 0.65, self._stock_the_floor
        yield 0.70, self._create_the_ghost
        for outlet, notes in self._outlets:
            first, *others = outlet.sites
            yield 0.45, partial(self._type_into, outlet, notes, VASE, first, 7)
            yield 0.50, partial(self._type_into, outlet, notes, CLOCK, first, -5)
            for place in others:
                yield 0.55, partial(self._type_into, outlet, notes, RUG, place, 4)

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

    def _type_into(self, outlet: Outlet, notes: Notes, product: Product, place: str, difference: int) -> None:
        """Somebody in a shop knows better what there is."""
        notes.edited.append(product.sku)
        there = outlet.face.shown()[product.sku, place]
        outlet.face.staff_sets(product.sku, place, there + difference)

    def _stock_the_floor(self) -> None:
        """A trolley goes from the warehouse to the shop floor."""
        self._khaos.adjust(TEA.stock_code, -15, _SITE)
        self._khaos.receive(TEA.stock_code, 15, *ON_THE_FLOOR)

    def _create_the_ghost(self) -> None:
        self._khaos.add_stock(GHOST.sku, GHOST.title, GHOST.stock, tax_code=TAX_CODES[GHOST.vat])

    def _free(self, code: str) -> Decimal:
        sites = {site for product in self._goods for site in product.stock}
        return sum((self._khaos.available(code, site) for site in sorted(sites)), Decimal(0))


def _times(product: Product, plenty: int) -> int:
    return plenty if product in RANGE else 1


def _shown(product: Product, outlet: Outlet, times: int) -> dict[str, int]:
    """What a shop shows of a product at each of its places before anybody tells it better."""
    if product.gift_card:
        return {}
    fed = {
        place: [product.stock[site] for site in sites if site in product.stock] for place, sites in outlet.sites.items()
    }
    return {place: times * sum(units) for place, units in fed.items() if units}
