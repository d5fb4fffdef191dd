"""Holds calls and answers against the published specification (Swagger 2.0), where somebody has it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

_FREE = frozenset({"framework-extensible-data-interface"})
"""Definitions that the specification leaves empty and the API fills."""

_LOOSE = frozenset({"framework-search-criteria-interface", "framework-search-criteria"})
"""Echoes of what was asked: what is required of them when asking is not when answering."""

_PARTIAL = frozenset({"catalog-inventory-data-stock-item-interface"})
"""What is required of these is there in answers; in a request a part of it is taken, as recorded calls show."""


class Published:
    """One published specification."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._definitions: Mapping[str, Any] = told["definitions"]
        self._calls = {
            (method.upper(), _plain(path)): call
            for path, calls in told["paths"].items()
            for method, call in calls.items()
        }

    def knows(self, method: str, path: str) -> bool:
        """Whether it has such a call; `path` as a route has it."""
        return (method, _plain(f"/V1/{path}")) in self._calls

    def asked(self, method: str, path: str, query: Sequence[tuple[str, str]], body: Any) -> list[str]:
        """What is wrong with a request."""
        call = self._calls[method, _plain(f"/V1/{path}")]
        parameters = call.get("parameters", [])
        names = {_indexed(each["name"]) for each in parameters if each["in"] == "query"}
        strange = {_indexed(name) for name, _ in query} - names - {"fields", "searchCriteria"}
        found = [f"{method} {path} has no parameter {name}" for name in sorted(strange)]
        shapes = [each["schema"] for each in parameters if each["in"] == "body"]
        if body is not None and shapes:
            found += self._complaints(body, shapes[0], "body")
        return found

    def answered(self, method: str, path: str, answer: Any) -> list[str]:
        """What is wrong with a good answer."""
        responses = self._calls[method, _plain(f"/V1/{path}")]["responses"]
        schema = responses.get("200", {}).get("schema")
        return list(self._complaints(answer, schema, f"{method} {path}")) if schema else []

    def refused(self, answer: Any) -> list[str]:
        """What is wrong with an error; its parameters may be named, whatever is published."""
        shown = {name: value for name, value in answer.items() if name != "parameters"}
        return list(self._complaints(shown, {"$ref": "#/definitions/error-response"}, "error"))

    def _complaints(self, value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
        name = schema.get("$ref", "").rpartition("/")[2]
        if name in _FREE or value is None:
            return
        told = self._definitions[name] if name else schema
        kind = told.get("type", "object" if "properties" in told else "")
        if kind == "object":
            yield from self._of_object(value, told, where, _is_partial(name, where))
        elif kind == "array":
            yield from self._of_array(value, told, where)
        elif not _is(value, kind):
            yield f"{where} is {value!r}, not {kind}"

    def _of_object(self, value: Any, told: Mapping[str, Any], where: str, loose: bool) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where} is {value!r}, not an object"
            return
        known = told.get("properties", {})
        if not loose:
            yield from (f"{where} lacks {name}" for name in told.get("required", ()) if name not in value)
        for name, inner in value.items():
            if name in known:
                yield from self._complaints(inner, known[name], f"{where}.{name}")
            else:
                yield f"{where} has {name}, which is not published"

    def _of_array(self, value: Any, told: Mapping[str, Any], where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where} is {value!r}, not an array"
            return
        for at, each in enumerate(value):
            yield from self._complaints(each, told["items"], f"{where}[{at}]")


def _is_partial(name: str, where: str) -> bool:
    return name in _LOOSE or (name in _PARTIAL and where.startswith("body"))


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    kinds: Mapping[str, Any] = {"integer": int, "number": int | float, "string": str}
    return isinstance(value, kinds[kind]) if kind in kinds else kind == ""


def _plain(path: str) -> str:
    """A path with nothing in its braces: names differ, places do not."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


def _indexed(name: str) -> str:
    """A parameter's name with its numbers and its case taken out: `[filter_groups][3]` is `[filterGroups][0]`."""
    camel = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
    return re.sub(r"\[\d*\]", "[0]", camel) if camel.startswith("searchCriteria") else camel.partition("[")[0]


@lru_cache(maxsize=4)
def read(path: Path) -> Published:
    """The specification in a file."""
    return Published(json.loads(path.read_text(encoding="utf-8")))
