"""A simulated Shopware shop: what shoppers and staff do to it, what it looks like, and its doors."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Unpack

from khaossync.sandbox.faults import Faults
from khaossync.sandbox.shopware import checkout, editing, furnishing, refunding, transitions
from khaossync.sandbox.shopware.access import Access
from khaossync.sandbox.shopware.looks import Looks
from khaossync.sandbox.shopware.people import Address
from khaossync.sandbox.shopware.published import Published
from khaossync.sandbox.shopware.purchase import NOTHING, Discount, Purchase, Terms
from khaossync.sandbox.shopware.server import Server
from khaossync.sandbox.shopware.shopkeeping import Shopkeeping
from khaossync.sandbox.shopware.state import Setup, State
from khaossync.sandbox.shopware.webhooks import Webhooks

_PARTS = {"order_delivery": Looks.delivery, "order_transaction": Looks.transaction}


class ShopwareShop(Shopkeeping):
    """One shop with one integration. Orders, products and refunds are named by their ids (32 hexadecimal digits).

    `now` gives aware UTC time to everything in it; `dice` makes ids and tokens. `version` chooses what the API knows
    and how stock is kept: below 6.6 `stock` is physical and open orders are subtracted in `availableStock`, unless
    `stock_handling`. `commercial` adds the returns of the paid plans. `skew` is how far the shop's clock is ahead.
    `published` is Shopware's OpenAPI document: every call is held against it.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        dice: random.Random,
        name: str = "shop",
        version: str = "6.7.10.1",
        client_id: str = "SWIATEST",
        client_secret: str = "client-secret",  # noqa: S107  opens nothing but this simulator
        tax_status: str = "gross",
        commercial: bool = True,
        stock_management: bool = True,
        stock_handling: bool = False,
        published: Path | None = None,
    ) -> None:
        self.skew = timedelta(0)
        setup = Setup(name, version, tax_status, commercial, stock_management, stock_handling)
        self.state = State(setup, lambda: now() + self.skew, dice)
        self.faults = Faults()
        self.access = Access(client_id, client_secret, now, dice)
        self.server = Server(self.state, self.access, self.faults, Published(published) if published else None)
        self.webhooks = Webhooks(self.state, dice)
        furnishing.furnish(self.state)
        self.state.tell = self.webhooks.announce

    async def start(self, port: int = 0) -> str:
        """Open the doors on loopback. Returns the base URL, without `/api`."""
        await self.webhooks.start()
        return await self.server.start(port)

    async def stop(self) -> None:
        """Close the doors; the state stays."""
        await self.webhooks.stop()
        await self.server.stop()

    @property
    def setup(self) -> Setup:
        """What the merchant chose; `flows` are the active flows that write mails, `privileges` the role's rights."""
        return self.state.setup

    @property
    def webhook_url(self) -> str | None:
        """Where every event is posted, as to an app; None once it failed too often."""
        return self.webhooks.uri

    @webhook_url.setter
    def webhook_url(self, uri: str | None) -> None:
        self.webhooks.uri = uri

    @property
    def webhook_secret(self) -> str:
        """What webhooks are signed with: the app's secret."""
        return self.webhooks.secret

    @property
    def complaints(self) -> list[str]:
        """What calls said that Shopware passes over in silence, or that its published schema does not have."""
        return list(self.state.complaints)

    @property
    def latency(self) -> tuple[float, float]:
        """How long an answer takes, from and to, in seconds; (0, 0) is at once."""
        return self.server.latency

    @latency.setter
    def latency(self, seconds: tuple[float, float]) -> None:
        self.server.latency = seconds

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
        being `Discount("FREE", shipping=True, percentage=Decimal(100))`. `Purchase` tells the other terms.
        """
        codes = [Discount(*discount)] if discount else []
        return checkout.place(self.state, Purchase(basket, discounts=[*codes, *discounts], **terms))

    def act(self, order: str, action: str, on: str = "order", *, mail: bool = True) -> None:
        """Staff press a button of a state machine: `ship`, `complete`, `chargeback`.

        `on` is order, order_delivery (the real one) or order_transaction (the newest). Raises Refusal.
        """
        key = _PARTS[on](self, order) if on in _PARTS else self._order(order)["id"]
        transitions.move(self.state, on, key, action, mail=mail)

    def pay(self, order: str) -> None:
        """The customer pays what is owed. Raises Refusal when that cannot be."""
        self.act(order, "paid", "order_transaction")

    def capture(self, order: str) -> None:
        """A payment plugin takes the money that was reserved, and writes so."""
        self.act(order, "paid", "order_transaction")
        refunding.captured(self.state, self._order(order))

    def cancel(self, order: str, *, refund: bool = True) -> None:
        """Call an order off with its deliveries; what was paid goes back. Raises Refusal when it may not be.

        Without `refund` only the order's own state changes: delivery and payment stay as they are.
        """
        found = self._order(order)
        transitions.move(self.state, "order", order, "cancel")
        if not refund:
            return
        for row in self.state.live.children("order_delivery", "orderId", order):
            transitions.move(self.state, "order_delivery", row["id"], "cancel")
        left = refunding.left(self.state, found)
        if self.state.state_of(refunding.payment(self.state, order)) in ("paid", "refunded_partially") and left:
            refunding.give_everything_back(self.state, found, left)
        else:
            self.act(order, "cancel", "order_transaction")

    def edit(
        self,
        order: str,
        quantities: Mapping[str, int] | None = None,
        *,
        address: Address | None = None,
        draft: str | None = None,
    ) -> None:
        """Staff set units per SKU (a new SKU adds a line, none takes it off) and where it goes.

        Every figure is reckoned anew. In a `draft` nothing of it is seen until it is merged.
        """
        rows = self.state.rows(draft)
        if rows is None:
            raise KeyError(f"there is no draft {draft}")
        editing.edit(self.state, rows, self._order(order)["id"], quantities or {}, address)

    def open_draft(self, order: str) -> str:
        """Staff begin to edit: the id of a version of the order that only they see."""
        return editing.open_draft(self.state, self._order(order)["id"])

    def merge(self, order: str, draft: str) -> None:
        """Staff save what they edited."""
        editing.merge(self.state, draft, self._order(order)["id"])

    def correct_address(self, order: str, address: Address) -> None:
        """An app writes where an order goes: only the row of the address changes, not that of the order."""
        found = self.state.live.get("order_delivery", self.delivery(order)) or {}
        self.state.live.change("order_address", found["shippingOrderAddressId"], **checkout.shown(address))

    def change_delivery_method(self, order: str, name: str) -> None:
        """Staff have an order delivered in another way: only the row of the delivery changes."""
        method = furnishing.shipping_method(self.state, name)["id"]
        self.state.live.change("order_delivery", self.delivery(order), shippingMethodId=method)

    def misprice(self, order: str, difference: Decimal) -> None:
        """A plugin spoils an order: its total is no longer what its lines and delivery come to."""
        editing.misprice(self.state, self._order(order), difference)

    def tag(self, order: str, *tags: str) -> None:
        """Staff tag an order."""
        found = self._order(order)
        added = [furnishing.tag(self.state, name) for name in tags]
        self.state.live.change("order", order, tagIds=list(dict.fromkeys([*found["tagIds"], *added])))

    def refund(
        self,
        order: str,
        lines: Mapping[str, int] | None = None,
        *,
        shipping: Decimal = NOTHING,
        amount: Decimal | None = None,
        note: str | None = None,
        source: str = "capture",
        pending: bool = False,
    ) -> str:
        """Give back units per SKU, some of the delivery charge, and `amount` (or what the rest is worth).

        `source` is what in the shop tells of it: capture (a payment plugin), return (the paid plans), credit (a line
        and a credit note) or state (only that of the payment). With `pending` a capture's money is on its way until
        `settle_refund`. Returns the refund's id. Raises ValueError for more than there is.
        """
        found = self._order(order)
        units = refunding.units_of(self.state, order, lines or {})
        given = refunding.refund(
            self.state, found, units, shipping=shipping, amount=amount, note=note, source=source, pending=pending
        )
        return given.number

    def settle_refund(self, refund: str, *, succeeded: bool = True) -> None:
        """The bank tells what became of a pending refund."""
        refunding.settle(self.state, self.state.refunds[refund], succeeded=succeeded)

    def document(self, order: str, kind: str) -> str:
        """Staff make a paper: invoice, delivery_note, credit_note or storno. Returns its number."""
        return refunding.document(self.state, self._order(order), kind)

    def deadlock(self, times: int = 1) -> None:
        """Let the next `times` batches meet a checkout in the database: 500, and nothing was written."""
        self.state.deadlocks = times
