"""A call as the doors get it, and what a door is."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from khaossync.sandbox.adobe import search
from khaossync.sandbox.adobe.bodies import Shape
from khaossync.sandbox.adobe.errors import Refusal, no_such
from khaossync.sandbox.adobe.orders import Order
from khaossync.sandbox.adobe.state import State


@dataclass(frozen=True)
class Call:
    """One request that was let in and whose body has the right shape."""

    state: State
    query: Sequence[tuple[str, str]] = ()
    path: dict[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def number(self) -> int:
        """The id in the path. Raises Refusal."""
        told = self.path["id"]
        if not told.isdigit():
            text = 'Error occurred during "%1" processing. The "%2" value\'s type is invalid. Expected: "int".'
            raise Refusal(400, text, ["id", told])
        return int(told)

    @property
    def order(self) -> Order:
        """The order that the path names by its entity id. Raises Refusal."""
        found = self.state.orders.get(self.number)
        if found is None or (found.hidden_until and found.hidden_until > self.state.now()):
            raise Refusal(404, "The entity that was requested doesn't exist. Verify the entity and try again.")
        return found

    def one(self, records: dict[int, Any]) -> Any:
        """The record that the path names. Raises Refusal."""
        if self.number not in records:
            raise no_such("id", self.number)
        return records[self.number]

    def parameter(self, name: str) -> str | None:
        """One parameter of the query."""
        return next((value for key, value in self.query if key == name), None)

    def found(self, records: Sequence[Any], column: search.Column, show: Callable[[Any], Any]) -> dict[str, Any]:
        """The page of records that the criteria ask for. Raises Refusal."""
        habits = self.state.habits
        criteria = search.read(self.query, limits=habits.limits)
        page, count = search.find(criteria, records, column, clamps=habits.repeats_last_page)
        return {"items": [show(each) for each in page], "search_criteria": criteria.told(), "total_count": count}


@dataclass(frozen=True)
class Route:
    """One call of the API. `path` is as published, without the version; `{id}` stands for a part of it.

    `msi` calls are there only with Multi-Source Inventory. `bulk` ones may also be sent asynchronously.
    """

    method: str
    path: str
    resource: str | None
    act: Callable[[Call], Any]
    shape: Shape | None = None
    msi: bool = False
    bulk: bool = False

    @property
    def name(self) -> str:
        """What faults and counts call it."""
        return f"{self.method} {self.path}"

    @property
    def pattern(self) -> "re.Pattern[str]":
        """What a path must look like to be meant."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "/?")
