"""Strict reading of Shopware's JSON: a value is asked for by name and type, and a wrong one is named by its path."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from khaossync.domain.errors import TransientError

_LONGEST_NAME = 255

# An instant beyond these is a garbled one, and believed it would outrank every later state of its record.
_YEARS = range(1970, 2100)

_HUGE = 15
"""The power of ten from which on a number is no amount of a shop."""


class MalformedError(TransientError):
    """A field is missing or of the wrong type; the text names its path.

    Of one record it makes an Unreadable; of a whole answer it is a failure like a broken connection.
    """


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON object and the path by which it was reached. Every reader raises MalformedError."""

    value: Mapping[str, Any]
    path: str = "answer"

    @classmethod
    def of(cls, value: object, path: str = "answer") -> "Node":
        """Take a JSON object; an empty list is one too, for that is how PHP writes an empty object."""
        if value == []:
            return cls({}, path)
        if not isinstance(value, Mapping):
            raise MalformedError(f"{path} is {_name(value)} where an object was expected")
        return cls(value, path)

    def has(self, name: str) -> bool:
        """Whether it is there and not null."""
        return self.value.get(name) is not None

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.value.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return value

    def text_or(self, name: str, default: str = "") -> str:
        """A text, or the default where it is null or left out."""
        return self.text(name) if self.has(name) else default

    def short(self, name: str) -> str:
        """A text that must be there and names something: an id, a number, a SKU."""
        text = self.text(name)
        if len(text) > _LONGEST_NAME:
            raise MalformedError(f"{self.path}.{name} has {len(text)} characters where at most 255 were expected")
        return text

    def integer(self, name: str) -> int:
        """A whole number that must be there; `2.0` is one."""
        number = self.number(name)
        if number != number.to_integral_value():
            raise self._wrong(name, "a whole number")
        return int(number)

    def flag(self, name: str, default: bool) -> bool:
        """A boolean, or the default where it is null or left out."""
        value = self.value.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._wrong(name, "a boolean")
        return value

    def number(self, name: str) -> Decimal:
        """A finite number: a JSON number read as Decimal, or its text."""
        value = self.value.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self._wrong(name, "a number")
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self._wrong(name, "a number") from None
        # The noise of binary arithmetic is as small as one likes, so only what is too large is refused.
        if not number.is_finite() or number.adjusted() > _HUGE:
            raise self._wrong(name, "a number of a shop")
        return number

    def amount(self, name: str, digits: int) -> Decimal:
        """An amount of money without the noise of the binary arithmetic it was reckoned with."""
        return self.number(name).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)

    def instant(self, name: str) -> datetime:
        """An instant with its offset, in UTC."""
        told = self.text(name)
        try:
            moment = datetime.fromisoformat(told)
            if moment.tzinfo and moment.year in _YEARS:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise self._wrong(name, "an instant with its offset")

    def node(self, name: str) -> "Node":
        """An object that must be there."""
        return Node.of(self.value.get(name), f"{self.path}.{name}")

    def node_or_none(self, name: str) -> "Node | None":
        """An object, or None where it is null or left out."""
        return self.node(name) if self.has(name) else None

    def items(self, name: str) -> "tuple[Node, ...]":
        """A list of objects; null or left out counts as empty, a null in it does not."""
        value = self.value.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return tuple(Node.of(each, f"{self.path}.{name}[{i}]") for i, each in enumerate(value))

    def texts(self, name: str) -> Iterator[str]:
        """The texts of a list, whatever else it holds left out."""
        value = self.value.get(name)
        return (each for each in value if isinstance(each, str)) if isinstance(value, list) else iter(())

    def state(self) -> str:
        """The technical name of its state; shops rename the others, and may add states of their own."""
        return self.node("stateMachineState").text("technicalName")

    def _wrong(self, name: str, wanted: str) -> MalformedError:
        seen = _name(self.value[name]) if name in self.value else "missing"
        return MalformedError(f"{self.path}.{name} is {seen} where {wanted} was expected")


def parse(text: str | bytes, path: str) -> Node:
    """JSON with exact numbers. Raises MalformedError for what is no object."""
    try:
        return Node.of(json.loads(text, parse_float=Decimal, parse_constant=_no_number), path)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise MalformedError(f"{path} is no JSON object: {error}") from error


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
