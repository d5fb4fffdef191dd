"""Our own stock writes, by which the shop's word of them is told from its word of what others changed."""

from collections import OrderedDict
from collections.abc import Mapping

_MOST = 20_000
"""Places that are remembered: an echo comes within seconds, and no shop takes more writes in that time."""


class Echoes:
    """What was last written of each (inventory item, location); the oldest is forgotten first."""

    def __init__(self) -> None:
        self._written: OrderedDict[tuple[str, str], int] = OrderedDict()

    def note(self, written: Mapping[tuple[str, str], int]) -> None:
        """Remember what is about to be written, for the shop may tell of it before it answers."""
        for place, quantity in written.items():
            self._written[place] = quantity
            self._written.move_to_end(place)
        while len(self._written) > _MOST:
            self._written.popitem(last=False)

    def holds(self, item: str, location: str, quantity: int) -> bool:
        """Whether this is what we wrote there last."""
        return self._written.get((item, location)) == quantity
