"""Decisions as compressed JSON and back; what came of them stays plain, for it is only ever compared.

What equals its default is left out, so that a field that a later release adds makes no difference by being there.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from khaossync.domain.decision import Decision, Preparation, Prepared, Routed, Routing
from khaossync.domain.documents import Document, Kind, Unreadable
from khaossync.domain.knowledge import Knowledge
from khaossync.domain.messages import Message, MessageBody, Payload, Verdict
from khaossync.domain.plan import Plan
from khaossync.domain.preparation import Ready
from khaossync.outbox.codec import document_body, message_body

Plain = dict[str, Any]
"""A JSON object."""

_LEVEL = 3
"""Of zlib's nine: it finds nearly all that repeats and costs next to nothing."""


def _pairs(hint: Any) -> Any:
    """JSON's objects have texts as keys; pairs may have any."""
    return tuple[tuple[get_args(hint)], ...] if get_origin(hint) is Mapping else hint  # type: ignore[misc]  # made here


_KNOWN = {name: TypeAdapter(_pairs(hint)) for name, hint in get_type_hints(Knowledge).items()}
_DOCUMENTS = TypeAdapter(tuple[Document, ...])
_MESSAGES = TypeAdapter(tuple[Message, ...])
_BODY: TypeAdapter[MessageBody] = TypeAdapter(MessageBody)
_MADE = {shape: TypeAdapter(shape) for shape in (Plan, Ready, *get_args(Payload), *get_args(Verdict))}


def dump(decision: Decision) -> bytes:
    """A decision, without the raw texts of its documents."""
    head: Plain = {"at": decision.at.isoformat()}
    if isinstance(decision, Routing):
        head |= {"stream": decision.stream}
        parts = {"documents": _told(decision.documents)}
    else:
        head |= {"kind": decision.kind, "by_hand": decision.by_hand}
        parts = {"messages": _json(_MESSAGES, decision.messages), "looks": _told(decision.looks)}
    made = [_outcome(one, body) for one, body in zip(decision.made, decision.bodies, strict=True)]
    parts |= {"known": _dump_known(decision.known), "made": b"[" + b",".join(made) + b"]"}
    text = json.dumps(head).encode()[:-1] + b"".join(
        b',"%s":%s' % (name.encode(), part) for name, part in parts.items()
    )
    return zlib.compress(text + b"}", _LEVEL)


def load(sort: str, connector: str, content: bytes) -> tuple[Decision, Sequence[Plain]]:
    """A decision with nothing made of it, and what was made of it then.

    Raises ValueError when it is not of this release's shape.
    """
    try:
        told = json.loads(zlib.decompress(content))
        at, known = datetime.fromisoformat(told["at"]), _load_known(told["known"])
        if sort == "routing":
            return Routing(connector, told["stream"], at, _documents(told["documents"]), known, ()), told["made"]
        messages, looks = tuple(map(_message, told["messages"])), _documents(told["looks"])
        kind = Kind(told["kind"])
        return Preparation(connector, kind, at, messages, looks, known, told["by_hand"], ()), told["made"]
    except (zlib.error, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no {sort} of this release's shape ({type(error).__name__}: {error})") from error


def plain_outcome(made: Routed | Prepared, own: object) -> Plain:
    """What came of a document or message with this body, to be compared; the body is told only where it is another."""
    told: Plain = json.loads(_outcome(made, own))
    return told


def plain_document(document: Document) -> Plain:
    """A document without its raw text, to be compared."""
    [told] = json.loads(_told((document,)))
    plain: Plain = told
    return plain


def _outcome(made: Routed | Prepared, own: object) -> bytes:
    if isinstance(made, Unreadable):
        return json.dumps({"unreadable": made.reason}).encode()
    told = _json(_MADE[type(made)], made, exclude={"messages": {"__all__": {"body"}}, "payload": True})
    if isinstance(made, Plan):
        others = [_json(_BODY, message.body) for message in made.messages if message.body is not own]
        return b'{"plan":%s%s}' % (told, b',"bodies":[%s]' % b",".join(others) if others else b"")
    if isinstance(made, Ready):
        shape = type(made.payload)
        return b'{"ready":%s,"%s":%s}' % (told, shape.__name__.encode(), _json(_MADE[shape], made.payload))
    return b'{"%s":%s}' % (type(made).__name__.lower().encode(), told)


def _told(documents: tuple[Document, ...]) -> bytes:
    return _json(_DOCUMENTS, documents, exclude={"__all__": {"raw"}})


def _dump_known(known: Knowledge) -> bytes:
    parts = []
    for each in fields(known):
        value = getattr(known, each.name)
        if value:
            told = tuple(value.items()) if isinstance(value, Mapping) else value
            parts.append(b'"%s":%s' % (each.name.encode(), _json(_KNOWN[each.name], told)))
    return b"{" + b",".join(parts) + b"}"


def _load_known(told: Plain) -> Knowledge:
    read = {name: _KNOWN[name].validate_python(value) for name, value in told.items()}
    found: Plain = {name: dict(one) if isinstance(one, tuple) else one for name, one in read.items()}
    return Knowledge(**found)


def _documents(told: Iterable[Plain]) -> tuple[Document, ...]:
    return tuple(
        Document(
            source=one["source"],
            kind=(kind := Kind(one["kind"])),
            key=one["key"],
            version=one["version"],
            moment=datetime.fromisoformat(one["moment"]),
            body=document_body(kind, one["body"]),
            raw="",
        )
        for one in told
    )


def _message(told: Plain) -> Message:
    kind = Kind(told["kind"])
    times = {name: datetime.fromisoformat(told[name]) for name in ("created_at", "expires_at")}
    return Message(**{**told, **times, "kind": kind, "body": message_body(kind, told["body"])})


def _json(adapter: TypeAdapter[Any], value: object, exclude: Any = None) -> bytes:
    # `fallback`: a mapping need not be a dict; then pydantic would also warn that it is not.
    options: Plain = {"exclude": exclude, "exclude_defaults": True, "fallback": dict, "warnings": False}
    try:
        return adapter.dump_json(value, **options)
    except ValueError:  # a lone surrogate, which UTF-8 cannot say and JSON's escapes can
        return json.dumps(adapter.dump_python(value, mode="json", **options)).encode()
