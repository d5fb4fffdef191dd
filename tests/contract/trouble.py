"""A fault that strikes the n-th call and no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from khaossync.sandbox.faults import Fault, Faults

STALL = 0.4
"""Seconds that a stalled answer takes."""

PATIENCE = 0.2
"""Seconds after which a caller takes it for lost."""


class NthThrow(Random):
    """Dice that let exactly the n-th throw win."""

    def __init__(self, n: int) -> None:
        super().__init__(0)
        self._left = n

    def random(self) -> float:
        self._left -= 1
        return 0.0 if self._left == 0 else 1.0


@dataclass(frozen=True)
class Trouble:
    """A fault on the `call`-th call of `operation` ("*" is any)."""

    fault: Fault
    call: int = 1
    operation: str = "*"

    @property
    def patience(self) -> float | None:
        """How long a caller waits in it: no longer than usual unless the answer is late."""
        return PATIENCE if self.fault is Fault.STALL else None

    @contextmanager
    def befalling(self, faults: Faults) -> Iterator["Strike"]:
        """The simulator misbehaves within; afterwards the strike tells whether it came to that."""
        before, strike = len(faults.happened), Strike()
        faults.spread(self.fault, 0.5, NthThrow(self.call), self.operation, STALL)
        try:
            yield strike
        finally:
            faults.clear()
            strike.struck = len(faults.happened) > before


@dataclass
class Strike:
    """Whether a fault met a call."""

    struck: bool = False
