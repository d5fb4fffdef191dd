"""The three ways: khaossync's own limiter, a plain bucket of a fixed rate, and none but to try again when refused."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiolimiter import AsyncLimiter

from khaossync.channels.shopify.config import Settings
from khaossync.transport.buckets import Call, Charge, CostBucket
from khaossync.transport.limiter import Limiter, Turn
from khaossync.transport.priority import Priority


class Unpaced(Limiter):
    """Lets every call through; what comes too early is refused and tried again."""

    @asynccontextmanager
    async def turn(self, priority: Priority, cost: float, door: str = "") -> AsyncIterator[Turn]:
        await self._paced(cost)
        yield Turn(priority, door, Call(cost, 0))

    def told(self, turn: Turn, charge: Charge) -> None:
        """Learns nothing."""

    def pause(self, seconds: float) -> None:
        """Only who was refused waits."""

    async def _paced(self, cost: float) -> None:
        pass


class Plain(Unpaced):
    """aiolimiter as it comes, and in favour of it with the very figures of the shop's plan."""

    def __init__(self, maximum: float, rate: float) -> None:
        super().__init__(CostBucket(maximum, maximum, rate))
        self._limit = AsyncLimiter(maximum, maximum / rate)

    async def _paced(self, cost: float) -> None:
        await self._limit.acquire(cost)


def contenders(settings: Settings, maximum: float, rate: float) -> Mapping[str, Callable[[], Limiter]]:
    """By name, how each is made; khaossync's own begins with what its settings believe by default."""
    believed = CostBucket(settings.bucket, settings.bucket, settings.restore_rate)
    return {
        "khaossync": lambda: Limiter(believed),
        "plain aiolimiter": lambda: Plain(maximum, rate),
        "retry when refused": lambda: Unpaced(believed),
    }
