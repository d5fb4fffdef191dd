"""Replay: what was decided is decided again by the code and the configuration of today, and compared."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any

from khaossync.config import Config
from khaossync.domain.decision import Decision, Preparation, Routing
from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.difference import Change, Each, changes
from khaossync.domain.documents import Document, DocumentBody, Unreadable
from khaossync.domain.messages import Message, MessageBody
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund
from khaossync.domain.rules import Rules
from khaossync.loops.isolate import isolated
from khaossync.loops.judging import prepared, routed
from khaossync.outbox import Database
from khaossync.outbox.decision_codec import Plain, plain_document, plain_outcome
from khaossync.outbox.decisions import Kept, Span, decided, raws_of, unreadables

Retold = Document | Unreadable | None
Retell = Callable[[Document | Unreadable, datetime], Retold]
"""Reads a kept text as its connector reads it today; None where the text does not suffice."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A record that was decided again: what about it, when and by which configuration it was decided, what differs.

    `connectors` told it or are told, `names` are those by which a person may ask for it. `reread` tells that its kept
    text was read again, `trouble` why it could not be decided again at all.
    """

    what: str
    key: str
    at: datetime | None
    configuration: str
    connectors: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    found: tuple[Change, ...] = ()
    reread: bool = False
    trouble: str = ""

    @property
    def same(self) -> bool:
        """Whether the outcome is the same byte for byte."""
        return not self.found and not self.trouble


@dataclass(frozen=True, slots=True)
class Replay:
    """Today's rules, and today's reading of each connector's texts. Calls no system and writes nothing."""

    rules: Rules
    retell: Mapping[str, Retell]

    async def run(self, database: Database, span: Span) -> AsyncIterator[Judged]:
        """Every record of a span of time, in the order in which it was decided; then what is still unreadable."""
        async for kept in decided(database, span):
            if kept.decision is None:
                yield Judged("decision", str(kept.number), None, kept.configuration, trouble=kept.trouble)
                continue
            documents = _documents(kept.decision)
            texts = await raws_of(database, documents)
            told = [replace(document, raw=text or "") for document, text in zip(documents, texts, strict=True)]
            for judged in self.again(kept, kept.decision, told):
                yield judged
        for unreadable in await unreadables(database, span.since, span.until):
            yield self._unread(unreadable, span.until)

    def again(self, kept: Kept, decision: Decision, told: Sequence[Document]) -> Iterator[Judged]:
        """Decide again; `told` are the documents of the decision with their raw texts, empty where they are gone."""
        retold = [self._retold(document, decision.at) if document.raw else None for document in told]
        if isinstance(decision, Routing):
            return self._routed(kept, decision, retold)
        return self._prepared(kept, decision, retold)

    def _routed(self, kept: Kept, decision: Routing, retold: Sequence[Retold]) -> Iterator[Judged]:
        today = [new or old for old, new in zip(decision.documents, retold, strict=True)]
        readable = [one for one in today if isinstance(one, Document)]
        made = iter(routed(readable, self.rules.at(decision.at), decision.known, decision.connector))
        for old, new, was, text in zip(decision.documents, today, kept.made, retold, strict=True):
            now = plain_outcome(next(made), new.body) if isinstance(new, Document) else _unreadable(new)
            found = (*_reading(old, new), *changes(_laid_out(was), _laid_out(now)))
            what = f"{old.kind} of {old.source}"
            of, names = frozenset({old.source}), _names(old.key, old.body)
            yield Judged(what, old.key, decision.at, kept.configuration, of, names, found, text is not None)

    def _prepared(self, kept: Kept, decision: Preparation, retold: Sequence[Retold]) -> Iterator[Judged]:
        looks = {old.key: (old, new) for old, new in zip(decision.looks, retold, strict=True)}
        messages = [_with_look(message, looks.get(message.key)) for message in decision.messages]
        made = prepared(messages, self.rules, decision.known, decision.at, hand=decision.by_hand)
        for message, one, was in zip(messages, made, kept.made, strict=True):
            old, new = looks.get(message.key, (None, None))
            now = _unreadable(new) if isinstance(new, Unreadable) else plain_outcome(one, message.body)
            read = _reading(old, new) if old and new else ()
            found = (*read, *changes(_laid_out(was), _laid_out(now)))
            what = f"{message.kind} for {message.destination}"
            of, names = frozenset({message.source, message.destination}), _names(message.key, message.body)
            yield Judged(what, message.key, decision.at, kept.configuration, of, names, found, new is not None)

    def _unread(self, kept: Unreadable, now: datetime) -> Judged:
        new = self._retold(kept, now)
        readable = (Change(("document",), f"unreadable: {kept.reason}", "would be read"),)
        found = readable if isinstance(new, Document) else ()
        what, of = f"unreadable {kept.kind} of {kept.source}", frozenset({kept.source})
        return Judged(what, kept.key, None, "", of, frozenset({kept.key}), found, new is not None)

    def _retold(self, kept: Document | Unreadable, now: datetime) -> Retold:
        if kept.source not in self.retell:
            return None
        with isolated(f"{kept.kind} {kept.key}") as trouble:
            return self.retell[kept.source](kept, now)
        return Unreadable(kept.source, kept.kind, kept.key, trouble.text, kept.raw)


