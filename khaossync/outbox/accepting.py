"""Accepting: what pages leave behind, all of it in one transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TypeVar

from khaossync.domain.cases import Case
from khaossync.domain.documents import Kind
from khaossync.domain.plan import Closing
from khaossync.outbox.arrivals import keep_documents, keep_progress, keep_unreadables
from khaossync.outbox.casework import (
    CaseKey,
    case_key,
    close_cured,
    close_read,
    open_cases,
    stand_cases,
    unreadable_case,
)
from khaossync.outbox.database import Connection
from khaossync.outbox.decisions import Row, keep_decisions
from khaossync.outbox.enqueueing import ask_again, enqueue
from khaossync.outbox.holding import count, hold
from khaossync.outbox.levelling import Lane, Replaced, lane_of, level
from khaossync.outbox.linking import intend_links, observe_states
from khaossync.outbox.releasing import NOTIFY, release_cured
from khaossync.outbox.retention import Retention
from khaossync.outbox.rows import Effect, Identity, effect, identity
from khaossync.ports import Acceptance, Accepted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told:
    """What a group of acceptances changed, and what the owner of the queues must hear of it."""

    accepted: Sequence[Accepted]
    destinations: frozenset[str]
    replaced: Sequence[Replaced]
    due: bool
    """Whether something that waited is due now."""


async def accept(
    connection: Connection,
    group: Sequence[Acceptance],
    owned: Collection[str],
    now: datetime,
    retention: Retention,
    decided: Sequence[Row],
) -> Told:
    """Store pages, their messages and their cursors within the caller's transaction, and how all was `decided`.

    Nobody else may be storing pages meanwhile.
    """
    documents = [document for acceptance in group for document in acceptance.page.documents]
    changed = await keep_documents(connection, documents, now, retention)
    unreadables = await keep_unreadables(connection, [u for a in group for u in a.page.unreadable], now, retention)
    await count(connection, documents, {code: at for a in group for code, at in a.counted.items()})
    await hold(connection, {order: held for a in group for order, held in a.holds.items()})
    asked, replaced = await level(connection, [item for a in group for item in a.levels], now)
    messages = list(chain.from_iterable(a.messages for a in group))
    fresh = await enqueue(connection, [*messages, *asked], now)
    await intend_links(connection, {key: ref for a in group for key, ref in a.refs.items()}, messages, now)
    news = [document for document in documents if identity(document) in changed]
    woken = await observe_states(connection, news, now)
    woken |= await ask_again(connection, messages, fresh, now) | await release_cured(connection, news, now)
    await close_read(connection, documents, now)
    await close_cured(connection, _closings(group), now)
    await stand_cases(connection, [case for a in group for case in a.standing], now)
    cases = await open_cases(connection, [*_cases(group), *map(unreadable_case, unreadables)], now)
    await keep_progress(connection, group, now)
    await keep_decisions(connection, decided)
    touched = woken | {destination for destination, *_ in fresh} | {item.destination for item in replaced}
    if strange := touched.difference(owned):
        await connection.execute(NOTIFY, sorted(strange))
    levels = {(to, key) for to, kind, key, _ in fresh if kind == Kind.STOCK_LEVEL}
    levels |= {(item.destination, item.body.key) for item in replaced}
    left = _Left(changed, fresh, levels, {key for key, opened in cases.items() if opened.fresh})
    return Told([left.share(acceptance) for acceptance in group], frozenset(touched), replaced, bool(woken or replaced))


def _cases(group: Sequence[Acceptance]) -> Iterable[Case]:
    return chain.from_iterable(acceptance.cases for acceptance in group)


def _closings(group: Sequence[Acceptance]) -> Sequence[Closing]:
    """What no other part of the group tells: closed and opened at once, the same case would be a new one each time.

    What an ERP's channels are told of one stock code may differ, as they look at different sites.
    """
    told = chain(_cases(group), chain.from_iterable(acceptance.standing for acceptance in group))
    stay = {(case.case_class, case.source, case.subject) for case in told}
    return [closing for acceptance in group for closing in acceptance.closed if closing not in stay]


@dataclass(frozen=True, slots=True)
class _Left:
    """What the group changed and no acceptance was credited with yet."""

    documents: set[Identity]
    effects: set[Effect]
    levels: set[Lane]
    cases: set[CaseKey]

    def share(self, acceptance: Acceptance) -> Accepted:
        """Credit an acceptance with what it asked for."""
        page = acceptance.page
        cases = chain(acceptance.cases, map(unreadable_case, page.unreadable))
        return Accepted(
            documents=_take(self.documents, map(identity, page.documents)),
            messages=_take(self.effects, map(effect, acceptance.messages)),
            levels=_take(self.levels, (lane_of(one) for one in acceptance.levels)),
            cases=_take(self.cases, map(case_key, cases)),
        )


def _take(left: set[T], asked: Iterable[T]) -> int:
    taken = left.intersection(asked)
    left -= taken
    return len(taken)
