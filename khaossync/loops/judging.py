"""Judging: what the rules make of a page or a batch, the same on the road and when it is judged again later."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from khaossync.domain.by_hand import by_hand
from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.decision import Prepared, Routed
from khaossync.domain.documents import Document, Unreadable
from khaossync.domain.knowledge import Knowledge
from khaossync.domain.messages import HandOver, Message, Park
from khaossync.domain.plan import Plan
from khaossync.domain.preparation import Ready, prepare
from khaossync.domain.routing import learnt, route
from khaossync.domain.rules import Rules
from khaossync.loops.isolate import isolated


def routed(documents: Sequence[Document], rules: Rules, known: Knowledge, connector: str) -> tuple[Routed, ...]:
    """What each document of a page sets in motion; `known` need not hold what they tell themselves.

    What one order begins, or ceases, to hold is known to those behind it.
    """
    known = learnt(documents, known)
    made: list[Routed] = []
    for document in documents:
        one = _route(document, rules, known)
        made.append(one)
        if isinstance(one, Plan):
            for order, (_, held) in one.holds.items():
                known = known.holding(order, connector, held)
    return tuple(made)


def prepared(
    messages: Iterable[Message], rules: Rules, known: Knowledge, now: datetime, *, hand: bool
) -> tuple[Prepared, ...]:
    """What each message of a batch is sent as, or what becomes of it instead; with `hand` people do what is ready."""
    return tuple(_prepare(message, rules, known, now, hand=hand) for message in messages)


def _route(document: Document, rules: Rules, known: Knowledge) -> Routed:
    with isolated(f"{document.kind} {document.key}") as trouble:
        return route(document, rules, known)
    reason = f"no rule could judge it: {trouble.text}"
    return Unreadable(document.source, document.kind, document.key, reason, document.raw)


def _prepare(message: Message, rules: Rules, known: Knowledge, now: datetime, *, hand: bool) -> Prepared:
    with isolated(f"{message.kind} {message.key}") as trouble:
        made = prepare(message, rules, known, now)
        return HandOver(by_hand(message, made.payload)) if isinstance(made, Ready) and hand else made
    detail = f"no rule could judge it: {trouble.text}"
    return Park(Case(CaseClass.UNREADABLE_DOCUMENT, message.source, message.key, detail))
