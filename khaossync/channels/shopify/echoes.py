"""Our own stock writes, by which the shop's word of them is told from its word of what others changed."""

from collections.abc import Mapping

_MOST = 200_000


class Echoes:
    """What was last written of each (inventory item, location); the oldest is forgotten first."""

    def __init__(self) -> None:
        self._written: dict[tuple[str, str], int] = {}

    def note(self, written: Mapping[tuple[str, str], int]) -> None:
        """Remember what is about to be written, for the shop may tell of it before it answers."""
        for place, quantity in written.items():
            self._written.pop(place, None)
            self._written[place] = quantity
        while len(self._written) > _MOST:
            del self._written[next(iter(self._written))]

    def holds(self, item: str, location: str, quantity: int) -> bool:
        """Whether this is what we wrote there last."""
        return self._written.get((item, location)) == quantity
