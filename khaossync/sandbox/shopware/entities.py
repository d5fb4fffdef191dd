"""What the Admin API knows of: entities with their fields and associations, read from a table of text.

In the table a name alone is text, `:i` a whole number, `:n` a number, `:b` yes or no, `:j` a structure, `:d` an
instant; what ends in Id is an id, but for `:t`. `name = entity(field)` is the one that our field points to,
`name = [entity](field)` are all whose field points to us, `name = {entity}(field)` those that our list of ids names.
`6.7/` begins what older versions have not, `extra/` what only the paid plans have: it is shown under `extensions`.
`order v` is kept per version.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from khaossync.sandbox.shopware.tables_orders import ORDERS
from khaossync.sandbox.shopware.tables_setup import SETUP

ALWAYS = (6, 0)


@dataclass(frozen=True)
class Field:
    """One value of an entity. `kind` is id, text, int, number, bool, json or date."""

    name: str
    kind: str
    since: tuple[int, int] = ALWAYS


@dataclass(frozen=True)
class Association:
    """Other rows that belong to a row. `kind` is one, many or listed."""

    name: str
    entity: str
    key: str
    kind: str
    since: tuple[int, int] = ALWAYS
    extra: bool = False


@dataclass(frozen=True)
class Entity:
    """One kind of record; its name is also its `apiAlias`."""

    name: str
    versioned: bool
    fields: Mapping[str, Field] = field(default_factory=dict)
    associations: Mapping[str, Association] = field(default_factory=dict)

    @property
    def translated(self) -> tuple[str, ...]:
        """What is also shown in the language that was asked for."""
        return tuple(name for name in ("name", "description") if name in self.fields and self.name in _TRANSLATED)


_TRANSLATED = {
    "country",
    "country_state",
    "currency",
    "delivery_time",
    "document_type",
    "locale",
    "payment_method",
    "product",
    "promotion",
    "property_group",
    "property_group_option",
    "sales_channel",
    "shipping_method",
    "state_machine",
    "state_machine_state",
}
_KINDS = {"t": "text", "i": "int", "n": "number", "b": "bool", "j": "json", "d": "date"}
_LINE = re.compile(r"(?P<mark>[\w.]+/)?(?P<name>\w+) = (?P<open>[\[{]?)(?P<entity>\w+)[\]}]?\((?P<key>\w+)\)")


def _read(table: str) -> dict[str, Entity]:
    return {found.name: found for found in map(_entity, table.strip().split("\n\n"))}


def _entity(block: str) -> Entity:
    head, *lines = block.strip().splitlines()
    name, _, versioned = head.partition(" ")
    fields: dict[str, Field] = {"id": Field("id", "id")}
    associations: dict[str, Association] = {}
    for line in map(str.strip, lines):
        if "=" in line:
            associations |= {found.name: found for found in [_association(line)]}
        else:
            fields |= {found.name: found for found in map(_field, line.split())}
    if versioned:
        fields["versionId"] = Field("versionId", "id")
    fields |= {name: Field(name, "date") for name in ("createdAt", "updatedAt")}
    return Entity(name, bool(versioned), fields, associations)


def _field(told: str) -> Field:
    mark, told = _mark(told)
    name, _, kind = told.partition(":")
    known = _KINDS[kind] if kind else "id" if name.endswith("Id") else "text"
    return Field(name, known, _since(mark))


def _association(line: str) -> Association:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"this line of the table is no association: {line}")
    kind = {"": "one", "[": "many", "{": "listed"}[found["open"]]
    mark = (found["mark"] or "").rstrip("/")
    return Association(found["name"], found["entity"], found["key"], kind, _since(mark), mark == "extra")


def _mark(told: str) -> tuple[str, str]:
    mark, slash, rest = told.partition("/")
    return (mark, rest) if slash else ("", told)


def _since(mark: str) -> tuple[int, int]:
    if not re.fullmatch(r"\d+\.\d+", mark):
        return ALWAYS
    major, minor = mark.split(".")
    return int(major), int(minor)


ENTITIES: Mapping[str, Entity] = {**_read(ORDERS), **_read(SETUP)}
COMMERCIAL = frozenset({"order_return", "order_return_line_item", "order_return_line_item_reason"})
