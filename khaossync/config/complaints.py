"""Turns what is wrong with a configuration into one clear line per problem."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from khaossync.config.layers import Keys, Layer
from khaossync.config.shape import model_at

_SAYINGS: Mapping[str, str] = {
    "missing": "is missing",
    "string_pattern_mismatch": "does not have the right form",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "greater_than": "must be more than {gt:g}",
    "less_than": "must be less than {lt:g}",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "tuple_type": "must be a list",
    "frozen_set_type": "must be a list",
    "timezone_aware": "has no time zone; end it with Z for UTC",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One problem: the key's path, and what is wrong and what to write instead."""

    path: Keys
    text: str


def told(complaints: Iterable[Complaint], layers: Sequence[Layer]) -> str:
    """All problems, one line each: where it is written, the dotted key, what to do. The first layer is the highest."""
    return "\n".join(f"{_place(each.path, layers)}: {'.'.join(each.path)}: {each.text}" for each in complaints)


def of(error: ValidationError, values: Mapping[str, Any]) -> list[Complaint]:
    """The problems that a model found in these values."""
    return [_complaint(detail, values) for detail in error.errors(include_url=False, include_input=False)]


def _complaint(detail: ErrorDetails, values: Mapping[str, Any]) -> Complaint:
    path = tuple(str(key) for key in detail["loc"] if key != "[key]")
    if detail["type"] == "extra_forbidden":
        return Complaint(path, _unknown(path, values))
    saying = _SAYINGS.get(detail["type"])
    text = saying.format(**detail.get("ctx", {})) if saying else detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "enum" and (near := get_close_matches(path[-1], text.replace("'", "").split(), 1)):
        text = f"is unknown; did you mean {near[0].rstrip(',')}?"
    about = _about(path, values)
    return Complaint(path, f"{text} ({about})" if about else text)


def _unknown(path: Keys, values: Mapping[str, Any]) -> str:
    model = model_at(path[:-1], values)
    known = list(model.model_fields) if model else []
    near = get_close_matches(path[-1], known, 1)
    return f"is unknown; did you mean {near[0]}?" if near else f"is unknown; known keys: {', '.join(known)}"


def _about(path: Keys, values: Mapping[str, Any]) -> str:
    """The description of the innermost field on the path that has one."""
    for end in range(len(path), 0, -1):
        model = model_at(path[: end - 1], values)
        field: FieldInfo | None = model.model_fields.get(path[end - 1]) if model else None
        if field is not None:
            return (field.description or "").rstrip(".")
    return ""


def _place(path: Keys, layers: Sequence[Layer]) -> str:
    for end in range(len(path), -1, -1):
        for layer in layers:
            if path[:end] in layer.places:
                return layer.places[path[:end]]
    return "configuration"
