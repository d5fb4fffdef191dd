"""What goes wrong in a day: every system lets the others down, and comes back."""

from collections.abc import Callable

from khaossync.sandbox.faults import Fault
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import Mischief, ShopifyShop

Plan = Callable[[ShopifyShop, KhaosServer], None]


def _answer_lost(_: ShopifyShop, khaos: KhaosServer) -> None:
    khaos.faults.plan(Fault.DROP_AFTER, "ImportOrders", times=2)


def _erp_away(_: ShopifyShop, khaos: KhaosServer) -> None:
    khaos.faults.plan(Fault.UNAVAILABLE, times=6)


def _erp_slow(_: ShopifyShop, khaos: KhaosServer) -> None:
    khaos.faults.plan(Fault.STALL, "ImportOrders", times=1, seconds=2)


def _shop_throttles(shop: ShopifyShop, _: KhaosServer) -> None:
    shop.faults.plan(Fault.THROTTLE, times=3)


def _shop_loses_answers(shop: ShopifyShop, _: KhaosServer) -> None:
    shop.faults.plan(Fault.DROP_AFTER, times=3)


def _proxy_page(shop: ShopifyShop, _: KhaosServer) -> None:
    shop.faults.plan(Fault.HTML, times=2)


def _hooks_lost(shop: ShopifyShop, _: KhaosServer) -> None:
    shop.webhooks.misbehave(Mischief.LOSE, times=5)


def _hooks_doubled(shop: ShopifyShop, _: KhaosServer) -> None:
    shop.webhooks.misbehave(Mischief.DOUBLE, times=5)
    shop.webhooks.misbehave(Mischief.REORDER, times=3)


def _hooks_forged(shop: ShopifyShop, _: KhaosServer) -> None:
    shop.webhooks.misbehave(Mischief.FORGE, times=2)


MISCHIEF: tuple[tuple[float, Plan], ...] = (
    (0.15, _hooks_doubled),
    (0.22, _answer_lost),
    (0.30, _shop_throttles),
    (0.38, _erp_slow),
    (0.45, _hooks_lost),
    (0.52, _shop_loses_answers),
    (0.60, _erp_away),
    (0.68, _proxy_page),
    (0.75, _hooks_forged),
)
"""The moment of the day at which each trouble begins."""
