"""Who must turn how often, and when each loop last did."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.clock import Clock
from khaossync.ops.health import LoopBeat

_SHORTEST_BOUND = timedelta(seconds=60)


@dataclass(slots=True)
class _Watched:
    bound: timedelta
    critical: bool
    beat_at: float | None = None


class Beats:
    """The registry that loops beat into. Ages are taken from the monotonic clock: a set wall clock kills no loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watched: dict[str, _Watched] = {}

    def register(
        self,
        name: str,
        interval: timedelta,
        *,
        bound: timedelta | None = None,
        critical: bool = True,
    ) -> None:
        """Expect beats from this loop; without a bound of its own it may be silent for max(3 × interval, 60 s)."""
        self._watched[name] = _Watched(bound or max(3 * interval, _SHORTEST_BOUND), critical)

    def beat(self, name: str) -> None:
        """The loop is alive and turning. Raises KeyError for a loop that was never registered."""
        if name not in self._watched:
            raise KeyError(f"loop {name!r} beats but was never registered with Beats.register")
        self._watched[name].beat_at = self._clock.monotonic()

    def forget(self, name: str) -> None:
        """Expect nothing more from this loop: it has ended on purpose."""
        self._watched.pop(name, None)

    def snapshot(
        self, failing: Mapping[str, datetime | None] | None = None, unproved: Collection[str] = ()
    ) -> tuple[LoopBeat, ...]:
        """Every registered loop with its last beat.

        By loop name, `failing` adds since when its ticks fail, `unproved` that none has succeeded yet.
        """
        now, elapsed = self._clock.now(), self._clock.monotonic()
        return tuple(
            LoopBeat(
                name=name,
                last_beat=None if loop.beat_at is None else now - timedelta(seconds=elapsed - loop.beat_at),
                bound=loop.bound,
                critical=loop.critical,
                failing_since=(failing or {}).get(name),
                proved=name not in unproved,
            )
            for name, loop in self._watched.items()
        )
