"""The leaky bucket of query points: one per app and shop.

https://shopify.dev/docs/api/usage/limits#the-leaky-bucket-algorithm
"""

from collections.abc import Callable
from datetime import datetime


class Bucket:
    """`maximum` points, restored at `rate` per second; time comes from `now`."""

    def __init__(self, maximum: float, rate: float, now: Callable[[], datetime]) -> None:
        self.maximum = maximum
        self.rate = rate
        self._now = now
        self._level = maximum
        self._at = now()

    @property
    def available(self) -> float:
        """Points to spend now."""
        now = self._now()
        passed = max((now - self._at).total_seconds(), 0.0)
        self._level, self._at = min(self.maximum, self._level + passed * self.rate), now
        return self._level

    def take(self, points: float) -> bool:
        """Spend points, or say that there are too few."""
        if self.available < points:
            return False
        self._level -= points
        return True

    def give_back(self, points: float) -> None:
        """Return what was asked for and not used."""
        self._level += points

    def drain(self) -> None:
        """Leave nothing: the next call is throttled."""
        self._level, self._at = 0.0, self._now()

    def status(self) -> dict[str, float]:
        """Shopify's throttleStatus."""
        return {
            "maximumAvailable": float(self.maximum),
            "currentlyAvailable": int(self.available),
            "restoreRate": float(self.rate),
        }
