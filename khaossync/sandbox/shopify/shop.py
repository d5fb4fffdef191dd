"""A simulated Shopify shop: what shoppers and staff do to it, what it looks like, and its doors."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Unpack

from khaossync.sandbox.faults import Faults
from khaossync.sandbox.shopify import checkout, despatch, editing, ids, notes, payments, refunds, stock
from khaossync.sandbox.shopify.access import Access
from khaossync.sandbox.shopify.bucket import Bucket
from khaossync.sandbox.shopify.catalogue import Item
from khaossync.sandbox.shopify.engine import Engine
from khaossync.sandbox.shopify.fulfilments import SHIPPABLE
from khaossync.sandbox.shopify.looks import Looks
from khaossync.sandbox.shopify.money import NOTHING
from khaossync.sandbox.shopify.orders import Assessment, Line, Order
from khaossync.sandbox.shopify.people import Address
from khaossync.sandbox.shopify.purchase import Discount, Purchase, Terms
from khaossync.sandbox.shopify.server import Server
from khaossync.sandbox.shopify.state import State
from khaossync.sandbox.shopify.webhooks import Webhooks


class ShopifyShop(Looks):
    """One shop with one app installed. Orders, refunds and items are named by their global ids.

    `now` gives aware UTC time to everything in it, the throttle included; `dice` makes tokens and webhook ids. `skew`
    is how far the shop's own clock, in records and in the Date header, is ahead of it.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        dice: random.Random,
        name: str = "shop",
        token: str = "shpat_test",  # noqa: S107  opens nothing but this simulator
        client_id: str = "client-id",
        client_secret: str = "client-secret",  # noqa: S107  as above
        currency: str = "GBP",
        prices_include_tax: bool = True,
        maximum: float = 2000,
        restore_rate: float = 100.0,
        locations: Sequence[str] = ("Warehouse",),
    ) -> None:
        self.skew = timedelta(0)
        self.state = State(name, currency, prices_include_tax, lambda: now() + self.skew)
        self.faults = Faults()
        self.access = Access(token, client_id, client_secret, now, dice)
        self.bucket = Bucket(maximum, restore_rate, now)
        self.engine = Engine(self.bucket)
        self.server = Server(self.state, self.engine, self.access, self.faults)
        self.webhooks = Webhooks(self.state, client_secret, dice)
        self.state.tell = self.webhooks.announce
        for place in locations:
            self.state.catalogue.open_location(place, now())

    async def start(self, port: int = 0) -> str:
        """Open the doors on loopback. Returns the base URL."""
        await self.webhooks.start()
        return await self.server.start(port)

    async def stop(self) -> None:
        """Close the doors; the state stays."""
        await self.webhooks.stop()
        await self.server.stop()

    @property
    def webhook_url(self) -> str | None:
        """Where every event is posted, besides what was subscribed through the API."""
        return self.webhooks.uri

    @webhook_url.setter
    def webhook_url(self, uri: str | None) -> None:
        self.webhooks.uri = uri

    @property
    def webhook_secret(self) -> str:
        """What webhooks are signed with; the app's client secret unless changed."""
        return self.webhooks.secret

    @webhook_secret.setter
    def webhook_secret(self, secret: str) -> None:
        self.webhooks.secret = secret

    @property
    def latency(self) -> tuple[float, float]:
        """How long an answer takes, from and to, in seconds; (0, 0) is at once."""
        return self.server.latency

    @latency.setter
    def latency(self, seconds: tuple[float, float]) -> None:
        self.server.latency = seconds

    # --- what happens -------------------------------------------------------------------------------------------------

    def list_product(
        self,
        sku: str,
        title: str,
        price: Decimal,
        stock: Mapping[str, int] | None = None,
        *,
        tax_rate: Decimal = Decimal("0.20"),
        bundle_of: Mapping[str, int] | None = None,
        oversell: bool = False,
        gift_card: bool = False,
        requires_shipping: bool = True,
    ) -> str:
        """Put something up for sale, with its stock per location name. `bundle_of` is component SKU → units.

        A SKU may be listed twice; shoppers then buy the first. Returns the inventory item's id.
        """
        now = self.state.now()
        item = Item(
            number=self.state.numbers.next(),
            sku=sku,
            title=title,
            price=price,
            tax_rate=Decimal(0) if gift_card else tax_rate,
            created_at=now,
            updated_at=now,
            bundle_of=bundle_of or {},
            gift_card=gift_card,
            requires_shipping=requires_shipping and not gift_card,
            oversell=oversell,
        )
        self.state.catalogue.add(item)
        for place, quantity in (stock or {}).items():
            self.state.catalogue.stock(item, self.state.catalogue.location(place), quantity, now)
        return item.id

    def place_order(
        self,
        basket: Sequence[tuple[str, int]],
        *,
        discount: tuple[str, Decimal] | None = None,
        discounts: Sequence[Discount] = (),
        **terms: Unpack[Terms],
    ) -> str:
        """Somebody buys `basket`, (SKU, units) each. Returns the order's id; raises OutOfStock.

        `discount` is a code and what it takes off the whole basket; `discounts` may be of any kind, free delivery
        being `Discount("FREE", shipping=True, percentage=Decimal(100))`. The `delivery` charge bears the highest tax
        rate in the basket. `location` (a name) must ship it all. A `company` buys on account where it has `net_days`.
        `Purchase` tells the other terms.
        """
        codes = [Discount(*discount)] if discount else []
        order = checkout.place(self.state, Purchase(basket, discounts=[*codes, *discounts], **terms))
        return ids.gid("Order", order.number)

    def capture(self, order: str) -> None:
        """Take the money that was reserved. Raises ValueError when there is none."""
        payments.capture(self.state, self._order(order))

    def pay(self, order: str) -> None:
        """The customer pays what is owed. Raises ValueError when nothing is."""
        payments.pay(self.state, self._order(order))

    def void(self, order: str) -> None:
        """Let go of the money that was reserved."""
        payments.void(self.state, self._order(order))

    def expire(self, order: str) -> None:
        """The reservation of the money runs out."""
        payments.expire(self.state, self._order(order))

    def cancel(self, order: str, *, restock: bool = True, refund: bool = True) -> None:
        """Call an order off. Raises ValueError once it is called off or a part was shipped."""
        refunds.cancel(self.state, self._order(order), restock=restock, give_back=refund)

    def edit(self, order: str, quantities: Mapping[str, int] | None = None, *, address: Address | None = None) -> None:
        """Set units per SKU (a new SKU adds a line) and where it goes.

        Units taken off are kept by Shopify as a refund without money.
        """
        editing.edit(self.state, self._order(order), quantities or {}, address)

    def refund(
        self,
        order: str,
        lines: Mapping[str, int] | None = None,
        *,
        shipping: Decimal = NOTHING,
        restock: bool = True,
        amount: Decimal | None = None,
        note: str | None = None,
        pending: bool = False,
    ) -> str:
        """Give back units per SKU, some of the delivery charge, and `amount` (or what the rest is worth).

        With `pending` the money is on its way until `settle_refund`. Returns the refund's id. Raises ValueError for
        more than there is.
        """
        found = self._order(order)
        units = _units(found, lines or {})
        given = refunds.refund(self.state, found, units, shipping=shipping, restock=restock, amount=amount, note=note)
        if pending:
            refunds.set_money(self.state, given, "PENDING")
        return ids.gid("Refund", given.number)

    def settle_refund(self, refund: str, *, succeeded: bool = True) -> None:
        """The bank tells what became of a pending refund."""
        given = self.state.refunds[int(refund.rpartition("/")[2])]
        refunds.set_money(self.state, given, "SUCCESS" if succeeded else "FAILURE")

    def hold(self, order: str, reason: str = "OTHER") -> None:
        """Staff stop the shipping of what is left."""
        for asked in self._order(order).fulfilment_orders:
            if asked.status in SHIPPABLE:
                despatch.hold(self.state, asked, {"reason": reason}, by_app=False)

    def release(self, order: str) -> None:
        """Staff let it be shipped again."""
        for asked in self._order(order).fulfilment_orders:
            if asked.holds:
                despatch.release(self.state, asked, None)

    def move(self, order: str, location: str) -> None:
        """Staff have what is left shipped from elsewhere, under new fulfilment order ids."""
        despatch.relocate(self.state, self._order(order), location)

    def close(self, order: str) -> None:
        """Staff archive an order."""
        found = self._order(order)
        found.closed_at = self.state.now()
        self.state.touch(found)

    def tag(self, order: str, *tags: str) -> None:
        """Staff tag an order."""
        notes.change_tags(self.state, self._order(order), add=tags)

    def enter_company_code(self, order: str, code: str) -> None:
        """Staff enter the ERP's customer code of the company that bought; that touches none of its orders."""
        company = self._order(order).company
        if company is None:
            raise ValueError(f"no company bought {order}")
        company.told = replace(company.told, external_id=code)

    def assess(self, order: str, recommendation: str) -> None:
        """The risk of an order is judged anew: ACCEPT, INVESTIGATE, CANCEL or NONE."""
        found = self._order(order)
        found.risk = recommendation
        self.state.tell("orders/risk_assessment_changed", Assessment(found, self.state.now()))
        self.state.touch(found)

    def staff_sets(self, sku: str, location: str, quantity: int) -> None:
        """Staff (or another app) type in what is available of a SKU at a location."""
        item, place = self.state.catalogue.sold_as(sku), self.state.catalogue.location(location)
        level = stock.level_at(self.state, item, place)
        changed, level.available = level.available != quantity, quantity
        self.state.touch_level(level, told=changed)

    def index_lag(self, seconds: float, times: int = 1) -> None:
        """Let searches find the next `times` orders placed or changed only `seconds` later; their ids find them now."""
        self.state.index.lag(seconds, times)


def _units(order: Order, wanted: Mapping[str, int]) -> dict[Line, int]:
    """Lines to take units of; more than one line may carry a SKU."""
    units: dict[Line, int] = {}
    for sku, count in wanted.items():
        left = count
        for line in order.lines:
            part = min(left, line.current_quantity) if line.item.sku == sku else 0
            if part:
                units[line] = part
                left -= part
        if left:
            raise ValueError(f"order {order.name} has {left} fewer of {sku} than {count}")
    return units
