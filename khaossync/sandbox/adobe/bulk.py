"""Asynchronous calls: taken at once, done when the consumer gets to them, asked for by their bulk's id.

https://developer.adobe.com/commerce/webapi/rest/use-rest/operation-status-endpoints/
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.state import State
from khaossync.sandbox.adobe.wire.values import stamp

COMPLETE, FAILED_FOR_GOOD, OPEN, REJECTED = 1, 3, 4, 5


@dataclass(slots=True, eq=False)
class Operation:
    """One call of a bulk that is still to be done, or what became of it."""

    number: int
    topic: str
    body: Any
    act: Callable[[], Any]
    status: int = OPEN
    message: str = ""
    code: int | None = None


@dataclass(slots=True, eq=False)
class Bulk:
    """What one asynchronous request asked for."""

    uuid: str
    begun_at: str
    operations: list[Operation] = field(default_factory=list)


class Bulks:
    """All bulks of a shop. `run` is the consumer; nothing promises that it keeps the order."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._bulks: dict[str, Bulk] = {}

    def take(self, topic: str, asked: Sequence[tuple[Any, Refusal | None, Callable[[], Any]]]) -> dict[str, Any]:
        """Note each body with why it is rejected, or what is to be done with it. Returns the answer."""
        number = self._state.next("bulk")
        bulk = Bulk(f"00000000-0000-4000-8000-{number:012d}", stamp(self._state.now()))
        bulk.operations = [_noted(at, topic, *each) for at, each in enumerate(asked)]
        self._bulks[bulk.uuid] = bulk
        if self._state.habits.bulk_runs:
            self.run()
        rejected = any(refused for _, refused, _ in asked)
        return {"bulk_uuid": bulk.uuid, "request_items": [_taken(each) for each in bulk.operations], "errors": rejected}

    def run(self, *, newest_first: bool = False) -> None:
        """Do all that is open."""
        left = [each for bulk in self._bulks.values() for each in bulk.operations if each.status == OPEN]
        for operation in reversed(left) if newest_first else left:
            try:
                operation.act()
            except Refusal as refused:
                operation.status, operation.message = FAILED_FOR_GOOD, refused.message
                operation.code = refused.status
            else:
                operation.status, operation.message = COMPLETE, "Service execution success"

    def status(self, uuid: str, *, detailed: bool) -> dict[str, Any]:
        """What became of a bulk. Raises Refusal."""
        bulk = self._bulks.get(uuid)
        if bulk is None:
            text = "No such entity with %fieldName = %fieldValue"
            raise Refusal(404, text, {"fieldName": "bulk_uuid", "fieldValue": uuid})
        return {
            "operations_list": [_shown(bulk, each, detailed) for each in bulk.operations],
            "user_type": 1,
            "bulk_id": bulk.uuid,
            "description": f"Topic {bulk.operations[0].topic}" if bulk.operations else "",
            "start_time": bulk.begun_at,
            "user_id": 1,
            "operation_count": len(bulk.operations),
        }


def _noted(at: int, topic: str, body: Any, refused: Refusal | None, act: Callable[[], Any]) -> Operation:
    if refused:
        return Operation(at, topic, body, act, REJECTED, refused.message, refused.status)
    return Operation(at, topic, body, act)


def _taken(told: Operation) -> dict[str, Any]:
    if told.status == REJECTED:
        return {"id": told.number, "data_hash": None, "status": "rejected", "error_message": told.message}
    return {"id": told.number, "data_hash": f"{told.number:064x}", "status": "accepted"}


def _shown(bulk: Bulk, told: Operation, detailed: bool) -> dict[str, Any]:
    short = {"id": told.number, "status": told.status, "result_message": told.message, "error_code": told.code}
    if not detailed:
        return short
    data = json.dumps({"entity_id": None, "entity_link": "", "meta_information": json.dumps(told.body)})
    more = {"bulk_uuid": bulk.uuid, "topic_name": told.topic, "serialized_data": data, "result_serialized_data": None}
    return short | more
