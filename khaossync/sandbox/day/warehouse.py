"""What the warehouse does: pick what the ERP lists and despatch it, sometimes in two parts or without its number."""

import random
from collections import Counter
from dataclasses import dataclass

from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.khaosws import KhaosServer, Order

COURIERS = ("RM48", "DPD")
AUTHORISE = 11
"""The stage of an order whose payment is not taken yet."""

PARTED = 0.2
"""How many of the orders with several articles leave in two parcels."""

UNNUMBERED = 10
"""Of so many parcels of a shop that leave whole one gets its tracking number only later, at first the third."""

FORGETFUL = 4
"""After how many rounds somebody types that number in."""


@dataclass(slots=True)
class Late:
    """A parcel that left without its number."""

    ref: str
    number: str
    rounds: int = FORGETFUL


class Warehouse:
    """Works through the ERP's sales orders, a round at a time."""

    def __init__(self, khaos: KhaosServer, dice: random.Random, notes: Notes) -> None:
        self._khaos = khaos
        self._dice = dice
        self._notes = notes
        self._consignments = 0
        self._whole: Counter[str] = Counter()
        self._picked: set[str] = set()
        self._parted: set[str] = set()
        self._late: list[Late] = []

    def round(self) -> None:
        """Pick what came since the last round, despatch what was picked then, and issue what has left."""
        for order in self._khaos.orders():
            if not (order.cancelled or order.complete):
                self._advance(order)
        for late in self._late:
            late.rounds -= 1
            if not late.rounds:
                self._khaos.track(late.ref, late.number, _followed_at(late.number))
        self._late = [late for late in self._late if late.rounds]

    @property
    def idle(self) -> bool:
        """Whether nothing is left to be sent, or to be typed in."""
        return not self._late and all(order.cancelled or order.complete for order in self._khaos.orders())

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
        parcel = self._first_part(order)
        unnumbered = parcel is None and order.ref not in self._parted and self._is_forgotten(order)
        self._parted.add(order.ref)
        self._consignments += 1
        number = f"TRK{self._consignments:06d}GB"
        courier = self._dice.choice(COURIERS)
        if unnumbered:
            self._late.append(Late(order.ref, number))
            self._notes.late[number] = order.ref
            self._khaos.despatch(order.ref, courier=courier, consignment="")
        else:
            url = _followed_at(number)
            self._khaos.despatch(order.ref, parcel, courier=courier, consignment=number, tracking_url=url)

    def _is_forgotten(self, order: Order) -> bool:
        """Whether somebody forgets the number of an order that leaves whole."""
        shop = order.ref.rstrip("0123456789")
        self._whole[shop] += 1
        return self._whole[shop] % UNNUMBERED == 3

    def _first_part(self, order: Order) -> dict[str, int] | None:
        """What leaves first, of an order that leaves in two parcels."""
        codes = {line.stock_code for line in order.goods}
        if len(codes) < 2 or order.ref in self._parted or self._dice.random() >= PARTED:
            return None
        first = min(codes)
        return {first: int(sum(line.quantity for line in order.goods if line.stock_code == first))}


def _followed_at(number: str) -> str:
    return f"https://track.example/{number}"
