"""By which a start notices that it judges by another configuration, or another release, than the one before."""

import hashlib

from pydantic import BaseModel

from khaossync import __version__
from khaossync.config.model import Config


def fingerprint(config: Config) -> str:
    """The same for the same release and tables of ERPs and channels, in every process; secrets do not count."""
    told = repr((__version__, _plain(config.erp), _plain(config.channel)))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _plain(value: object) -> object:
    """The value without any order that is not its own: that of a set differs from process to process."""
    if isinstance(value, BaseModel):
        return _plain({name: getattr(value, name) for name in type(value).model_fields})
    if isinstance(value, dict):
        return sorted((repr(key), _plain(one)) for key, one in value.items())
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else repr(value)
