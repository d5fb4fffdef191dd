"""How GraphQL travels: the static documents and their cost, the request, and the sorting of what comes back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import (
    AmbiguousError,
    ConnectorDownError,
    RateLimitedError,
    RejectedError,
    SyncError,
    TransientError,
)

Variables = Mapping[str, Any]

_FALLBACK_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = 60.0
_LONGEST_WHOLE = 40


class TooDearError(TransientError):
    """The query costs more than the shop ever allows at once: ask for a smaller page."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One static GraphQL document.

    `parts` are the files under `queries/` that it is made of. `cost` estimates its requested cost from its page
    sizes, by the rule that Shopify publishes (https://shopify.dev/docs/api/usage/limits): an object 1, a
    connection 2 and its children times `first`, a mutation 10. Shopify charges less for long pages; the client
    learns by how much. `safe` tells that sending it twice does no harm, `refused` which case its refusal opens.
    """

    name: str
    parts: tuple[str, ...]
    cost: Callable[[Variables], float]
    safe: bool = True
    refused: CaseClass = CaseClass.UNREADABLE_DOCUMENT

    @property
    def document(self) -> str:
        """The text that is sent."""
        return "\n".join(_part(part) for part in self.parts)

    @property
    def writes(self) -> bool:
        """Whether it changes something in the shop."""
        return _part(self.parts[0]).startswith("mutation ")


@dataclass(frozen=True, slots=True)
class Charge:
    """What Shopify says about cost: `requested` before this call and `actual` after it, and the bucket as it is now."""

    requested: float
    actual: float
    available: float
    maximum: float
    restore_rate: float

    @property
    def credible(self) -> bool:
        """Whether it can be a shop's bucket: one that fills within the hour. Believed, any other stops all calls."""
        figures = self.maximum > 0 and min(self.requested, self.actual) >= 0
        return figures and self.restore_rate * 3600 >= self.maximum and abs(self.available) <= self.maximum

    @property
    def wait(self) -> timedelta:
        """How long until the bucket holds what the call needs."""
        seconds = (self.requested - self.available) / self.restore_rate
        return timedelta(seconds=min(max(0.5, seconds), _LONGEST_WAIT))


@cache
def _part(name: str) -> str:
    return (files(__package__) / "queries" / f"{name}.graphql").read_text()


def body(operation: Operation, variables: Variables) -> bytes:
    """The request's JSON."""
    asked = {"query": operation.document, "operationName": operation.name, "variables": variables}
    return json.dumps(asked, separators=(",", ":")).encode()


def parse(operation: Operation, content: bytes) -> Node:
    """The answer as JSON with exact numbers.

    What is no JSON object says nothing about the effect: TransientError when sending twice is harmless,
    AmbiguousError otherwise.
    """
    try:
        told = json.loads(content, parse_float=_exact, parse_int=_whole, parse_constant=_no_number)
        return Node.of(told, operation.name)
    except (ValueError, RecursionError, MalformedError) as error:
        text = f"shopify: {operation.name} was not answered with a JSON object: {error}"
        raise (TransientError(text) if operation.safe else AmbiguousError(text)) from error


def charge(answer: Node) -> Charge | None:
    """The cost figures of an answer; None where it carries none that can be used."""
    try:
        cost = answer.node("extensions").node("cost")
        bucket = cost.node("throttleStatus")
        found = Charge(
            float(cost.number("requestedQueryCost")),
            0.0 if cost.value.get("actualQueryCost") is None else float(cost.number("actualQueryCost")),
            float(bucket.number("currentlyAvailable")),
            float(bucket.number("maximumAvailable")),
            float(bucket.number("restoreRate")),
        )
    except MalformedError:
        return None
    return found if found.credible else None


def data(operation: Operation, answer: Node) -> Node:
    """The data of a successful answer. Raises what `errors` means, sorted by remedy."""
    if answer.value.get("errors"):
        raise _failure(operation, answer)
    try:
        return answer.node("data")
    except MalformedError as error:
        text = f"shopify: {error}"
        raise (TransientError(text) if operation.safe else AmbiguousError(text)) from error


def user_errors(payload: Node) -> tuple[Node, ...]:
    """The business refusals of a mutation, which arrive beside the data and not in `errors`."""
    return payload.items("userErrors")


def words(errors: tuple[Node, ...]) -> str:
    """Shopify's own words, for a person."""
    return "; ".join(dict.fromkeys(each.text_or("message", "no reason given") for each in errors))


def _failure(operation: Operation, answer: Node) -> SyncError:
    codes, text = _codes(answer), f"shopify: {operation.name}: {_messages(answer)}"
    cost = charge(answer)
    if "MAX_COST_EXCEEDED" in codes:
        return TooDearError(text)
    if "THROTTLED" in codes:
        if cost and cost.requested > cost.maximum:
            return TooDearError(f"{text}: costs {cost.requested:g} of a bucket of {cost.maximum:g}")
        return RateLimitedError(text, cost.wait if cost else _FALLBACK_WAIT)
    if codes & {"ACCESS_DENIED", "SHOP_INACTIVE", "UNAUTHORIZED", "FORBIDDEN"}:
        return ConnectorDownError(f"{text}{_scope(answer)}")
    if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT"} or not (codes or _refuses_values(answer)):
        return TransientError(text) if operation.safe else AmbiguousError(text)
    return RejectedError(text, operation.refused, final=False)


def _errors(answer: Node) -> tuple[Node, ...]:
    listed = answer.value.get("errors")
    found = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return tuple(Node(each, f"errors[{i}]") for i, each in enumerate(found))


def _extensions(error: Node) -> Node:
    value = error.value.get("extensions")
    return Node(value if isinstance(value, Mapping) else {}, f"{error.path}.extensions")


def _codes(answer: Node) -> set[str]:
    found = (_extensions(error).value.get("code") for error in _errors(answer))
    return {code for code in found if isinstance(code, str)}


def _refuses_values(answer: Node) -> bool:
    """Whether a variable's value is no value of its type, which is told by its `problems` and not always by a code."""
    return any("problems" in _extensions(error).value for error in _errors(answer))


def _messages(answer: Node) -> str:
    listed = answer.value.get("errors")
    if isinstance(listed, str):
        return listed[:500]
    found = (error.value.get("message") for error in _errors(answer))
    return "; ".join(text for text in found if isinstance(text, str))[:500] or "failed without a reason"


def _scope(answer: Node) -> str:
    """`requiredAccess` is how Shopify names the missing scope."""
    found = (_extensions(error).value.get("requiredAccess") for error in _errors(answer))
    needed = "; ".join(text for text in found if isinstance(text, str))
    return f": grant the app {needed} and install it again" if needed else ": grant the app the scope named there"


def _exact(digits: str) -> Decimal:
    """One number that nobody can hold spoils its own field, not the whole answer."""
    try:
        return Decimal(digits)
    except ArithmeticError:
        return Decimal("NaN")


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_WHOLE else Decimal("NaN")


def _no_number(name: str) -> Decimal:
    raise ValueError(f"{name} is not a number of JSON")
