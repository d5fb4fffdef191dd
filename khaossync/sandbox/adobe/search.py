"""Search criteria: filters in groups, sorting, paging; and the trimming of an answer to the fields that are wanted.

https://developer.adobe.com/commerce/webapi/rest/use-rest/performing-searches/
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from zlib import crc32

from khaossync.sandbox.adobe.errors import Refusal, internal_error

_PART = re.compile(r"\[([^\]]*)\]")
MOST = 300
"""The largest page, where the input limits are on."""


class Column(Protocol):
    """Reads a field of a record as the database would have it. Raises KeyError for one that there is not."""

    def __call__(self, record: Any, field: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition."""

    field: str
    value: str
    condition: str = "eq"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is searched: any of each group's filters must hold."""

    groups: Sequence[Sequence[Filter]]
    sorts: Sequence[tuple[str, bool]]
    page_size: int | None
    page: int

    def told(self) -> dict[str, Any]:
        """The criteria as the answer repeats them."""
        groups = [{"filters": [_repeat(each) for each in group]} for group in self.groups]
        found: dict[str, Any] = {"filter_groups": groups}
        if self.sorts:
            found["sort_orders"] = [{"field": name, "direction": "ASC" if up else "DESC"} for name, up in self.sorts]
        if self.page_size is not None:
            found |= {"page_size": self.page_size, "current_page": self.page}
        return found


def _repeat(told: Filter) -> dict[str, str]:
    return {"field": told.field, "value": told.value, "condition_type": told.condition}


def read(query: Sequence[tuple[str, str]], *, limits: bool = False) -> Criteria:
    """The criteria in a query string. Raises Refusal."""
    tree = _tree(query)
    if tree is None:
        raise Refusal(400, '"%fieldName" is required. Enter and try again.', {"fieldName": "searchCriteria"})
    unknown = set(tree) - {"filter_groups", "sort_orders", "page_size", "current_page"}
    if unknown:
        raise Refusal(400, f"Property {min(unknown)} does not exist in search criteria.")
    groups = [[_filter(each) for each in _list(group.get("filters"))] for group in _list(tree.get("filter_groups"))]
    sorts = [_sort(each) for each in _list(tree.get("sort_orders"))]
    size = _number(tree, "page_size")
    if limits and (size or 0) > MOST:
        raise Refusal(400, "Maximum SearchCriteria pageSize is %max", {"max": MOST})
    if limits and size is None:
        size = 20
    return Criteria(groups, sorts, size, max(_number(tree, "current_page") or 1, 1))


def _tree(query: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    """PHP's reading of brackets in names, with every name in snake case."""
    root: dict[str, Any] | None = None
    for name, value in query:
        head = name.partition("[")[0]
        if _snake(head) != "search_criteria":
            continue
        root = {} if root is None else root
        keys = [_snake(key) for key in _PART.findall(name)]
        if not keys:
            continue
        node = root
        for key in keys[:-1]:
            node = node.setdefault(key, {})
        node[keys[-1]] = value
    return root


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: "_" + found[1].lower(), name)


def _list(node: Any) -> list[Any]:
    return [node[key] for key in sorted(node, key=lambda key: (len(key), key))] if isinstance(node, dict) else []


def _number(tree: Mapping[str, Any], name: str) -> int | None:
    if name not in tree:
        return None
    if not str(tree[name]).lstrip("-").isdigit():
        text = 'Error occurred during "%1" processing. The value\'s type is invalid. The "int" type was expected.'
        raise Refusal(400, text, [name])
    return int(tree[name])


def _filter(told: Mapping[str, str]) -> Filter:
    condition = told.get("condition_type", "eq")
    if "field" not in told or condition not in _CONDITIONS:
        raise Refusal(400, f"A filter needs a field and a known condition, not {condition}.")
    return Filter(told["field"], told.get("value", ""), condition)


def _sort(told: Mapping[str, str]) -> tuple[str, bool]:
    direction = told.get("direction", "DESC").upper()
    if direction not in ("ASC", "DESC") or "field" not in told:
        raise Refusal(400, "The %1 is an invalid sort direction.", [direction])
    return told["field"], direction == "ASC"


