"""What the warehouse does: receive goods, pick what the ERP lists, and despatch it, sometimes in two parts."""

import random
from decimal import Decimal

from khaossync.sandbox.day.range import RANGE, TAX_CODES, Product
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.khaosws.records import Order

COURIERS = ("RM48", "DPD")
AUTHORISE = 11
"""The stage of an order whose payment is not taken yet."""

PARTED = 0.2
"""How many of the orders with several articles leave in two parcels."""


class Warehouse:
    """Works through the ERP's sales orders, a round at a time."""

    def __init__(self, khaos: KhaosServer, dice: random.Random) -> None:
        self._khaos = khaos
        self._dice = dice
        self._consignments = 0
        self._picked: set[str] = set()
        self._parted: set[str] = set()

    def stock(self, product: Product) -> None:
        """Create the stock item with what is on the shelf."""
        self._khaos.add_stock(
            product.stock_code,
            product.title,
            {site: Decimal(units) for site, units in product.stock.items()},
            tax_code=TAX_CODES[product.vat],
            pack={code: Decimal(units) for code, units in product.pack} or None,
        )

    def money_code(self, code: str) -> None:
        """Create a code that books money and stands on no shelf."""
        self._khaos.add_stock(code, code.title(), {}, controlled=False)

    def goods_in(self) -> None:
        """A delivery from a supplier."""
        product = self._dice.choice(RANGE)
        self._khaos.receive(product.stock_code, Decimal(self._dice.randint(10, 60)), "1")

    def round(self) -> None:
        """Pick what came since the last round, despatch what was picked then, and issue what has left."""
        for order in self._khaos.orders():
            if not (order.cancelled or order.complete):
                self._advance(order)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to be sent."""
        return all(order.cancelled or order.complete for order in self._khaos.orders())

    def _advance(self, order: Order) -> None:
        if order.stage == AUTHORISE:
            self._khaos.authorise(order.ref)
        elif order.ref not in self._picked:
            self._picked.add(order.ref)
            self._khaos.pick(order.ref)
        elif any(invoice.shipped_at is None for invoice in order.invoices):
            self._despatch(order)
        else:
            self._khaos.issue(order.ref)

    def _despatch(self, order: Order) -> None:
        codes = {line.stock_code for line in order.goods}
        parcel = None
        if len(codes) > 1 and order.ref not in self._parted and self._dice.random() < PARTED:
            first = min(codes)
            parcel = {first: sum(line.quantity for line in order.goods if line.stock_code == first)}
        self._parted.add(order.ref)
        self._consignments += 1
        consignment = f"TRK{self._consignments:06d}GB"
        courier = self._dice.choice(COURIERS)
        url = f"https://track.example/{consignment}"
        self._khaos.despatch(order.ref, parcel, courier=courier, consignment=consignment, tracking_url=url)
