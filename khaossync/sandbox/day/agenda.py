"""What is to happen in a day: at a moment, some time later, or as soon as people were told of something."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from khaossync.sandbox.day.people import People

LAST = 0.98
"""The moment after which nothing begins any more."""

Act = Callable[[], object]


@dataclass(order=True, slots=True)
class Event:
    """Something that happens at a moment of the day (0 morning, 1 evening)."""

    at: float
    number: int
    act: Act = field(compare=False)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody does who was told of such a thing; `before` is how often people had been told of it till then."""

    what: str
    before: int
    act: Act


class Agenda:
    """Holds a day's events and plays them in order."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._events: list[Event] = []
        self._reactions: list[Reaction] = []
        self._number = 0
        self.now = 0.0

    def at(self, moment: float, act: Act) -> None:
        """Let something happen at a moment of the day."""
        self._number += 1
        heappush(self._events, Event(moment, self._number, act))

    def later(self, wait: float, act: Act) -> None:
        """Let something happen a fraction of the day from now."""
        self.at(min(LAST, self.now + wait), act)

    def once_told(self, what: str, act: Act) -> None:
        """Let somebody act who is told of a class of case, however long that takes."""
        self._reactions.append(Reaction(what, self._people.told(what), act))

    def react(self) -> None:
        """Let those act who have been told by now."""
        ready = [one for one in self._reactions if self._is_told(one)]
        self._reactions = [one for one in self._reactions if one not in ready]
        for one in ready:
            one.act()

    @property
    def untold(self) -> list[str]:
        """The classes of case that somebody still waits to be told of."""
        return sorted({one.what for one in self._reactions})

    async def play(self, seconds: float) -> None:
        """Live through the day in so many seconds of real time."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while self._events:
            event = heappop(self._events)
            await asyncio.sleep(max(0.0, began + event.at * seconds - loop.time()))
            self.now = event.at
            event.act()
        self.now = 1.0

    def _is_told(self, one: Reaction) -> bool:
        return self._people.know(one.what) or self._people.told(one.what) > one.before
