"""The situations of a day: each is one customer, with what follows."""

from collections.abc import Callable

from khaossync.sandbox.day.situations import afterwards, business, buying, money, waiting
from khaossync.sandbox.day.till import Till

Situation = Callable[[Till], None]

SITUATIONS: tuple[tuple[Situation, int], ...] = (
    *buying.SITUATIONS,
    *money.SITUATIONS,
    *waiting.SITUATIONS,
    *business.SITUATIONS,
    *afterwards.SITUATIONS,
)
"""Each situation with its share of the day; each happens at least once when there are orders enough."""
