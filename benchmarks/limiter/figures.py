"""What is measured while a load runs."""

from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stopwatch:
    """The seconds that one piece of work spent in requests."""

    seconds: float = 0.0


WORK: ContextVar[Stopwatch] = ContextVar("the work that a request belongs to")


class Watching:
    """A meter that charges the time of each request to the piece of work it belongs to."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """The shop keeps the books of this run."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Nothing sets one."""

    def observe(self, name: str, seconds: float, **_: str) -> None:
        """Charge a request."""
        if name == "request_seconds":
            WORK.get().seconds += seconds


@dataclass(slots=True)
class Figures:
    """One run. Waits are seconds from due to done without those in requests, of what is not done up to the end."""

    seconds: float = 0.0
    levels: int = 0
    backlog_at: float | None = None
    waits: dict[str, list[float]] = field(default_factory=lambda: {"despatch": [], "orders": []})
    undone: Counter[str] = field(default_factory=Counter)
    granted: float = 0.0
    lost: float = 0.0
    grantable: float = 0.0
    refused: int = 0
    refused_late: int = 0

    @property
    def used(self) -> float:
        """The part that was used of what the shop would have granted."""
        return self.granted / self.grantable

    def wait(self, work: str, part: float) -> float:
        """The wait that this part of the pieces of work did not exceed."""
        waits = sorted(self.waits[work])
        return waits[min(len(waits) - 1, int(part * len(waits)))] if waits else 0.0
