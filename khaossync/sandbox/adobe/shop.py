"""A simulated Adobe Commerce shop: what shoppers and staff do to it, what it looks like, and its doors."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Unpack

from khaossync.sandbox.adobe import checkout, despatch, listing, payments, published, refunds, staffwork
from khaossync.sandbox.adobe.access import Access
from khaossync.sandbox.adobe.catalogue import Choice
from khaossync.sandbox.adobe.desk import Desk
from khaossync.sandbox.adobe.inventory import Inventory
from khaossync.sandbox.adobe.listing import Listing
from khaossync.sandbox.adobe.looks import Looks
from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.paths import Cloud, Premises
from khaossync.sandbox.adobe.people import Address
from khaossync.sandbox.adobe.purchase import Discount, Purchase, Terms
from khaossync.sandbox.adobe.server import Server
from khaossync.sandbox.adobe.state import Habits, State
from khaossync.sandbox.adobe.taxes import Taxation
from khaossync.sandbox.adobe.ways import WAYS
from khaossync.sandbox.faults import Faults


class AdobeShop(Looks):
    """One shop with one integration. Orders, refunds and shipments are named by their entity ids, as text.

    `now` gives aware UTC time; `skew` is how far the shop's own clock is ahead of it. `locations` are the codes of its
    sources, the first being the default. `tenant` makes it the cloud service: IMS tokens, no /rest. `published` is
    the specification against which calls and answers are held, if it is there; `breaches` collects what was wrong.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        dice: random.Random,
        name: str = "shop",
        currency: str = "GBP",
        locations: Sequence[str] = ("default",),
        msi: bool = True,
        tenant: str | None = None,
        taxation: Taxation | None = None,
        specification: Path | None = None,
    ) -> None:
        self.skew = timedelta(0)
        self.faults = Faults()
        clock = lambda: now() + self.skew  # noqa: E731  the skew is looked up at every reading
        self.state = State(name, currency, clock, Inventory(locations, msi=msi))
        self.state.taxation = taxation or Taxation()
        self.access = Access(clock, dice)
        if tenant:
            self.access.lifetime = timedelta(hours=24)
        paths = Cloud(tenant) if tenant else Premises()
        spec = published.read(specification) if specification and specification.exists() else None
        self.desk = Desk(self.state, self.access, paths, spec)
        self.server = Server(self.state, self.access, self.faults, self.desk)
        self._bought: dict[int, Purchase] = {}

    async def start(self, port: int = 0) -> str:
        """Open the doors on loopback. Returns the base URL, to which `/rest/<store>/V1` or `/<tenant>/V1` is added."""
        return await self.server.start(port)

    async def stop(self) -> None:
        """Close the doors; the state stays."""
        await self.server.stop()

    @property
    def habits(self) -> Habits:
        """In what this shop may differ from others; may be changed at any time."""
        return self.state.habits

    @property
    def requests(self) -> Mapping[str, int]:
        """How often each call was handled, such as `POST order/{id}/ship`. Faults know calls by the same names."""
        return self.desk.requests

    @property
    def breaches(self) -> list[str]:
        """What broke the published specification: by a caller, or by the simulator itself."""
        return self.desk.breaches

    @property
    def latency(self) -> tuple[float, float]:
        """How long an answer takes, from and to, in seconds; (0, 0) is at once."""
        return self.server.latency

    @latency.setter
    def latency(self, seconds: tuple[float, float]) -> None:
        self.server.latency = seconds

    def run_bulk(self, *, newest_first: bool = False) -> None:
        """Let the consumer of asynchronous operations do all that waits."""
        self.desk.bulks.run(newest_first=newest_first)

    # --- what happens -------------------------------------------------------------------------------------------------

    def list_product(
        self,
        sku: str,
        title: str,
        price: Decimal,
        stock: Mapping[str, int] | None = None,
        **how: Unpack[Listing],
    ) -> str:
        """Put something up for sale, with its stock per source code. Returns the product's id.

        Listing a SKU again changes its product. `Listing` tells what else it may be: a variant of a configurable, a
        bundle, a group, virtual, with custom options, taxed otherwise.
        """
        return str(listing.put_up(self.state, sku, title, price, stock or {}, how).number)

    def place_order(
        self,
        basket: Sequence[tuple[str, int] | Choice],
        *,
        discount: tuple[str, Decimal] | None = None,
        discounts: Sequence[Discount] = (),
        **terms: Unpack[Terms],
    ) -> str:
        """Somebody buys `basket`, (SKU, units) or Choice each. Returns the order's id; raises OutOfStock.

        A variant is bought by its own SKU. `discount` is a coupon and what it takes off the whole cart. `Purchase`
        tells the other terms.
        """
        codes = [Discount(*discount)] if discount else []
        bought = Purchase(basket, discounts=[*codes, *discounts], **terms)
        order = checkout.place(self.state, bought)
        self._bought[order.number] = bought
        return str(order.number)

    def place_taxed(self, way: str, **terms: Unpack[Terms]) -> str:
        """Somebody buys a cart that is taxed in one of the `WAYS`, whatever the shop's settings are else.

        Its products are listed as TAXED-1 and so on, with stock at the default source. Returns the order's id.
        """
        told = WAYS[way]
        usual, self.state.taxation = self.state.taxation, told.taxation
        terms.setdefault("delivery", ("Standard", told.delivery) if told.delivery is not None else None)
        try:
            basket = listing.put_up_taxed(self.state, told)
            return self.place_order(basket, discounts=told.discounts, **terms)
        finally:
            self.state.taxation = usual

    def capture(self, order: str) -> None:
        """Take the money that was reserved. Raises Refusal when there is none left to take."""
        payments.invoice(self.state, self._order(order))

    def pay(self, order: str) -> None:
        """The customer's money has come in. Raises Refusal when nothing is owed."""
        payments.invoice(self.state, self._order(order))

    def review(self, order: str, *, accept: bool = True) -> None:
        """The payment that was under review is accepted, or denied, which cancels. Raises ValueError."""
        payments.review(self.state, self._order(order), accept=accept)

    def cancel(self, order: str, *, restock: bool = True) -> None:
        """Call an order off; what was paid goes back by credit memo, and a payment under review is denied.

        Raises ValueError while it is on hold, once a part was shipped, or when it is over.
        """
        staffwork.call_off(self.state, self._order(order), restock=restock)

    def edit(self, order: str, quantities: Mapping[str, int] | None = None, *, address: Address | None = None) -> str:
        """Set units per SKU (a new SKU adds a row) and where it goes. Returns the id of the order that then stands.

        Other units make a new order of it and cancel the old one; the address changes in place, and silently: that
        does not move `updated_at`. Raises ValueError where Magento lets nobody edit.
        """
        found, standing = self._order(order), self._order(order)
        if quantities:
            bought = replace(self._bought[found.number], address=found.shipping_address)
            standing = staffwork.edit(self.state, found, quantities, bought)
            self._bought[standing.number] = bought
        if address is not None:
            standing.shipping_address = address
        return str(standing.number)

    def refund(
        self,
        order: str,
        lines: Mapping[str, int] | None = None,
        *,
        shipping: Decimal = NOTHING,
        restock: bool = True,
        amount: Decimal | None = None,
        note: str | None = None,
        adjustment_positive: Decimal = NOTHING,
        adjustment_negative: Decimal = NOTHING,
        online: bool = True,
    ) -> str:
        """Staff write a credit memo for units per SKU, some of the delivery charge (with its tax), and adjustments.

        `amount` is the money to go back: what the rest is not worth of it becomes an adjustment. Returns its id.
        Raises ValueError or Refusal for more than there is.
        """
        found = self._order(order)
        net = refunds.delivery_net(found, shipping)
        units = staffwork.rows(found, lines or {})
        wish = refunds.Wish(units, net, adjustment_positive, adjustment_negative, restock=restock, note=note)
        if amount is not None:
            wish = _adjusted(wish, amount - refunds.worth(found, wish))
        invoice = next(iter(found.invoices), None) if online else None
        return str(refunds.refund(self.state, found, replace(wish, invoice=invoice)).number)

    def hold(self, order: str) -> None:
        """Staff put an order on hold. Raises Refusal."""
        staffwork.hold(self.state, self._order(order))

    def release(self, order: str) -> None:
        """Staff let it go on. Raises Refusal."""
        staffwork.release(self.state, self._order(order))

    def mark(self, order: str, status: str) -> None:
        """Staff give an order a status of the merchant's own, within the state that it has."""
        found = self._order(order)
        self.state.statuses[status] = found.state
        found.status = status
        self.state.touch(found)

    def index_lag(self, seconds: float, times: int = 1) -> None:
        """Let the next `times` orders be found only `seconds` later, under the times at which they were placed."""
        self.state.lags += [timedelta(seconds=seconds)] * times

    def comment(self, order: str, text: str) -> None:
        """Staff write a note on an order; that saves it."""
        found = self._order(order)
        self.state.comment(found, text)
        self.state.touch(found)

    def ship(self, order: str, lines: Mapping[str, int] | None = None, *, source: str | None = None) -> str:
        """Staff ship units per SKU (or all that is left) in the Admin. Returns the shipment's id. Raises Refusal."""
        found = self._order(order)
        rows = [
            {"order_item_id": item.number, "qty": (lines or {})[item.sku]}
            for item in found.items
            if item.ships and item.sku in (lines or {})
        ]
        arguments = {"extension_attributes": {"source_code": source}} if source else {}
        return str(despatch.ship(self.state, found, {"items": rows, "arguments": arguments}).number)

    def staff_sets(self, sku: str, location: str, quantity: int) -> None:
        """Staff (or another integration) type in what lies at a source: reserved units are among it."""
        known = self.state.catalogue.sold_as(sku).sku
        if self.state.inventory.msi:
            self.state.inventory.set(known, location, Decimal(quantity))
        else:
            self.state.inventory.legacy[known].qty = Decimal(quantity)


def _adjusted(wish: refunds.Wish, more: Decimal) -> refunds.Wish:
    """The wish with what is missing, or too much, as an adjustment."""
    if more >= 0:
        return replace(wish, positive=wish.positive + more)
    return replace(wish, negative=wish.negative - more)
