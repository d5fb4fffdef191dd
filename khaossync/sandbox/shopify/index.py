"""The search index of orders, which may lag behind the orders themselves."""

from collections.abc import Callable
from datetime import datetime, timedelta

from khaossync.sandbox.shopify.orders import Order


class Index:
    """Says which orders a search can find; what is written while a lag is planned is found only later."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._planned: list[timedelta] = []
        self._hidden_until: dict[int, datetime] = {}

    def lag(self, seconds: float, times: int) -> None:
        """Let the next `times` writes of orders reach the index only `seconds` later."""
        self._planned += [timedelta(seconds=seconds)] * times

    def write(self, order: Order) -> None:
        """An order was placed or changed."""
        if self._planned:
            self._hidden_until[order.number] = self._now() + self._planned.pop(0)

    def finds(self, order: Order) -> bool:
        """Whether the index knows the order as it is."""
        until = self._hidden_until.get(order.number)
        return until is None or self._now() >= until
