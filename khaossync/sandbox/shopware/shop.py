"""A simulated Shopware shop: what shoppers and staff do to it, what it looks like, and its doors."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Unpack

from khaossync.sandbox.faults import Faults
from khaossync.sandbox.shopware import catalogue, checkout, furnishing
from khaossync.sandbox.shopware.access import Access
from khaossync.sandbox.shopware.purchase import Discount, Purchase, Terms
from khaossync.sandbox.shopware.server import Server
from khaossync.sandbox.shopware.state import Setup, State


class ShopwareShop:
    """One shop with one integration. Orders, products and refunds are named by their ids (32 hexadecimal digits).

    `now` gives aware UTC time to everything in it; `dice` makes ids and tokens. `version` chooses what the API knows
    and how stock is kept: below 6.6 `stock` is physical and open orders are subtracted in `availableStock`, unless
    `stock_handling`. `commercial` adds the returns of the paid plans. `skew` is how far the shop's clock is ahead.
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
    ) -> None:
        self.skew = timedelta(0)
        setup = Setup(name, version, tax_status, commercial, stock_management, stock_handling)
        self.state = State(setup, lambda: now() + self.skew, dice)
        self.faults = Faults()
        self.access = Access(client_id, client_secret, now, dice)
        self.server = Server(self.state, self.access, self.faults)
        furnishing.furnish(self.state)

    async def start(self, port: int = 0) -> str:
        """Open the doors on loopback. Returns the base URL, without `/api`."""
        return await self.server.start(port)

    async def stop(self) -> None:
        """Close the doors; the state stays."""
        await self.server.stop()

    # --- what happens -------------------------------------------------------------------------------------------------

    def list_product(
        self,
        sku: str,
        title: str,
        price: Decimal,
        stock: int = 0,
        *,
        tax_rate: Decimal = Decimal("0.20"),
        oversell: bool = False,
    ) -> str:
        """Put something up for sale at a gross price. Returns the product's id.

        What may not be oversold is a closeout (`isCloseout`); everything else is sold whatever its stock.
        """
        listed = catalogue.list_product(self.state, sku, title, price, tax_rate, units=stock, closeout=not oversell)
        return str(listed["id"])

    def list_variant(self, sku: str, parent: str, options: Sequence[tuple[str, str]], stock: int = 0) -> str:
        """Put up a variant of `parent` (a SKU), by (group, option) each. Returns the product's id."""
        return str(catalogue.list_variant(self.state, sku, parent, options, units=stock)["id"])

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
