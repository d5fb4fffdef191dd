"""The calls of the Admin API that read: the version, searches, one record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from khaossync.sandbox.shopware.aggregations import aggregate
from khaossync.sandbox.shopware.criteria import KNOWN, Criteria, parse
from khaossync.sandbox.shopware.encoding import shown, trimmed
from khaossync.sandbox.shopware.entities import ENTITIES, Entity
from khaossync.sandbox.shopware.errors import refusal
from khaossync.sandbox.shopware.ids import is_id
from khaossync.sandbox.shopware.jsonapi import CONTENT_TYPE, document
from khaossync.sandbox.shopware.searching import permit
from khaossync.sandbox.shopware.searching import search as find
from khaossync.sandbox.shopware.state import State
from khaossync.sandbox.shopware.store import Rows


@dataclass(frozen=True)
class Asked:
    """One call: its address and what was named there, its headers and its body."""

    method: str
    path: str
    named: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The body as JSON; nothing is an empty mapping. Refuses what is no JSON."""
        if not self.raw:
            return {}
        try:
            return orjson.loads(self.raw)
        except ValueError as error:
            raise refusal(400, "0", "The JSON payload is malformed.") from error


@dataclass(frozen=True)
class Told:
    """One answer."""

    status: int
    body: Any = None
    content_type: str = "application/json"


def operation(method: str, path: str) -> str:
    """How a call is named where faults are planned and calls are counted, ids left out."""
    parts = [part for part in path.removeprefix("/api/").split("/") if not is_id(part)]
    named = "/".join(part for part in parts if part not in ("_action", "_info"))
    return f"patch/{named}" if method == "PATCH" else named


def version(state: State, _asked: Asked) -> Told:
    """Which Shopware this is."""
    return Told(200, {"version": state.setup.version})


def search(state: State, asked: Asked) -> Told:
    """`POST /api/search/{entity}`."""
    criteria = _criteria(state, asked)
    rows = rows_of(state, asked)
    everything, page, total = find(rows, criteria)
    inherit = asked.headers.get("sw-inheritance") in ("1", "true")
    listed = [trimmed(shown(state.setup, rows, row, criteria, inherit=inherit), criteria) for row in page]
    figures = aggregate(state.setup, criteria.entity, rows, everything, criteria.aggregations)
    return _told(asked, {"total": total, "data": listed, "aggregations": figures})


def read(state: State, asked: Asked) -> Told:
    """`GET /api/{entity}/{id}`: one record without associations."""
    criteria, key = parse(state.setup, entity_of(state, asked), {}), asked.named["id"]
    permit(state.setup, criteria)
    rows = rows_of(state, asked)
    row = rows.get(criteria.entity.name, key)
    if row is None:
        detail = f"The {criteria.entity.name} resource with the following primary key was not found: id({key})"
        raise refusal(404, "FRAMEWORK__RESOURCE_NOT_FOUND", detail)
    return _told(asked, {"data": shown(state.setup, rows, row, criteria)})


def _told(asked: Asked, body: Any) -> Told:
    """In plain JSON for those who accept it by name; everybody else gets JSON:API."""
    if "application/json" in asked.headers.get("Accept", ""):
        return Told(200, body)
    return Told(200, document(body), CONTENT_TYPE)


def search_ids(state: State, asked: Asked) -> Told:
    """`POST /api/search-ids/{entity}`."""
    _, page, total = find(rows_of(state, asked), _criteria(state, asked))
    return Told(200, {"total": total, "data": [row["id"] for row in page]})


def entity_of(state: State, asked: Asked) -> Entity:
    """The entity that the address names, with dashes. Refuses an unknown one."""
    told = asked.named["entity"]
    name = told.replace("-", "_")
    if "_" in told or not state.setup.knows(name):
        raise refusal(404, "FRAMEWORK__DEFINITION_NOT_FOUND", f'Definition for entity "{name}" does not exist.')
    return ENTITIES[name]


def rows_of(state: State, asked: Asked) -> Rows:
    """The rows of the version that the headers ask for."""
    version_id = asked.headers.get("sw-version-id")
    rows = state.rows(version_id)
    if rows is None:
        detail = f"Version {version_id} does not exist."
        raise refusal(404, "FRAMEWORK__VERSION_NOT_EXISTS", detail, versionId=version_id)
    return rows


def _criteria(state: State, asked: Asked) -> Criteria:
    told = asked.body
    if not isinstance(told, dict):
        raise refusal(400, "0", "The body of a search is an object.")
    state.complaints += [f"a search knows no {name}" for name in told if name not in KNOWN]
    criteria = parse(state.setup, entity_of(state, asked), told)
    permit(state.setup, criteria)
    return criteria
