"""The other way to show rows: JSON:API, which everybody gets who does not say `Accept: application/json`.

https://shopware.stoplight.io/docs/admin-api/concepts/endpoint-structure
"""

from typing import Any

from khaossync.sandbox.shopware.encoding import Shown
from khaossync.sandbox.shopware.entities import ENTITIES

CONTENT_TYPE = "application/vnd.api+json"

_APART = {"id", "_uniqueIdentifier", "versionId"}


def document(told: Any) -> dict[str, Any]:
    """An answer of a search, or one record, as a document of resources and what they include."""
    included: dict[tuple[str, str], Any] = {}
    data = told["data"]
    if isinstance(data, dict):
        return {"data": _resource(data, included), "included": list(included.values())}
    listed = [_resource(each, included) for each in data]
    meta = {"totalCountMode": 0, "total": told["total"]}
    rest = {"links": {}, "meta": meta, "aggregations": told.get("aggregations", [])}
    return {"data": listed, "included": list(included.values()), **rest}


def _resource(row: Shown, included: dict[tuple[str, str], Any]) -> dict[str, Any]:
    entity = ENTITIES[row["apiAlias"]]
    related = {name: told for name, told in row.items() if name in entity.associations}
    relations = {name: {"data": _linked(told, included)} for name, told in related.items()}
    own = {name: told for name, told in row.items() if name not in related and name not in _APART}
    return {"id": row["id"], "type": entity.name, "attributes": own, "links": [], "relationships": relations}


def _linked(told: Any, included: dict[tuple[str, str], Any]) -> Any:
    if isinstance(told, list):
        return [_linked(each, included) for each in told]
    if told is None:
        return None
    known = (told["apiAlias"], told["id"])
    if known not in included:
        included[known] = None
        included[known] = _resource(told, included)
    return {"type": known[0], "id": known[1]}
