"""Strict reading of JSON: every value is asked for by name and type, and a wrong one is named by its path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from khaossync.domain.errors import TransientError

_LONGEST_NAME = 255
"""Shopify's own bound for names and SKUs; what is longer names no record, and no index of a database takes it."""

# GraphQL's Int: https://spec.graphql.org/October2021/#sec-Int
_INTEGERS = range(-(2**31), 2**31)

# An instant beyond these is a garbled one, and believed it would outrank every later state of its record.
_YEARS = range(1970, 2100)


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

    def text(self, name: str) -> str:
        """A text that must be there."""
        return str(self._typed(name, str))

    def text_or(self, name: str, default: str = "") -> str:
        """A text, or the default where it is null or left out."""
        return default if self.value.get(name) is None else self.text(name)

    def short(self, name: str) -> str:
        """A text that must be there and names something: an id, a number, a SKU."""
        text = self.text(name)
        if len(text) > _LONGEST_NAME:
            raise MalformedError(f"{self.path}.{name} has {len(text)} characters where at most 255 were expected")
        return text

    def currency(self, name: str) -> str:
        """The code of a currency that must be there."""
        code = self.text(name)
        if not (len(code) == 3 and code.isascii() and code.isupper()):
            raise self._wrong(name, "a currency of three capital letters")
        return code

    def integer(self, name: str) -> int:
        """A whole number of GraphQL that must be there."""
        number = int(self._typed(name, int))
        if number not in _INTEGERS:
            raise self._wrong(name, "a whole number of 32 bits")
        return number

    def flag(self, name: str, default: bool | None = None) -> bool:
        """A boolean; null or left out gives the default, if there is one."""
        if default is not None and self.value.get(name) is None:
            return default
        value = self.value.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "a boolean")
        return value

    def number(self, name: str) -> Decimal:
        """A finite amount: a JSON number read as Decimal, or its text."""
        value = self.value.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self._wrong(name, "an amount")
        try:
            amount = Decimal(value)
        except InvalidOperation:
            raise self._wrong(name, "an amount") from None
        if not amount.is_finite() or abs(amount.adjusted()) > 15:
            raise self._wrong(name, "an amount of a shop")
        return amount

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

    def instant_or_none(self, name: str) -> datetime | None:
        """An instant, or None where it is null or left out."""
        return None if self.value.get(name) is None else self.instant(name)

    def node(self, name: str) -> "Node":
        """An object that must be there."""
        return Node.of(self.value.get(name), f"{self.path}.{name}")

    def node_or_none(self, name: str) -> "Node | None":
        """An object, or None where it is null or left out."""
        return None if self.value.get(name) is None else self.node(name)

    def items(self, name: str) -> "tuple[Node, ...]":
        """A list of objects; null or left out counts as empty, a null in it does not."""
        value = self.value.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return tuple(Node.of(each, f"{self.path}.{name}[{i}]") for i, each in enumerate(value))

    def nodes(self, name: str) -> "tuple[Node, ...]":
        """The nodes of a connection."""
        connection = self.node_or_none(name)
        return connection.items("nodes") if connection else ()

    def texts(self, name: str) -> Iterator[str]:
        """The texts of a list, whatever else it holds left out."""
        value = self.value.get(name)
        return (each for each in value if isinstance(each, str)) if isinstance(value, list) else iter(())

    def money(self, name: str, currency: str) -> Decimal:
        """The shop's side of a money bag; another currency than the order's is refused, never converted."""
        shop = self.node(name).node("shopMoney")
        if (told := shop.currency("currencyCode")) != currency:
            raise MalformedError(f"{shop.path} is in {told} where the shop's {currency} was expected")
        return shop.number("amount")

    def money_or_zero(self, name: str, currency: str) -> Decimal:
        """The shop's side of a money bag, or nothing where it is null or left out."""
        return Decimal(0) if self.value.get(name) is None else self.money(name, currency)

    def _typed(self, name: str, kind: type) -> Any:
        value = self.value.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._wrong(name, {str: "a text", int: "a whole number"}[kind])
        return value

    def _wrong(self, name: str, wanted: str) -> MalformedError:
        seen = _name(self.value[name]) if name in self.value else "missing"
        return MalformedError(f"{self.path}.{name} is {seen} where {wanted} was expected")


def _name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
