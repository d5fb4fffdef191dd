"""How far it has come: a bar on a terminal, a line now and then elsewhere."""

import sys
import time

_LOOK, _LINE = 0.2, 10.0
_WIDTH = 30


class Progress:
    """Shows so many of `total`, and what went wrong by then."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._terminal = sys.stderr.isatty()
        self._began = self._shown = time.monotonic()

    def show(self, done: int, broken: int) -> None:
        now = time.monotonic()
        if done < self._total and now - self._shown < (_LOOK if self._terminal else _LINE):
            return
        self._shown = now
        bar = "█" * (_WIDTH * done // self._total)
        text = f"{self._what:16} {bar:{_WIDTH}} {done:5} of {self._total}, {broken} broken, {now - self._began:4.0f} s"
        end = "" if self._terminal and done < self._total else "\n"
        sys.stderr.write(f"\r{text}{end}" if self._terminal else f"{text}{end}")
        sys.stderr.flush()
