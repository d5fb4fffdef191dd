"""Everything one shop knows, with its indexes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from khaossync.sandbox.adobe.catalogue import Catalogue
from khaossync.sandbox.adobe.inventory import Inventory
from khaossync.sandbox.adobe.orders import Order
from khaossync.sandbox.adobe.papers import Comment, CreditMemo, Invoice, Shipment
from khaossync.sandbox.adobe.taxes import Taxation


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that the customer got.

    `kind` is shipping_confirmation, invoice, refund or comment. `tracking_numbers` are those that it told, `shipment`
    is the id of what was shipped.
    """

    order: str
    to: str | None
    kind: str
    tracking_numbers: tuple[str, ...] = ()
    shipment: int | None = None


@dataclass(slots=True)
class Habits:
    """In what one shop may differ from another.

    `repeats_last_page`: a page past the end is the last one again (older versions). `copies_prices`: the child row of
    a configurable repeats its parent's price. `limits`: the input limits of the API are on. `maintenance`: a page for
    people and nothing else. `fatal`: so many calls more die half-way. `sends_nulls`: an order's fields without a value
    are sent as null. `bulk_runs`: the consumer of asynchronous operations is at work.
    """

    repeats_last_page: bool = True
    copies_prices: bool = False
    limits: bool = False
    maintenance: bool = False
    fatal: int = 0
    sends_nulls: bool = False
    bulk_runs: bool = True


class State:
    """One shop's records. `statuses` are the merchant's own, with the state that each belongs to."""

    def __init__(self, name: str, currency: str, now: Callable[[], datetime], inventory: Inventory) -> None:
        self.name = name
        self.currency = currency
        self._now = now
        self.catalogue = Catalogue()
        self.inventory = inventory
        self.taxation = Taxation()
        self.habits = Habits()
        self.orders: dict[int, Order] = {}
        self.invoices: dict[int, Invoice] = {}
        self.shipments: dict[int, Shipment] = {}
        self.memos: dict[int, CreditMemo] = {}
        self.customers: dict[str, int] = {}
        self.mails: list[Mail] = []
        self.statuses: dict[str, str] = {}
        self.lags: list[timedelta] = []
        self._numbers: dict[str, int] = {}

    def now(self) -> datetime:
        """The shop's clock, to the second, as it writes it."""
        return self._now().replace(microsecond=0)

    def next(self, kind: str) -> int:
        """The next id of a kind of record: each kind counts from 1."""
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return self._numbers[kind]

    def name_for(self, kind: str) -> str:
        """The next number that people see."""
        return f"{self.next(f'{kind} name'):09d}"

    def lag(self) -> datetime | None:
        """Until when the order that is placed now is not to be found, as its transaction takes so long."""
        return self.now() + self.lags.pop(0) if self.lags else None

    def committed(self) -> list[Order]:
        """The orders that can be found."""
        now = self.now()
        return [each for each in self.orders.values() if each.hidden_until is None or each.hidden_until <= now]

    def give_name_back(self, kind: str) -> None:
        """The last number that people would have seen was not used after all."""
        self._numbers[f"{kind} name"] -= 1

    def touch(self, order: Order) -> None:
        """An order was saved."""
        order.updated_at = self.now()

    def comment(self, order: Order, text: str, *, notified: bool = False, visible: bool = False) -> Comment:
        """Write a note on an order."""
        note = Comment(self.next("comment"), text, order.status, self.now(), notified, visible)
        order.comments.append(note)
        return note

    def units(self, order: Order, rows: "dict[int, Decimal]") -> dict[str, Decimal]:
        """What lies on the shelf for units of rows (by id): SKU → units, of what the shop counts."""
        found: dict[str, Decimal] = {}
        for number, units in rows.items():
            row = order.item(number)
            if row is None:
                raise KeyError(number)
            for leaf in order.leaves(row):
                if self.inventory.is_kept(leaf.product.sku):
                    each = leaf.ordered / row.ordered
                    found[leaf.product.sku] = found.get(leaf.product.sku, Decimal(0)) + each * units
        return found

    def backordered(self) -> frozenset[str]:
        """The SKUs that may be sold below none."""
        return frozenset(each.sku for each in self.catalogue.by_number.values() if each.backorders)
