"""How a shop's own acts move stock: reserve when sold, ship, give back."""

from collections.abc import Iterable, Mapping

from khaossync.sandbox.shopify.catalogue import Item, Level, Location
from khaossync.sandbox.shopify.state import State


class OutOfStock(Exception):  # noqa: N818  the shop says it as a shopper reads it
    """The basket asks for more than the shop can sell."""


def level_at(state: State, item: Item, location: Location) -> Level:
    """The level of an item at a location, opened with nothing where there is none yet."""
    level = item.levels.get(location.number)
    return level if level is not None else state.catalogue.stock(item, location, 0, state.now())


def assign(state: State, wanted: Mapping[int, int], only: Location | None) -> dict[int, dict[int, int]]:
    """Where units come from: location number → item number → units. One location if one can, else several.

    Raises OutOfStock when even all locations together cannot, unless the item may be oversold.
    """
    if not wanted:
        return {}
    places = [only] if only else list(state.catalogue.locations.values())
    for place in places:
        if all(_free(state, number, place) >= units for number, units in wanted.items()):
            return {place.number: dict(wanted)}
    plan: dict[int, dict[int, int]] = {}
    for number, units in wanted.items():
        for place, part in _split(state.catalogue.by_number[number], units, places):
            plan.setdefault(place.number, {})[number] = part
    return plan


def _free(state: State, number: int, place: Location) -> int:
    level = state.catalogue.by_number[number].levels.get(place.number)
    return level.available if level else 0


def _split(item: Item, units: int, places: Iterable[Location]) -> Iterable[tuple[Location, int]]:
    parts: dict[int, tuple[Location, int]] = {}
    left = units
    for place in places:
        level = item.levels.get(place.number)
        part = min(left, max(level.available, 0)) if level else 0
        if part:
            parts[place.number] = (place, part)
            left -= part
    if left:
        if not item.oversell:
            raise OutOfStock(f"{units} × {item.sku} were asked for, {left} of them are not there")
        first = next(iter(places))
        parts[first.number] = (first, parts.get(first.number, (first, 0))[1] + left)
    return parts.values()


def reserve(state: State, item: Item, location: Location, units: int) -> None:
    """Sold: no longer available, still on the shelf."""
    _move(state, level_at(state, item, location), available=-units, committed=units)


def release(state: State, item: Item, location: Location, units: int) -> None:
    """Not to be shipped after all: available again."""
    _move(state, level_at(state, item, location), available=units, committed=-units)


def remove(state: State, item: Item, location: Location, units: int) -> None:
    """Left the shelf for good: shipped, or written off."""
    _move(state, level_at(state, item, location), committed=-units)


def take_back(state: State, item: Item, location: Location, units: int) -> None:
    """Came back and may be sold again."""
    _move(state, level_at(state, item, location), available=units)


def _move(state: State, level: Level, *, available: int = 0, committed: int = 0) -> None:
    level.available += available
    level.committed += committed
    state.touch_level(level, told=bool(available))
