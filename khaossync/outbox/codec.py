"""Bodies as JSON text and back: one shape per kind, decimals as text, instants with their zone."""

import json
from collections.abc import Mapping
from typing import Any, cast

from pydantic import TypeAdapter

from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.documents import Document, DocumentBody, Kind
from khaossync.domain.links import SentLine
from khaossync.domain.messages import MessageBody
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import ChannelLevel, Listing, StockItem, StockLevel

_DOCUMENTS: Mapping[Kind, type[DocumentBody]] = {
    Kind.ORDER: Order,
    Kind.REFUND: Refund,
    Kind.DESPATCH: Despatch,
    Kind.ORDER_STATE: OrderState,
    Kind.STOCK_ITEM: StockItem,
    Kind.STOCK_LEVEL: StockLevel,
    Kind.LISTING: Listing,
}
_MESSAGES: Mapping[Kind, type[MessageBody]] = {
    Kind.ORDER: Order,
    Kind.CANCELLATION: Order,
    Kind.AMENDMENT: Order,
    Kind.REFUND: Refund,
    Kind.DESPATCH: Despatch,
    Kind.STOCK_LEVEL: ChannelLevel,
}
_ADAPTERS: Mapping[type, TypeAdapter[Any]] = {
    shape: TypeAdapter(shape) for shape in {*_DOCUMENTS.values(), *_MESSAGES.values()}
}
# The validator itself, without what wraps it: a backlog is read by the hundred thousand.
_READERS = {kind: _ADAPTERS[shape].validator.validate_json for kind, shape in _MESSAGES.items()}
_SENT_LINES: TypeAdapter[tuple[SentLine, ...]] = TypeAdapter(tuple[SentLine, ...])


def dump_document(kind: Kind, body: DocumentBody) -> str:
    """The JSON text of a document's body."""
    return _dump(_DOCUMENTS[kind], body)


def load_document(kind: Kind, text: str) -> DocumentBody:
    """The body of a document; raises ValueError when the text is not of this release's shape."""
    return cast("DocumentBody", _ADAPTERS[_DOCUMENTS[kind]].validate_json(text))


def document_body(kind: Kind, plain: object) -> DocumentBody:
    """The same from JSON that is parsed already."""
    return cast("DocumentBody", _ADAPTERS[_DOCUMENTS[kind]].validate_python(plain))


def dump_message(kind: Kind, body: MessageBody) -> str:
    """The JSON text of a message's body."""
    return _dump(_MESSAGES[kind], body)


def load_message(kind: Kind, text: str) -> MessageBody:
    """The body of a message; raises ValueError when the text is not of this release's shape."""
    return cast("MessageBody", _READERS[kind](text))


def message_body(kind: Kind, plain: object) -> MessageBody:
    """The same from JSON that is parsed already."""
    return cast("MessageBody", _ADAPTERS[_MESSAGES[kind]].validate_python(plain))


def dump_lines(lines: tuple[SentLine, ...]) -> str:
    """The JSON text of the lines of a link."""
    return storable_json(_SENT_LINES.dump_python(lines, mode="json"))


def load_lines(text: str) -> tuple[SentLine, ...]:
    """The lines of a link."""
    return _SENT_LINES.validate_json(text)


def about(document: Document) -> str:
    """By what a trace finds a document: the order's key, the ERP's reference, or the record's own key."""
    body = document.body
    if isinstance(body, Order | Refund):
        return body.key
    if isinstance(body, Despatch | OrderState):
        return body.ref
    return document.key


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold: NUL and lone surrogates become U+FFFD.

    https://www.postgresql.org/docs/current/datatype-character.html
    """
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable_json(value: object) -> str:
    """The JSON text of a plain value, every string in it storable."""
    return json.dumps(_scrubbed(value), ensure_ascii=False)


def _dump(shape: type, body: object) -> str:
    # `fallback`: a mapping need not be a dict; then pydantic would also warn that it is not.
    if not isinstance(body, shape):
        raise TypeError(f"a body of {type(body).__name__} where {shape.__name__} belongs")
    try:
        text: str = _ADAPTERS[shape].dump_json(body, fallback=dict, warnings=False).decode()
    except ValueError:  # a lone surrogate, which UTF-8 cannot say
        text = "\\u0000"
    if "\\u0000" not in text:
        return text
    return storable_json(_ADAPTERS[shape].dump_python(body, mode="json", fallback=dict, warnings=False))


def _scrubbed(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): _scrubbed(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(item) for item in value]
    return value
