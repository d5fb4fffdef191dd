"""Which keys there can be: the models as a tree that follows the kinds that the tables name."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from khaossync.config import alerting, kinds
from khaossync.config.layers import Keys
from khaossync.config.model import Config
from khaossync.config.tables import ChannelTable, ErpTable

_NAMED: Mapping[str, type[ChannelTable] | type[ErpTable]] = {"channel": ChannelTable, "erp": ErpTable}


def model_at(path: Keys, values: Mapping[str, Any]) -> type[BaseModel] | None:
    """The model of the table at this path; None when there is no table of fixed keys."""
    model: Any = Config
    if path[:1] and path[0] in (*_NAMED, "alerts") and len(path) > 1:
        model, path = _model_of_kind(path[0], _named(path[0], values).get(path[1])), path[2:]
    for key in path:
        field = model.model_fields.get(key) if model else None
        model = field.annotation if field else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
    found: type[BaseModel] | None = model
    return found


def _named(section: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    tables = values.get(section)
    return tables if isinstance(tables, Mapping) else {}


def _model_of_kind(section: str, table: object) -> type[BaseModel] | None:
    kind = table.get("kind") if isinstance(table, Mapping) else None
    if section == "alerts":
        return alerting.KINDS.get(str(kind))
    base = _NAMED[section]
    return kinds.combined(base, str(kind)) if kind in kinds.names(base) else None
