"""Finds the kinds of channel and of ERP by their folders, so that a new one edits nothing here."""

import pkgutil
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

from pydantic import BaseModel, create_model
from pydantic_core import PydanticCustomError

import khaossync.channels
import khaossync.erp
from khaossync.config.tables import ChannelTable, ErpTable, Table

ROOMS: dict[type[Table], ModuleType] = {ChannelTable: khaossync.channels, ErpTable: khaossync.erp}
T = TypeVar("T", bound=Table)


def names(base: type[Table]) -> list[str]:
    """The kinds there are: every folder with a `config.py` in the room of channels or of ERPs."""
    return sorted(_folders(ROOMS[base]))


@cache
def own(base: type[Table], kind: str) -> type[BaseModel]:
    """The settings that only this kind has."""
    settings: type[BaseModel] = import_module(f"{ROOMS[base].__name__}.{kind}.config").Settings
    return settings


@cache
def combined(base: type[T], kind: str) -> type[T]:
    """One model of a whole table: an instance is a `base` and the kind's own Settings at once."""
    both: Any = (base, own(base, kind))
    model: type[T] = create_model(f"{kind.capitalize()}{base.__name__}", __base__=both)
    return model


def read(base: type[T], table: object) -> T:
    """Validate a table by the model of the kind that it names."""
    if not isinstance(table, dict):
        raise PydanticCustomError("table", "must be a table")
    kind = table.get("kind")
    if kind is None:
        raise PydanticCustomError("no_kind", "has no kind; add `kind = …`, one of: {known}", {"known": _listed(base)})
    if kind not in names(base):
        near = get_close_matches(str(kind), names(base), 1)
        advice = f"did you mean {near[0]}?" if near else f"known kinds: {_listed(base)}"
        raise PydanticCustomError("unknown_kind", "its kind is unknown; {advice}", {"advice": advice})
    table_of_kind: T = combined(base, kind).model_validate(table)
    return table_of_kind


def _listed(base: type[Table]) -> str:
    return ", ".join(names(base))


def _folders(room: ModuleType) -> Iterator[str]:
    for root in room.__path__:
        for found in pkgutil.iter_modules([root]):
            inside = {module.name for module in pkgutil.iter_modules([f"{root}/{found.name}"])}
            if found.ispkg and "config" in inside:
                yield found.name
