"""Everything one shop knows, with its indexes: what the story tells and what the API shows."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from khaossync.sandbox.shopify.catalogue import Catalogue, Level
from khaossync.sandbox.shopify.fulfilments import Fulfilment, FulfilmentOrder, Mail
from khaossync.sandbox.shopify.ids import Numbers
from khaossync.sandbox.shopify.index import Index
from khaossync.sandbox.shopify.orders import Order, Refund
from khaossync.sandbox.shopify.people import CompanyRecord, Customer

SCOPES = (
    "read_orders",
    "write_orders",
    "read_customers",
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_returns",
    "read_companies",
    "read_payment_terms",
)


@dataclass(slots=True, eq=False)
class Metafield:
    """One value that an app keeps on a record."""

    number: int
    owner: str
    namespace: str
    key: str
    type: str
    value: str
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, eq=False)
class Job:
    """Work that Shopify does in the background; done when it is asked for the second time."""

    number: int
    done: bool = False


@dataclass(slots=True, eq=False)
class Subscription:
    """An address that wants to be told of a topic."""

    number: int
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    version: str
    name: str | None
    include_fields: tuple[str, ...]
    filter: str | None
    failures: int = 0


class State:
    """One shop. `tell(topic, record)` is called for every event, with the topic as Shopify writes it in headers."""

    def __init__(self, name: str, currency: str, prices_include_tax: bool, now: Callable[[], datetime]) -> None:
        self.name = name
        self.currency = currency
        self.prices_include_tax = prices_include_tax
        self.now = now
        self.opened_at = now()
        self.numbers = Numbers()
        self.catalogue = Catalogue(self.numbers)
        self.orders: dict[int, Order] = {}
        self.by_update: OrderedDict[int, Order] = OrderedDict()
        self.by_name: dict[str, Order] = {}
        self.customers: dict[int, Customer] = {}
        self.by_email: dict[str, Customer] = {}
        self.companies: dict[int, CompanyRecord] = {}
        self.company_locations: dict[int, CompanyRecord] = {}
        self.fulfilment_orders: dict[int, FulfilmentOrder] = {}
        self.fulfilments: dict[int, Fulfilment] = {}
        self.refunds: dict[int, Refund] = {}
        self.metafields: dict[str, dict[tuple[str, str], Metafield]] = {}
        self.jobs: dict[int, Job] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.mails: list[Mail] = []
        self.index = Index(now)
        self.scopes: set[str] = set(SCOPES)
        self.tell: Callable[[str, Any], None] = _nobody_listens

    def file(self, order: Order) -> None:
        """Keep a new order."""
        self.orders[order.number] = self.by_update[order.number] = self.by_name[order.name] = order
        self.index.write(order)
        self.tell("orders/create", order)

    def touch(self, order: Order) -> None:
        """Every write moves an order to the end of the list by update, and is told."""
        order.updated_at = self.now()
        self.by_update.move_to_end(order.number)
        self.index.write(order)
        self.tell("orders/updated", order)

    def touch_level(self, level: Level, *, told: bool = True) -> None:
        """Note that a quantity changed; that what is available changed is also told."""
        level.updated_at = self.now()
        if told:
            self.tell("inventory_levels/update", level)


def _nobody_listens(_topic: str, _record: Any) -> None:
    """Before the shop opens nobody is told."""
