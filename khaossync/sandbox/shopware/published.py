"""Holds calls and answers against the OpenAPI document that Shopware publishes, where a copy of it is at hand."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

# What every record carries in plain JSON, though no schema says so.
_CARRIED = {"_uniqueIdentifier", "apiAlias", "extensions", "translated", "versionId", "aggregations"}
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


class Published:
    """The published schema of the Admin API."""

    def __init__(self, document: Path) -> None:
        self._document = _read(document)
        self._paths = [(_pattern(path), told) for path, told in self._document["paths"].items()]

    def about_call(self, method: str, path: str, body: Any) -> list[str]:
        """What is wrong with a call; `path` is without `/api`."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path} is not published"]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return [f"{method} {path} takes no body"] if body else []
        schema = content["schema"]
        if path == "/_action/sync" and isinstance(body, dict):
            # The published schema has a list; the documentation, and every version, a mapping by name.
            # https://shopware.stoplight.io/docs/admin-api/docs/concepts/endpoint-structure/writing-entities/bulk-payloads.md
            body = list(body.values())
        partial = method == "PATCH"
        return [f"{method} {path}{told}" for told in self._wrong(schema, body, "", strict=True, partial=partial)]

    def about_answer(self, method: str, path: str, status: int, body: Any, *, partial: bool) -> list[str]:
        """What is wrong with an answer: another type than the published one, or a field that there is not.

        With `partial`, fields may be missing, as `includes` leaves them out.
        """
        operation = self._operation(method, path) or {"responses": {}}
        told = self._resolve(operation["responses"].get(str(status), {}))
        schema = told.get("content", {}).get("application/json", {}).get("schema", {})
        found = self._wrong(schema, body, "", strict=True, partial=partial, php=True)
        return [f"{method} {path}{each}" for each in found]

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, told in self._paths:
            if pattern.fullmatch(path) and method.lower() in told:
                found: dict[str, Any] = told[method.lower()]
                return found
        return None

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _wrong(
        self, schema: Mapping[str, Any], told: Any, where: str, *, strict: bool, partial: bool, php: bool = False
    ) -> Iterator[str]:
        """Everything that does not fit. With `php`, null stands for anything and an empty list for an object."""
        schema = self._resolve(schema)
        ways = {"strict": strict, "partial": partial, "php": php}
        if php and (told is None or (schema.get("type") == "object" and _is_php_list(told, where))):
            return
        for part in schema.get("allOf", ()):
            yield from self._wrong(part, told, where, **{**ways, "strict": False})
        for choices in (schema.get("anyOf"), schema.get("oneOf")):
            if choices and all(list(self._wrong(each, told, where, **ways)) for each in choices):
                yield f"{where}: {told!r} fits none of what may stand here"
        kind = str(schema.get("type"))
        if kind in _TYPES and not _is(told, kind):
            if not (where.endswith("/total-count-mode") and told in (0, 1, 2)):
                yield f"{where}: {told!r} is no {kind}"
            return
        if "enum" in schema and told not in schema["enum"]:
            yield f"{where}: {told!r} is none of {schema['enum']}"
        if "pattern" in schema and isinstance(told, str) and not re.search(schema["pattern"], told):
            yield f"{where}: {told!r} is not like {schema['pattern']}"
        if isinstance(told, list) and "items" in schema:
            for position, each in enumerate(told):
                yield from self._wrong(schema["items"], each, f"{where}/{position}", **ways)
        if isinstance(told, dict):
            yield from self._wrong_object(schema, told, where, ways)

    def _wrong_object(
        self, schema: Mapping[str, Any], told: Mapping[str, Any], where: str, ways: Mapping[str, bool]
    ) -> Iterator[str]:
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name in () if ways["partial"] else schema.get("required", ()):
            if name not in told:
                yield f"{where}: {name} is missing"
        for name, each in told.items():
            if name in known:
                inner = {**ways, "partial": ways["partial"] and ways["php"]}
                yield from self._wrong(known[name], each, f"{where}/{name}", **inner)
            elif isinstance(others, dict):
                yield from self._wrong(others, each, f"{where}/{name}", **ways)
            elif known and ways["strict"] and name not in _CARRIED:
                yield f"{where}: there is no {name}"


@lru_cache(maxsize=1)
def _read(document: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(document.read_bytes())
    return found


def _is(told: Any, kind: str) -> bool:
    if isinstance(told, bool):
        return kind == "boolean"
    return isinstance(told, _TYPES[kind])


def _is_php_list(told: Any, where: str) -> bool:
    """Whether this list may stand for an object: an empty one, and what is published as one but is a list.

    Those are taxes (https://github.com/shopware/app-php-sdk/tree/main/tests/Context/_fixtures) and extensions, of which
    the document knows only the form that JSON:API has.
    """
    return isinstance(told, list) and (
        not told or where.endswith(("/calculatedTaxes", "/taxRules")) or "/extensions/" in where
    )


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