def replay_of(config: Config) -> Replay:
    """The replay by a configuration: each connector's folder reads what was read from it."""
    readers: dict[str, Retell] = {}
    for room, tables in (("erp", config.erp), ("channels", config.channel)):
        for name, table in tables.items():
            folder = import_module(f"khaossync.{room}.{table.kind}.retelling")
            readers[name] = partial(_read, folder.retell, table)
    return Replay(config.rules(), readers)


def _read(retell: Callable[..., Retold], settings: object, kept: Document | Unreadable, now: datetime) -> Retold:
    return retell(kept, settings, now)


def _names(key: str, body: DocumentBody | MessageBody) -> frozenset[str]:
    match body:
        case Order():
            return frozenset({key, body.key})
        case Refund():
            return frozenset({key, body.key, body.refund_id})
        case Despatch() | OrderState():
            return frozenset({key, body.ref})
    return frozenset({key})


def _documents(decision: Decision) -> Sequence[Document]:
    return decision.documents if isinstance(decision, Routing) else decision.looks


def _with_look(message: Message, look: tuple[Document, Retold] | None) -> Message:
    new = look[1] if look else None
    return replace(message, body=new.body) if isinstance(new, Document) and isinstance(new.body, Order) else message


def _reading(old: Document, new: Document | Unreadable) -> Iterable[Change]:
    if isinstance(new, Unreadable):
        return (Change(("document",), "read", f"unreadable: {new.reason}"),)
    return changes(plain_document(old), plain_document(new), ("document",))


def _unreadable(new: Document | Unreadable) -> Plain:
    return {"unreadable": new.reason if isinstance(new, Unreadable) else ""}


def _laid_out(made: Plain) -> Plain:
    """An outcome with what its lists hold by name, so that what comes or goes is told as that and shifts nothing."""
    if "plan" not in made:
        return made
    plan: Plain = made["plan"]
    told: Plain = {}
    for one in plan.get("messages", ()):
        _put(told, "message", f"{one['kind']} for {one['destination']}", one["key"], one)
    for one in plan.get("levels", ()):
        level = one["level"]
        _put(told, "level", one["destination"], f"{level['sku']}@{level['location']}", one)
    for one in plan.get("cases", ()):
        _put(told, "case", one["case_class"], one["subject"], one)
    for case_class, source, subject in plan.get("closed", ()):
        _put(told, "closed case", case_class, subject, source)
    for name in ("refs", "holds"):
        told |= {name: {Each(key): one for key, one in plan[name].items()}} if name in plan else {}
    return {**told, **{name: one for name, one in made.items() if name != "plan"}}


def _put(told: dict[str, Any], sort: str, of: str, name: str, one: object) -> None:
    table = told.setdefault(sort, {}).setdefault(of, {})
    while name in table:
        name += " again"
    table[Each(name)] = one
