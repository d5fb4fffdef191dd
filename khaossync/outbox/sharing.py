"""Sharing: which connectors a daemon takes and which it gives back, judged from who holds what."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil

CHORES = "(chores)"
"""What one daemon does for the whole install is owned like a connector; no connector can have this name."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A connector's lock and the session that holds it; a `silent` session has not spoken for too long."""

    connector: str
    session: int | None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """The locks of all connectors that we want, and the sessions of the daemons that want the same, ours included."""

    me: int
    seats: Sequence[Seat] = ()
    daemons: frozenset[int] = frozenset()

    @property
    def free(self) -> list[str]:
        """What nobody holds."""
        return sorted(seat.connector for seat in self.seats if seat.session is None)

    @property
    def elsewhere(self) -> frozenset[str]:
        """What other daemons hold and work for."""
        taken = (seat for seat in self.seats if seat.session not in (None, self.me))
        return frozenset(seat.connector for seat in taken if not seat.silent)

    @property
    def idle(self) -> frozenset[str]:
        """What nobody works for: nobody holds it, or whoever does has fallen silent."""
        return frozenset(seat.connector for seat in self.seats if seat.session is None or seat.silent)

    def due(self, overdue: Collection[str], given: Collection[str]) -> list[str]:
        """What to take now: of the free ones our fair share, without those that we gave away, and all that is overdue.

        Overdue is what is free although others could have taken it long ago.
        """
        late = [name for name in self.free if name in overdue]
        fresh = [name for name in self.free if name not in overdue and name not in given]
        room = ceil(len(self.seats) / max(1, len(self.daemons))) - self._loads()[self.me] - len(late)
        return [*late, *fresh[: max(0, room)]]

    def surplus(self) -> str | None:
        """One connector that we should leave to a daemon that has two fewer than we; None when all is fair."""
        loads = self._loads()
        least = min((loads[daemon] for daemon in self.daemons), default=0)
        if loads[self.me] - least < 2:
            return None
        return max(seat.connector for seat in self.seats if seat.session == self.me)

    def _loads(self) -> Counter[int]:
        return Counter(seat.session for seat in self.seats if seat.session is not None)
