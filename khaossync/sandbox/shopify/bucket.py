"""The leaky bucket of query points, one per app and shop, with books that tell where every point went.

https://shopify.dev/docs/api/usage/limits#the-leaky-bucket-algorithm
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime


class Bucket:
    """`maximum` points, restored at `rate` per second; time comes from `now`.

    `granted` counts the points that answers took, `refused` the calls that were throttled, by Unix second.
    """

    def __init__(self, maximum: float, rate: float, now: Callable[[], datetime]) -> None:
        self.maximum = maximum
        self.rate = rate
        self.granted = 0.0
        self.refused: Counter[int] = Counter()
        self._now = now
        self._level = maximum
        self._lost = 0.0
        self._at = now()

    @property
    def available(self) -> float:
        """Points to spend now."""
        self._settle()
        return self._level

    @property
    def lost(self) -> float:
        """Points that found the bucket full: nobody will ever spend them."""
        self._settle()
        return self._lost

    def take(self, points: float) -> bool:
        """Spend points, or say that there are too few."""
        if self.available < points:
            self.refused[int(self._at.timestamp())] += 1
            return False
        self._level -= points
        self.granted += points
        return True

    def give_back(self, points: float) -> None:
        """Return what was asked for and not used."""
        self.granted -= points
        self._settle()
        self._pour(points)

    def drain(self) -> None:
        """Leave nothing: the next call is throttled."""
        self._settle()
        self._level = 0.0

    def status(self) -> dict[str, float]:
        """Shopify's throttleStatus."""
        return {
            "maximumAvailable": float(self.maximum),
            "currentlyAvailable": int(self.available),
            "restoreRate": float(self.rate),
        }

    def _settle(self) -> None:
        now = self._now()
        passed = max((now - self._at).total_seconds(), 0.0)
        self._at = now
        self._pour(passed * self.rate)

    def _pour(self, points: float) -> None:
        level = self._level + points
        self._level = min(level, self.maximum)
        self._lost += level - self._level
