"""The proof of a trading day, read back from both simulated systems and never from the daemon's own tables."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from khaossync.sandbox.khaosws import Invoice, KhaosServer
from khaossync.sandbox.khaosws import Order as SalesOrder
from khaossync.sandbox.shopify import OrderRecord, ShopifyShop

PAID = frozenset({"PAID", "AUTHORIZED", "PARTIALLY_REFUNDED"})
"""The shop's words for an order whose goods the customer is to have."""


STUCK = frozenset({"unallocated_despatch", "despatch_refused"})
"""The cases that tell people of a parcel which the shop does not take, for it knows the order otherwise."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What people were asked to do: the class of the case and the record it names."""

    case_class: str
    subject: str


@dataclass(slots=True)
class Law:
    """One law of the day: how many records were held against it, and which broke it."""

    text: str
    checked: int = 0
    broken: list[str] = field(default_factory=list)

    def hold(self, good: bool, complaint: str) -> None:
        """Hold one record against the law."""
        self.checked += 1
        if not good:
            self.broken.append(complaint)


@dataclass(frozen=True, slots=True)
class World:
    """What the judge needs to know of the merchant's settings."""

    channel: str
    prefix: str
    skus: Mapping[str, str]
    buffer: int
    sites: Sequence[str]
    packs: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)

    def ref(self, order_id: str) -> str:
        """The reference under which an order must be found in the ERP."""
        return self.prefix + order_id.rsplit("/", 1)[-1]

    def stock_code(self, sku: str) -> str:
        """The stock code of a SKU."""
        return self.skus.get(sku, sku)


