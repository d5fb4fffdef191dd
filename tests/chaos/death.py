"""Where a daemon can die: every await of the delivery path is a named point, and at one of them the process ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


class Crash(BaseException):
    """The process is gone: nothing catches this, and nothing that comes after it in this life is done."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The first time that a point is passed from the `since`-th passing of any point on; an empty name is any point."""

    name: str
    since: int


class Points:
    """Counts the points that were passed, in all lives of a daemon, and says at which of them what happens.

    `deaths` are the moments at which the process ends, in their order; `omens` are done at the passing of so many
    points, and stay on this list until then.
    """

    def __init__(self) -> None:
        self.trace: list[str] = []
        self.deaths: list[Moment] = []
        self.died_at: list[str] = []
        self.omens: list[tuple[int, Callable[[], Awaitable[None]]]] = []

    async def passes(self, name: str) -> bool:
        """Note that a point is passed; True when it is the last thing that this life does."""
        self.trace.append(name)
        for omen in [one for one in self.omens if one[0] <= len(self.trace)]:
            self.omens.remove(omen)
            await omen[1]()
        if self.deaths and self._is(self.deaths[0], name):
            del self.deaths[0]
            self.died_at.append(name)
            return True
        return False

    def _is(self, death: Moment, name: str) -> bool:
        return len(self.trace) >= death.since and death.name in ("", name)


class Mortal:
    """One life: what it does passes its points through here, and after its death nothing of it goes on."""

    def __init__(self, points: Points, at_death: Callable[[], None]) -> None:
        self._points = points
        self._at_death = at_death
        self.dead = False

    async def reach(self, name: str) -> None:
        """Pass a point; raises Crash at the point of death, and ever after."""
        await self.witness(name)
        if self.dead:
            raise Crash(name)

    async def witness(self, name: str) -> None:
        """Pass a point in another's place (a server that is called): it ends us without being stopped itself."""
        if not self.dead and await self._points.passes(name):
            self.dead = True
            self._at_death()
