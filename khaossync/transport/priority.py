"""How urgent a call is."""

from enum import IntEnum


class Priority(IntEnum):
    """The classes of calls to one system, the most urgent first."""

    DESPATCH = 0
    ORDERS = 1
    REFUNDS = 2
    STOCK = 3
    BACKFILL = 4

    @property
    def label(self) -> str:
        """Its name in metrics."""
        return self.name.lower()

    @property
    def is_background(self) -> bool:
        """Whether a system that is slow should be spared it: what is read and written in bulk."""
        return self >= Priority.STOCK