@dataclass(frozen=True)
class Judge:
    """Holds what both systems show, and the cases that people were given, against the laws."""

    shop: ShopifyShop
    khaos: KhaosServer
    cases: Sequence[OpenCase]
    world: World

    def laws(self) -> list[Law]:
        """Every law with what broke it."""
        return [
            self.arrival(),
            self.money(),
            self.restraint(),
            self.despatches(),
            self.mails(),
            self.stock(),
            self.refunds(),
        ]

    def arrival(self) -> Law:
        """Every eligible order has one sales order, unless a person was asked to look or nothing is left to deliver."""
        law = Law("every eligible order is one sales order")
        for order in self.shop.orders():
            found = len(self._sales_orders[order.id])
            excused = self._cases[order.id] or not any(line.quantity for line in order.lines)
            if self._eligible(order) and not (found == 0 and excused):
                law.hold(found == 1, f"{order.name} has {found} sales orders")
        return law

    def money(self) -> Law:
        """A sales order carries what the customer owed when it was sent, to the penny."""
        law = Law("every sales order has the same money")
        for order in self.shop.orders():
            for sales_order in self._sales_orders[order.id]:
                owed = order.total + self._taken_off_after(order, sales_order)
                excused = "order_to_amend" in self._cases[order.id] or order.cancelled_at is not None
                law.hold(
                    sales_order.gross == owed or excused,
                    f"{order.name}: shop {owed}, ERP {sales_order.gross} ({sales_order.sorder_code})",
                )
        return law

    def restraint(self) -> Law:
        """Nothing is in the ERP that has no business there."""
        law = Law("nothing else and nothing twice in the ERP")
        names = {self.world.ref(order.id): order for order in self.shop.orders()}
        for ref, count in Counter(sales_order.ref for sales_order in self._all).items():
            order = names.get(ref)
            law.hold(count == 1, f"{ref} was imported {count} times")
            law.hold(order is not None, f"{ref} belongs to no order")
            if order is not None:
                law.hold(self._may_be_there(order), f"{order.name} ({order.financial_status}) must not be in the ERP")
        return law

    def despatches(self) -> Law:
        """Every parcel of the warehouse is one fulfilment with the same tracking and the same goods."""
        law = Law("every despatch is one tracked fulfilment")
        told: dict[str, list[Counter[str]]] = defaultdict(list)
        for done in self.shop.fulfilments():
            for parcel in done.tracking:
                told[parcel.number or ""].append(Counter(dict(done.lines)))
        sent: set[str] = set()
        for order in self.shop.orders():
            asked = bool(self._cases[order.id] & STUCK)
            for invoice in self._shipped(order):
                sent.add(invoice.consignment)
                times = len(told[invoice.consignment])
                complaint = f"{invoice.consignment} of {order.name} was told {times} times"
                law.hold(times == 1 or (times == 0 and asked), complaint)
        law.hold(not set(told) - sent, f"fulfilled without a despatch: {sorted(set(told) - sent)}")
        return law

    def mails(self) -> Law:
        """The customer hears of every parcel once."""
        law = Law("every parcel was told to the customer once")
        mails = [mail for mail in self.shop.mails if mail.kind == "shipping_confirmation"]
        counted = Counter(number for mail in mails for number in mail.tracking_numbers)
        for number, times in counted.items():
            law.hold(times == 1, f"the customer was told of {number} {times} times")
        law.hold(len(counted) == len(self.shop.fulfilments()), f"{len(counted)} parcels were announced")
        return law

    def stock(self) -> Law:
        """The shop shows what the ERP has free, less the buffer."""
        law = Law("every stock level agrees")
        for item in self.shop.state.catalogue.items:
            code = self.world.stock_code(item.sku)
            if item.bundle_of or not self.khaos.knows(code):
                continue
            free = sum((self._free(code, site) for site in self.world.sites), Decimal(0))
            wanted = max(0, int(free) - self.world.buffer)
            shown = self.shop.available(item.sku, "Warehouse")
            law.hold(shown == wanted, f"{item.sku}: shop {shown}, ERP {free}")
        return law

    def refunds(self) -> Law:
        """Money that went back is in the ERP, or a person was asked to key it, or the ERP never had the order."""
        law = Law("every refund is mirrored or an open case")
        asked = {case.subject for case in self.cases if case.case_class == "credit_note_to_key"}
        ids = {order.name: order for order in self.shop.orders()}
        for refund in self.shop.refunds():
            order = ids[refund.order]
            key = f"{self.world.channel}:{order.id} refund {refund.id.rsplit('/', 1)[-1]}"
            sales_orders = self._sales_orders[order.id]
            reflected = all(sales_order.gross == order.total for sales_order in sales_orders)
            if refund.amount:
                law.hold(key in asked or reflected, f"{order.name}: {refund.amount} went back and nobody was told")
        return law

    def _free(self, code: str, site: str) -> Decimal:
        """A pack is as free as its scarcest part."""
        parts = self.world.packs.get(code)
        if parts is None:
            return self.khaos.available(code, site)
        return min(self.khaos.available(part, site) // units for part, units in parts)

    def _shipped(self, order: OrderRecord) -> list[Invoice]:
        invoices = (invoice for one in self._sales_orders[order.id] for invoice in one.invoices)
        return [invoice for invoice in invoices if invoice.shipped_at is not None]

    @cached_property
    def _all(self) -> list[SalesOrder]:
        return [one for one in self.khaos.orders() if not one.credit]

    @cached_property
    def _sales_orders(self) -> dict[str, list[SalesOrder]]:
        by_ref: dict[str, list[SalesOrder]] = defaultdict(list)
        for one in self._all:
            by_ref[one.ref].append(one)
        return {order.id: by_ref[self.world.ref(order.id)] for order in self.shop.orders()}

    @cached_property
    def _cases(self) -> dict[str, set[str]]:
        by_order: dict[str, set[str]] = defaultdict(set)
        for case in self.cases:
            by_order[case.subject.removeprefix(f"{self.world.channel}:").split(" ")[0]].add(case.case_class)
        return by_order

    def _eligible(self, order: OrderRecord) -> bool:
        return order.financial_status in PAID and not order.test and order.cancelled_at is None

    def _may_be_there(self, order: OrderRecord) -> bool:
        """An order that was cancelled or wholly refunded afterwards is there if people were told."""
        gone = order.cancelled_at is not None or order.financial_status == "REFUNDED"
        return self._eligible(order) or (gone and bool(self._cases[order.id]))

    def _taken_off_after(self, order: OrderRecord, sales_order: SalesOrder) -> Decimal:
        given = (one for one in self.shop.refunds(order.id) if one.at > sales_order.created_at)
        return sum((one.value for one in given), Decimal(0))


def prove(shop: ShopifyShop, khaos: KhaosServer, cases: Iterable[OpenCase], world: World) -> list[Law]:
    """Hold what both systems now show against the laws."""
    return Judge(shop, khaos, tuple(cases), world).laws()
