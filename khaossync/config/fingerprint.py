"""By which a start notices that it judges by another configuration, or another release, than the one before."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from khaossync import __version__
from khaossync.config.model import Config


def fingerprint(config: Config) -> str:
    """The same for the same release and settings, in every process; secrets do not count."""
    told = json.dumps([__version__, settings(config)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def settings(config: Config) -> Mapping[str, Any]:
    """All by which documents are read and judged, as JSON, without secrets: the tables of ERPs, channels and stock."""
    return {"erp": _plain(config.erp), "channel": _plain(config.channel), "stock": _plain(config.stock)}


def _plain(value: object) -> Any:
    """The value without any order that is not its own: that of a set differs from process to process."""
    if isinstance(value, BaseModel):
        return _plain({name: getattr(value, name) for name in type(value).model_fields})
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items() if not isinstance(one, SecretStr)}
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value if not isinstance(one, SecretStr)]
    return value if isinstance(value, bool | int | float | None) else str(value)