def find(criteria: Criteria, records: Sequence[Any], column: Column, *, clamps: bool) -> tuple[list[Any], int]:
    """The records of the page, and how many there are in all. With `clamps` a page past the end is the last one."""
    try:
        found = [each for each in records if _holds(criteria, each, column)]
        for field, up in reversed(criteria.sorts):
            found.sort(key=lambda each: _order(column(each, field)), reverse=not up)
    except KeyError as unknown:
        raise internal_error(crc32(str(unknown).encode())) from unknown
    if criteria.page_size is None:
        return found, len(found)
    size = max(criteria.page_size, 1)
    last = max(-(-len(found) // size), 1)
    page = min(criteria.page, last) if clamps else criteria.page
    return found[(page - 1) * size : page * size], len(found)


def _order(value: Any) -> tuple[int, Any]:
    return (0, 0) if value is None else (1, value)


def _holds(criteria: Criteria, record: Any, column: Column) -> bool:
    return all(
        any(_CONDITIONS[each.condition](column(record, each.field), each.value) for each in group)
        for group in criteria.groups
        if group
    )


def _compare(value: Any, wanted: str) -> int | None:
    """-1, 0 or 1 as a database would say; None if there is nothing to compare."""
    one: Any
    if value is None:
        return None
    if isinstance(value, int | Decimal):
        try:
            one, other = value, Decimal(wanted)
        except InvalidOperation:
            one, other = value, Decimal(0)
        return int(one > other) - int(one < other)
    one, text = str(value).casefold(), wanted.casefold()
    return int(one > text) - int(one < text)


def _like(value: Any, wanted: str) -> bool:
    pattern = ".*".join(re.escape(each) for each in wanted.casefold().split("%")).replace("_", ".")
    return value is not None and re.fullmatch(pattern, str(value).casefold(), re.DOTALL) is not None


def _among(value: Any, wanted: str) -> bool:
    return any(_compare(value, each.strip()) == 0 for each in wanted.split(","))


_CONDITIONS: dict[str, Callable[[Any, str], bool]] = {
    "eq": lambda value, wanted: _compare(value, wanted) == 0,
    "neq": lambda value, wanted: _compare(value, wanted) in (-1, 1),
    "gt": lambda value, wanted: _compare(value, wanted) == 1,
    "gteq": lambda value, wanted: _compare(value, wanted) in (0, 1),
    "moreq": lambda value, wanted: _compare(value, wanted) in (0, 1),
    "from": lambda value, wanted: _compare(value, wanted) in (0, 1),
    "lt": lambda value, wanted: _compare(value, wanted) == -1,
    "lteq": lambda value, wanted: _compare(value, wanted) in (-1, 0),
    "to": lambda value, wanted: _compare(value, wanted) in (-1, 0),
    "in": _among,
    "nin": lambda value, wanted: value is not None and not _among(value, wanted),
    "like": _like,
    "nlike": lambda value, wanted: value is not None and not _like(value, wanted),
    "null": lambda value, _: value is None,
    "notnull": lambda value, _: value is not None,
    "finset": lambda value, wanted: value is not None and wanted in str(value).split(","),
    "nfinset": lambda value, wanted: value is not None and wanted not in str(value).split(","),
}


def trim(answer: Any, wanted: str) -> Any:
    """Only the fields that `fields=` names, such as `items[entity_id,items[sku]],total_count`."""
    keep, _ = _fields(wanted, 0)
    return _trimmed(answer, keep)


def _fields(text: str, at: int) -> tuple[dict[str, Any], int]:
    keep: defaultdict[str, Any] = defaultdict(dict)
    name = ""
    while at < len(text):
        letter = text[at]
        at += 1
        if letter == "[":
            keep[name], at = _fields(text, at)
            name = ""
        elif letter in ",]":
            if name:
                keep[name] = {}
            name = ""
            if letter == "]":
                return dict(keep), at
        else:
            name += letter
    if name:
        keep[name] = {}
    return dict(keep), at


def _trimmed(answer: Any, keep: Mapping[str, Any]) -> Any:
    if isinstance(answer, list):
        return [_trimmed(each, keep) for each in answer]
    if not isinstance(answer, dict) or not keep:
        return answer
    return {name: _trimmed(answer[name], inner) for name, inner in keep.items() if name in answer}
