"""Strict reading of JSON as Magento writes it: missing is null, ids are numbers or texts, times have no zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from khaossync.domain.errors import TransientError
from khaossync.domain.money import ZERO

_LONGEST_NAME = 255
"""Magento's own bound for most names; what is longer names no record, and no index of a database takes it."""

# An instant beyond these is a garbled one, and believed it would outrank every later state of its record.
_YEARS = range(1970, 2100)

# decimal(20,4), but PHP writes differences of them as binary fractions: 23.989999999999998.
_STORED = Decimal("0.0001")


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
        """Take a JSON object, and nothing else."""
        if not isinstance(value, Mapping):
            raise MalformedError(f"{path} is {_name(value)} where an object was expected")
        return cls(value, path)

    def has(self, name: str) -> bool:
        """Whether a field is there and not null."""
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

    def ident(self, name: str) -> str:
        """The id of a record, or another name of it, that must be there; Magento writes ids as numbers or as texts."""
        value = self.value.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
            raise self._wrong(name, "an id")
        if len(str(value)) > _LONGEST_NAME:
            raise MalformedError(f"{self.path}.{name} has {len(str(value))} characters where at most 255 were expected")
        return str(value).strip()

    def ident_or(self, name: str, default: str = "") -> str:
        """An id, or the default where it is null, left out, or empty."""
        return self.ident(name) if self.value.get(name) not in (None, "", 0, "0") else default

    def currency(self, name: str) -> str:
        """The code of a currency that must be there."""
        code = self.text(name)
        if not (len(code) == 3 and code.isascii() and code.isupper()):
            raise self._wrong(name, "a currency of three capital letters")
        return code

    def flag(self, name: str, default: bool = False) -> bool:
        """A yes or no, which Magento writes as true, 1 or "1"; null or left out gives the default."""
        value = self.value.get(name)
        if value is None:
            return default
        if value in (True, 1, "1"):
            return True
        if value in (False, 0, "0", ""):
            return False
        raise self._wrong(name, "a yes or no")

    def number(self, name: str) -> Decimal:
        """A finite number with at most four decimals: a JSON number read as Decimal, or its text."""
        value = self.value.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self._wrong(name, "a number")
        try:
            amount = Decimal(value)
        except InvalidOperation:
            raise self._wrong(name, "a number") from None
        if not amount.is_finite() or (amount and amount.adjusted() > 14):
            raise self._wrong(name, "a number of a shop")
        return amount.quantize(_STORED, rounding=ROUND_HALF_UP)

    def number_or(self, name: str, default: Decimal = ZERO) -> Decimal:
        """A number, or the default where it is null or left out."""
        return self.number(name) if self.has(name) else default

    def integer(self, name: str) -> int:
        """A whole number that must be there, which Magento may write with decimals."""
        number = self.number(name)
        if number != int(number):
            raise self._wrong(name, "a whole number")
        return int(number)

    def instant(self, name: str) -> datetime:
        """An instant, which Magento writes in UTC without saying so."""
        told = self.text(name)
        try:
            moment = datetime.fromisoformat(told)
            if moment.year in _YEARS:
                return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise self._wrong(name, "an instant")

    def node(self, name: str) -> "Node":
        """An object that must be there."""
        return Node.of(self.value.get(name), f"{self.path}.{name}")

    def node_or_empty(self, name: str) -> "Node":
        """An object; one without fields where it is null, left out, or `[]`, as PHP writes an empty one."""
        value = self.value.get(name)
        return Node({}, f"{self.path}.{name}") if value in (None, []) else self.node(name)

    def items(self, name: str) -> "tuple[Node, ...]":
        """A list of objects; null or left out counts as empty, a null in it does not."""
        return tuple(Node.of(each, f"{self.path}.{name}[{i}]") for i, each in enumerate(self.listed(name)))

    def listed(self, name: str) -> list[Any]:
        """A list of anything; null or left out counts as empty."""
        value = self.value.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value

    def _wrong(self, name: str, wanted: str) -> MalformedError:
        seen = _name(self.value[name]) if name in self.value else "missing"
        return MalformedError(f"{self.path}.{name} is {seen} where {wanted} was expected")


def _name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
