"""The calls that are made, and the sorting of what comes back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from khaossync.channels.shopware.fields import MalformedError, Node, parse
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import ConnectorDownError, RejectedError, SyncError

Json = Mapping[str, Any]

FORBIDDEN = 403
NOT_FOUND = 404

REFUSALS = frozenset({FORBIDDEN})
"""Failing statuses whose words the client reads itself: Shopware names the privileges that are missing."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the Admin API. All of them may be repeated: what they write is absolute.

    `operation` names it in logs, `path` is behind `/api/`, `refused` is the case that its refusal opens.
    """

    operation: str
    path: str
    method: str = "POST"
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    writes: bool = False
    refused: CaseClass = CaseClass.UNREADABLE_DOCUMENT

    @property
    def content(self) -> bytes | None:
        """The body as it travels."""
        return None if self.body is None else json.dumps(self.body, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Said:
    """One of Shopware's errors; `row` is the place in a batch that it is about, where it says so."""

    code: str
    text: str


class ForbiddenError(ConnectorDownError):
    """The integration's role lacks a privilege."""


class RefusedError(RejectedError):
    """Shopware refused a call; `status` is that of HTTP."""

    def __init__(self, text: str, case_class: CaseClass, status: int, codes: frozenset[str]) -> None:
        super().__init__(text, case_class, final=False)
        self.status = status
        self.codes = codes

    @property
    def unknown(self) -> bool:
        """Whether the shop has no such thing at all, such as an entity of a plan that it did not buy."""
        return self.status == NOT_FOUND


def search(entity: str, criteria: Json, *, headers: Mapping[str, str] | None = None) -> Call:
    """A search. https://developer.shopware.com/docs/guides/integrations-api/general-concepts/search-criteria.html"""
    dashed = entity.replace("_", "-")
    return Call(f"search {entity}", f"search/{dashed}", body={"total-count-mode": 0, **criteria}, headers=headers or {})


def between(name: str, *, least: str = "", above: int | None = None) -> Json:
    """A filter on a range from an instant on, or above a number."""
    return {"type": "range", "field": name, "parameters": {"gte": least} if above is None else {"gt": above}}


def any_of(name: str, values: Sequence[str]) -> Json:
    """A filter on one of several values."""
    return {"type": "equalsAny", "field": name, "value": list(values)}


def either(*queries: Json) -> Json:
    """A filter that holds where one of these does."""
    return {"type": "multi", "operator": "or", "queries": list(queries)}


def answer(call: Call, status: int, content: bytes) -> Node:
    """What a call was answered with; a 204 tells nothing. Raises SyncError."""
    if status == 204:
        return Node({}, call.operation)
    if 200 <= status < 300:
        return parse(content, call.operation)
    raise _failure(call, status, content)


def _failure(call: Call, status: int, content: bytes) -> SyncError:
    said = _errors(content)
    words = "; ".join(dict.fromkeys(one.text for one in said)) or "no reason given"
    text = f"shopware: {call.operation} was answered with HTTP {status}: {words}"
    if status == FORBIDDEN:
        return ForbiddenError(f"{text}: check the role of the integration")
    if 300 <= status < 400:
        return ConnectorDownError(f"{text}: the shop's address leads elsewhere: check `url`")
    if status in (NOT_FOUND, 405) and not said:
        return ConnectorDownError(f"{text}: nobody there speaks Shopware's Admin API: check `url`")
    return RefusedError(text, call.refused, status, frozenset(one.code for one in said))


def _errors(content: bytes) -> list[Said]:
    try:
        listed = parse(content, "errors").items("errors")
        return [Said(one.text_or("code"), one.text_or("detail") or one.text_or("title")) for one in listed]
    except MalformedError:
        return []
