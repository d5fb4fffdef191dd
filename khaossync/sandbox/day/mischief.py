"""What goes wrong in a day: every system lets the others down, and comes back."""

from collections.abc import Callable, Sequence
from functools import partial

from khaossync.sandbox import shopify, shopware
from khaossync.sandbox.day.face import Face
from khaossync.sandbox.faults import Fault
from khaossync.sandbox.khaosws import KhaosServer

Trouble = tuple[float, Callable[[], object]]
"""The moment of the day at which it begins, and how."""


def of_the_erp(khaos: KhaosServer) -> Sequence[Trouble]:
    """Answers are lost, one is slow, then it is away."""
    return (
        (0.22, partial(khaos.faults.plan, Fault.DROP_AFTER, "ImportOrders", times=2)),
        (0.38, partial(khaos.faults.plan, Fault.STALL, "ImportOrders", times=1, seconds=2)),
        (0.60, partial(khaos.faults.plan, Fault.UNAVAILABLE, times=6)),
    )


def of_a_shop(face: Face) -> Sequence[Trouble]:
    """It is called too often, its answers are lost, a proxy in front of it has a page for people."""
    return (
        (0.30, partial(face.faults.plan, Fault.THROTTLE, times=3)),
        (0.52, partial(face.faults.plan, Fault.DROP_AFTER, times=3)),
        (0.68, partial(face.faults.plan, Fault.HTML, times=2)),
    )


def of_shopify(shop: shopify.ShopifyShop) -> Sequence[Trouble]:
    """Its webhooks come twice, late, not at all, and from a stranger."""
    plan, what = shop.webhooks.misbehave, shopify.Mischief
    return (
        (0.15, partial(plan, what.DOUBLE, times=5)),
        (0.16, partial(plan, what.REORDER, times=3)),
        (0.45, partial(plan, what.LOSE, times=5)),
        (0.75, partial(plan, what.FORGE, times=2)),
    )


def of_shopware(shop: shopware.ShopwareShop) -> Sequence[Trouble]:
    """The same; but a stranger comes once only, for what is refused ten times in a row is switched off."""
    plan, what = shop.webhooks.misbehave, shopware.Mischief
    return (
        (0.15, partial(plan, what.DOUBLE, times=5)),
        (0.16, partial(plan, what.REORDER, times=3)),
        (0.45, partial(plan, what.LOSE, times=5)),
        (0.75, partial(plan, what.FORGE, times=1)),
    )
