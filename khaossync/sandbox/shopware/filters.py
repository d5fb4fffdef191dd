"""Filters of a search: what they may say, and whether a row fits.

https://developer.shopware.com/docs/resources/references/core-reference/dal-reference/filters-reference.html
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from khaossync.sandbox.shopware.entities import Entity
from khaossync.sandbox.shopware.errors import Refusal, refusal
from khaossync.sandbox.shopware.ids import is_id
from khaossync.sandbox.shopware.moments import read, written
from khaossync.sandbox.shopware.paths import Path, resolve
from khaossync.sandbox.shopware.state import Setup
from khaossync.sandbox.shopware.store import Row, Rows

Test = Callable[[Rows, Row], bool]

_RANGES = {"gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt}
_NUMBERS = ("int", "number")


def tests(setup: Setup, entity: Entity, told: Any, where: str) -> list[Test]:
    """A list of filters, or a mapping of field to value. Refuses what is no filter."""
    if isinstance(told, dict):
        return [_equals(resolve(setup, entity, name), value, f"{where}/{name}") for name, value in told.items()]
    if not isinstance(told, list):
        raise _invalid("The filter parameter has to be a list of filters.", where)
    return [_test(setup, entity, each, f"{where}/{position}") for position, each in enumerate(told)]


def _test(setup: Setup, entity: Entity, told: Any, where: str) -> Test:
    kind = told.get("type") if isinstance(told, dict) else None
    if not kind:
        raise _invalid("Value for filter type is required.", where)
    if kind in ("multi", "and", "or", "not", "nand", "nor"):
        return _combined(setup, entity, told, where)
    if not told.get("field"):
        raise _invalid(f'Parameter "field" for {kind} filter is missing.', f"{where}/field")
    if kind not in _SIMPLE:
        raise _invalid(f"Unsupported filter type: {kind}", f"{where}/type")
    path = resolve(setup, entity, told["field"])
    return _SIMPLE[kind](path, told.get("parameters" if kind == "range" else "value"), where)


def _combined(setup: Setup, entity: Entity, told: Mapping[str, Any], where: str) -> Test:
    queries = told.get("queries")
    if not isinstance(queries, list):
        raise _invalid('Parameter "queries" is missing.', f"{where}/queries")
    inner = tests(setup, entity, queries, f"{where}/queries")
    kind, joined = told["type"], str(told.get("operator", "AND")).upper()
    if joined not in ("AND", "OR"):
        raise _invalid(f"Operator {joined} is not allowed", f"{where}/operator")
    join = any if kind in ("or", "nor") or (kind in ("multi", "not") and joined == "OR") else all
    negated = kind in ("not", "nand", "nor")
    return lambda rows, row: join(test(rows, row) for test in inner) is not negated


def _equals(path: Path, value: Any, where: str) -> Test:
    if value == "":
        raise _invalid('Parameter "value" for equals filter is missing.', f"{where}/value")
    if value is None:
        return lambda rows, row: None in path.values(rows, row) or not path.values(rows, row)
    return _among(path, [_typed(path, value, where)])


def _equals_any(path: Path, value: Any, where: str) -> Test:
    values = [part for part in value.split("|") if part] if isinstance(value, str) else value
    if not values:
        raise _invalid('Parameter "value" for equalsAny filter is missing.', f"{where}/value")
    return _among(path, [_typed(path, each, where) for each in (values if isinstance(values, list) else [values])])


def _among(path: Path, values: Sequence[Any]) -> Test:
    wanted = {_folded(each) for each in values}
    return lambda rows, row: any(
        each is not None and _folded(each) in wanted for each in path.values(rows, row) if not isinstance(each, list)
    )


def _part(name: str) -> Callable[[Path, Any, str], Test]:
    def made(path: Path, value: Any, where: str) -> Test:
        if value in (None, ""):
            raise _invalid(f'Parameter "value" for {name} filter is missing.', f"{where}/value")
        wanted = str(_folded(str(value)))

        def fits(told: Any) -> bool:
            text = str(_folded(told)) if told is not None else ""
            if name == "contains":
                return wanted in text
            return text.startswith(wanted) if name == "prefix" else text.endswith(wanted)

        return lambda rows, row: any(map(fits, path.values(rows, row)))

    return made


def _range(path: Path, value: Any, where: str) -> Test:
    if not isinstance(value, dict) or not value or set(value) - set(_RANGES):
        raise _invalid('Parameter "parameters" for range filter is missing or no range.', f"{where}/parameters")
    limits = [(_RANGES[name], _typed(path, told, where)) for name, told in value.items()]
    return lambda rows, row: any(
        each is not None and all(compare(_comparable(each), limit) for compare, limit in limits)
        for each in path.values(rows, row)
    )


def _comparable(told: Any) -> Any:
    return told.casefold() if isinstance(told, str) and not told[:2].isdigit() else told


_SIMPLE: Mapping[str, Callable[[Path, Any, str], Test]] = {
    "equals": _equals,
    "equalsAny": _equals_any,
    "contains": _part("contains"),
    "prefix": _part("prefix"),
    "suffix": _part("suffix"),
    "range": _range,
}


def _folded(told: Any) -> Any:
    """As the database compares: upper and lower case are the same, and so are trailing blanks."""
    return told.casefold().rstrip(" ") if isinstance(told, str) else told


def _typed(path: Path, value: Any, where: str) -> Any:
    """A value of the field's own type; instants as they are kept. Refuses another type."""
    kind = path.field.kind if not path.inside else "json"
    fits: bool | str = True
    if kind == "date":
        return _instant(value, where)
    if kind == "id" and not is_id(value):
        raise refusal(400, "FRAMEWORK__INVALID_UUID", f"Value is not a valid UUID: {value}", where, input=value)
    if kind in _NUMBERS:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind == "bool":
        fits = isinstance(value, bool) or value in (0, 1)
    elif kind == "text":
        fits = isinstance(value, str | int | float)
    if not fits:
        raise _invalid(f"{value!r} is no value for {path.told} ({kind})", f"{where}/value")
    return str(value) if kind == "text" else value


def _instant(value: Any, where: str) -> str:
    try:
        return written(read(value))
    except (TypeError, ValueError) as error:
        raise _invalid(f"{value!r} is no date", f"{where}/value") from error


def _invalid(detail: str, where: str) -> Refusal:
    return refusal(400, "FRAMEWORK__INVALID_FILTER_QUERY", detail, where)
