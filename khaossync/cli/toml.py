"""A configuration written as TOML, for a day whose settings are made up while it begins."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

Table = Mapping[str, Any]


def toml(table: Table) -> str:
    """The text of a configuration: tables within tables, down to text, numbers, lists and instants."""
    return "\n".join(_lines(table)) + "\n"


def _lines(table: Table, path: str = "") -> Iterator[str]:
    if path:
        yield f"[{path}]"
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{json.dumps(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{path}.{json.dumps(key)}" if path else json.dumps(key))


def _value(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else json.dumps(value)
