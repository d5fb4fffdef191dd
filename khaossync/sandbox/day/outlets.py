"""The shops that a day may be played in: what each sells, where it keeps it, and what happens there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from khaossync.sandbox.adobe import AdobeShop
from khaossync.sandbox.day.face import Face
from khaossync.sandbox.day.faces import AdobeFace, ShopifyFace, ShopwareFace
from khaossync.sandbox.day.mischief import Trouble, of_shopify, of_shopware
from khaossync.sandbox.day.range import (
    ETCHING,
    GIFT_CARD,
    LISTED,
    LITHOGRAPH,
    ON_THE_FLOOR,
    PLACES,
    POSTER,
    STORED,
    Product,
)
from khaossync.sandbox.day.situations import ADOBE, SHOPIFY, SHOPWARE
from khaossync.sandbox.day.till import Till
from khaossync.sandbox.shopify import ShopifyShop
from khaossync.sandbox.shopware import ShopwareShop

Situation = Callable[[Till[Any]], None]

DEFAULT, STORE = "default", "store"
SOURCES = {DEFAULT: STORED, STORE: ON_THE_FLOOR}
"""The sources of the Adobe shop, and the ERP's sites whose stock each of them shows."""

ONE_PLACE = {"shop": STORED}
"""The one stock of the Shopware shop."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One shop of the day under the name of its channel. `share` is its part of all customers.

    `sites` are the ERP's whose stock each of its places shows, `own` what it alone sells, the scarce article first.
    """

    channel: str
    face: Face
    share: int
    sites: Mapping[str, Sequence[str]]
    own: Sequence[Product]
    situations: Sequence[tuple[Situation, int]]
    troubles: Sequence[Trouble] = ()

    @property
    def listed(self) -> Sequence[Product]:
        """All that it sells."""
        return (*LISTED, *self.own)


def shopify(channel: str, shop: ShopifyShop) -> Outlet:
    """The largest of the shops."""
    face = ShopifyFace(shop)
    return Outlet(channel, face, 2, PLACES, (POSTER, GIFT_CARD), SHOPIFY, of_shopify(shop))


def adobe(channel: str, shop: AdobeShop) -> Outlet:
    """A shop with two sources that tells nobody of anything."""
    return Outlet(channel, AdobeFace(shop), 1, SOURCES, (ETCHING,), ADOBE)


def shopware(channel: str, shop: ShopwareShop) -> Outlet:
    """A shop with one stock."""
    return Outlet(channel, ShopwareFace(shop), 1, ONE_PLACE, (LITHOGRAPH,), SHOPWARE, of_shopware(shop))
