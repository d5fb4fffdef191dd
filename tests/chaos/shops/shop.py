"""What chaos must know of a simulated shop besides its face: its doors, its calls, and what its platform cannot do."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self

from khaossync.sandbox.day.face import Face

HINTS = ("hint: before the statement", "hint: known")
VERSIONS = ("versions: before the statement", "versions: known")

Now = Callable[[], datetime]


class Doors(Protocol):
    """A simulator that listens on loopback."""

    async def start(self, port: int = 0) -> str: ...
    async def stop(self) -> None: ...


class Hooks:
    """The webhooks of a shop, kept back until they may go: so a script is always the same run."""

    def __init__(self, simulator: Any, mischief: type[StrEnum]) -> None:
        self._shop, self._mischief = simulator, mischief
        self._untold: list[tuple[Any, ...]] = []

    def lead_to(self, url: str) -> None:
        """They go to this address, and only with the post."""
        self._shop.webhook_url = url
        self._shop.state.tell = lambda *told: self._untold.append(told)

    def misbehave(self, mischief: str, times: int) -> None:
        """Let so many of the next go wrong."""
        self._shop.webhooks.misbehave(self._mischief(mischief), times=times)

    async def post(self) -> None:
        """Tell of what has happened, and return when it was heard."""
        for told in self._untold:
            self._shop.webhooks.announce(*told)
        self._untold.clear()
        await self._shop.webhooks.idle()


class Shop(ABC):
    """One simulated shop. A subclass is one platform, and gives it its `face` and its `doors`."""

    STREAMS: ClassVar[Sequence[str]]
    """What the daemon reads there."""

    READS: ClassVar[Sequence[str]]
    """The calls that only read, as the simulator names them."""

    WRITES: ClassVar[Sequence[str]]
    """Those that write what customers see."""

    PING: ClassVar[str]
    """The call that asks whether it is there."""

    LATER: ClassVar[Mapping[str, str]] = {}
    """The points that are only passed after a death, and at which point that is."""

    BESIDES: ClassVar[Sequence[str]] = ()
    """The points elsewhere that are only passed for the sake of such a shop."""

    HOOKED: ClassVar[bool] = True
    """Whether its platform tells of events by webhooks."""

    EDITABLE: ClassVar[str] = "paid"
    """How an order is paid that staff may still edit."""

    face: Face
    doors: Doors
    hooks: Hooks | None = None

    @classmethod
    @abstractmethod
    def made(cls, now: Now, dice: random.Random) -> Self:
        """A shop that sells nothing yet."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The merchant's settings of this channel that no other kind has, or has otherwise."""

    @property
    def place(self) -> str:
        """Where its stock is."""
        return self.face.places[0]

    @abstractmethod
    def edit(self, order: str, units: Mapping[str, int]) -> None:
        """Staff set how many of each SKU an order has."""

    @abstractmethod
    def says_sent(self, order: str) -> bool:
        """Whether the shop tells the customer that all of an order is on its way."""
