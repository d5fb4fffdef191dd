"""Judges the levels of a channel again when no document does: by new rules, by a peak, by the passing of time."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.clock import Clock
from khaossync.domain.documents import Page
from khaossync.domain.knowledge import Address, Knowledge, Question, union
from khaossync.domain.rules import ChannelRules, Rules
from khaossync.domain.stock import Wanted
from khaossync.domain.supply import about_code, about_listing, about_packs, of_code, of_relisting
from khaossync.ports import Acceptance, Outbox, Stored

STREAM = "levels"
"""The name under which the outbox keeps how far a channel's levels were judged."""

_NOTHING: Mapping[Address, datetime] = {}

_AT_ONCE = 500

COUNTED_AFTER = timedelta(minutes=30)
"""When units that were posted are shown again although the ERP's level was never read anew: by then it counts them."""


@dataclass(frozen=True, slots=True)
class Relevel:
    """Keeps the levels of one channel true to its rules; resumes where it was broken off.

    `beat` is called after every piece.
    """

    channel: str
    outbox: Outbox
    rules: Rules
    clock: Clock
    beat: Callable[[], None]

    async def tick(self) -> Mapping[str, int]:
        """Go through all listings where the rules have changed; else look at what was counted by now."""
        rules = self.rules.at(self.clock.now())
        state = _State.load(await self.outbox.cursor(self.channel, STREAM))
        print_ = fingerprint(rules.channels[self.channel])
        if state.fingerprint == print_ and state.done:
            return await self._counted(rules, state)
        after: str | None = state.after if state.fingerprint == print_ else ""
        levels = 0
        while after is not None:
            after, count = await self._piece(rules, print_, after)
            levels += count
            self.beat()
        return {"levels": levels} if levels else {}

    async def _piece(self, rules: Rules, print_: str, after: str) -> tuple[str | None, int]:
        """The SKU to go on behind, None at the end; and how many levels changed."""
        channel, last = rules.channels[self.channel], None

        async def judge(stored: Stored) -> Acceptance:
            nonlocal last
            listed = await stored.listed(self.channel, after, _AT_ONCE)
            last = listed.last
            asked = union(about_listing(one.sku, channel) for one in listed.listings)
            known = await _known(asked, rules, stored)
            wanted = tuple(level for one in listed.listings for level in of_relisting(one, channel, known))
            return self._acceptance(wanted, _State(print_, last or "", done=last is None))

        accepted = await self.outbox.take_in(self.channel, judge)
        return last, accepted.levels

    async def _counted(self, rules: Rules, state: "_State") -> Mapping[str, int]:
        until = self.clock.now() - COUNTED_AFTER
        codes = await self.outbox.counted(self.channel, until)
        if not codes:
            return {}
        erp = rules.channels[self.channel].erp

        async def judge(stored: Stored) -> Acceptance:
            known = await _known(union(about_code(erp, code, until, rules) for code in codes), rules, stored)
            wanted = tuple(level for code in codes for level in of_code(erp, code, rules, known).levels)
            return self._acceptance(wanted, state, {(erp, code): until for code in codes})

        return {"levels": (await self.outbox.take_in(self.channel, judge)).levels}

    def _acceptance(
        self, wanted: tuple[Wanted, ...], state: "_State", counted: Mapping[Address, datetime] = _NOTHING
    ) -> Acceptance:
        return Acceptance(self.channel, STREAM, Page((), state.dump()), levels=wanted, counted=counted)


async def _known(asked: Question, rules: Rules, stored: Stored) -> Knowledge:
    known = await stored.look_up(asked)
    more = about_packs(known, rules) - asked
    return known | await stored.look_up(more) if more else known


def fingerprint(channel: ChannelRules) -> str:
    """Changes with every rule that a level depends on."""
    rules = [
        sorted(channel.sites.items()),
        sorted(channel.skus.items()),
        sorted((sku, sorted(parts.items())) for sku, parts in channel.bundles.items()),
        channel.buffer,
        sorted(channel.buffers.items()),
        [peak.buffer for peak in channel.peaks],
        channel.erp,
    ]
    return hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _State:
    """The rules by which levels were judged, up to which SKU, and whether that was the last."""

    fingerprint: str
    after: str
    done: bool

    @classmethod
    def load(cls, cursor: str | None) -> "_State":
        if cursor is None:
            return cls("", "", done=False)
        print_, done, after = json.loads(cursor)
        return cls(print_, after, done)

    def dump(self) -> str:
        return json.dumps([self.fingerprint, self.done, self.after])
