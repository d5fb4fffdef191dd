"""An event loop in a hurry: it lives several seconds in each of ours, so that a time-out costs a test little."""

import asyncio
import selectors
import time

BRISK, HASTY = 4.0, 30.0
"""Seconds of the loop in one of ours: where nobody waits for anything, and where calls are waited for in vain."""


class _Selector(selectors.DefaultSelector):
    speed = BRISK

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / self.speed if timeout else timeout)


class HurriedLoop(asyncio.SelectorEventLoop):
    """Time-outs, rests and slow answers pass quickly; work takes as long as ever."""

    def __init__(self) -> None:
        self._selected = _Selector()
        self._began, self._passed = time.monotonic(), 0.0
        super().__init__(self._selected)

    def time(self) -> float:
        return self._passed + self._selected.speed * (time.monotonic() - self._began)

    def hurry(self, speed: float) -> None:
        """Live so many seconds in each of ours from now on."""
        self._passed, self._began = self.time(), time.monotonic()
        self._selected.speed = speed


def hurry(speed: float) -> None:
    """Let the running loop hurry, if it is one that can."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, HurriedLoop), "a round is played in a hurry: run it with HurriedLoop"
    loop.hurry(speed)
