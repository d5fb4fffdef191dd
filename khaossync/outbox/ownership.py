"""Ownership: which connectors are ours, by session locks on a connection that does nothing else."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta

import asyncpg
import structlog

from khaossync.clock import Clock
from khaossync.domain.errors import OwnershipLostError
from khaossync.outbox.intents import DOUBT
from khaossync.outbox.rows import MESSAGE_COLUMNS
from khaossync.outbox.seats import GIVE, JOIN, LEAVE, TAKE, company, end_silent, look
from khaossync.outbox.session import Session
from khaossync.outbox.sharing import Round

log = structlog.get_logger()

# Waits for a predecessor's transactions under way; what it commits later meets another epoch. The time is PostgreSQL's,
# for the machines that share it need not agree on theirs.
BUMP = """
insert into khaossync.owners as o (connector, epoch, holder, since) values ($1, 1, $2, clock_timestamp())
on conflict (connector) do update set epoch = o.epoch + 1, holder = excluded.holder, since = excluded.since
returning epoch"""

# What waited long enough is ready again; an acknowledgement that did not come leaves a doubt. Not what our lanes still
# take for under way ($4): its verdict was committed this moment, and they have yet to be told.
PROMOTE = f"""
update khaossync.messages m
set state = 'ready', not_before = null, ready_at = $2, doubt = m.doubt or m.state = 'pending'
from (
    select id from khaossync.messages
    where destination = any($1::text[]) and state in ('waiting', 'pending') and not_before <= $2
        and id <> all($4::bigint[])
    order by not_before limit $3
    for update skip locked
) due
where m.id = due.id
returning {MESSAGE_COLUMNS}"""  # noqa: S608  static text

# Which of these still hold up their keys; a person may have ignored the others.
STILL_BLOCKING = "select id from khaossync.messages where id = any($1::bigint[]) and state <> 'ready'"

# Hints for whichever process owns the connectors.
HINT_ON = "select pg_notify('khaossync_hints', told) from unnest($1::text[]) as hints (told)"

PROMOTED_AT_ONCE = 1000
MOST_HINTS = 1000
"""How many wait at most while PostgreSQL is away; the oldest go."""
OVERDUE = 3.0
"""Seconds for which a free connector is left to a daemon that has fewer; then whoever sees it takes it."""

KEPT = 60.0
"""Seconds for which nothing is given away again to daemons that did not take what was free for them."""

Heed = Callable[[str, str, str], None]
"""(connector, stream, subject) of a hint."""


class Ownership:
    """Holds the locks of the connectors it was asked for, as far as nobody else holds them: its fair share of them.

    `changed` is called whenever what is ours may have changed, `nudge` when there may be something to do.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]],
        clock: Clock,
        holder: str,
        changed: Callable[[], None],
        nudge: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._holder = holder
        self._changed = changed
        self._nudge = nudge
        self.session = Session(connect, clock, {"khaossync": self._hear, "khaossync_hints": self._hint}, self._ended)
        self._wanted: set[str] = set()
        self._longest_calls: dict[str, timedelta] = {}
        self._held: dict[str, int] = {}
        self._epochs: dict[str, int] = {}
        self._joined: tuple[int, str] = (0, "")
        self._given: set[str] = set()
        self._keeps_until = 0.0
        self._free_since: dict[str, float] = {}
        self._idle_since: dict[str, float] = {}
        self._passing: list[str] = []
        self.found = Round(0)
        self.giving = frozenset[str]()
        self._leaving = False
        self.heard: set[str] = set()
        self.heed: Heed = lambda _connector, _stream, _subject: None

    def leave(self) -> None:
        """Take no more, and begin to give away all that is ours: whoever lives on takes it."""
        self._leaving = True
        self.share()
        self._nudge()

    def want(self, connectors: Iterable[str], longest_calls: Mapping[str, timedelta]) -> None:
        """Ask for these from the next `take` on; for so long each may be at work on a call of another process."""
        self._wanted.update(connectors)
        self._longest_calls.update(longest_calls)

    @property
    def held(self) -> frozenset[str]:
        """The connectors that are ours at this moment, as far as we know; not those that we are giving away."""
        if not self.session.alive:
            return frozenset()
        return frozenset(name for name, serial in self._held.items() if serial == self.session.serial) - self.giving

    @property
    def elsewhere(self) -> frozenset[str]:
        """The connectors that other processes worked for when we looked last."""
        return self.found.elsewhere - self.held

    @property
    def idle(self) -> Mapping[str, float]:
        """For how many seconds nobody, as far as we see, has worked for the connectors for which nobody does."""
        now = self._clock.monotonic()
        return {name: now - since for name, since in self._idle_since.items()}

    def insist(self, connector: str) -> None:
        """Raise OwnershipLostError unless this is ours for certain, whatever happened to this process just now."""
        if connector not in self._held or self._held[connector] != self.session.serial:
            raise OwnershipLostError(f"{connector}: another process works for it now; nothing was sent")
        self.session.insist()

    def epochs(self, connectors: Iterable[str]) -> Mapping[str, int]:
        """The epochs under which these were ours last; raises OwnershipLostError for one that never was."""
        names = sorted(set(connectors))
        if strangers := [name for name in names if name not in self._epochs]:
            raise OwnershipLostError(f"{', '.join(strangers)}: this process never owned this queue.")
        return {name: self._epochs[name] for name in names}

    async def take(self) -> Mapping[str, bool]:
        """Take what is due to us; tells for each connector taken whether nobody else owned it since it was ours."""
        async with self.session.use() as connection:
            await self._join(connection)
            self.found = await look(connection, sorted(self._wanted))
            if await end_silent(connection, self.found):
                self.found = await look(connection, sorted(self._wanted))
            overdue = self._overdue()
            due = [] if self._leaving else self.found.due(overdue, self._given)
            epochs = {name: await self._bump(connection, name) for name in due if await connection.fetchval(TAKE, name)}
        taken = {name: self._epochs.get(name) == epoch - 1 for name, epoch in epochs.items()}
        self._epochs.update(epochs)  # together with what follows: nothing is ours before its queues are read anew
        self._held.update(dict.fromkeys(epochs, self.session.serial))
        if overdue.intersection(taken):  # somebody is there and takes nothing: to give would be to leave it lying
            self._keeps_until = self._clock.monotonic() + KEPT
        self._note_idle(taken)
        return taken

    def share(self) -> None:
        """Begin to give one connector away if another daemon has two fewer, all if we leave: nothing is begun there."""
        if going := self.held if self._leaving else self._surplus():
            self.giving |= going
            log.info("ownership_leaving", connectors=sorted(going))
            self._changed()

    async def give(self, connector: str) -> None:
        """Give away what we began to: whoever has fewer takes it."""
        async with self.session.use() as connection:
            await connection.execute(GIVE, connector)
        log.info("ownership_given", connector=connector)
        self._held.pop(connector, None)
        self._given.add(connector)
        self.giving -= {connector}

    async def promote(self, flying: Sequence[int]) -> Sequence[asyncpg.Record]:
        """Make ready what is due in our queues but these; the lock's own session does it, so no stranger can."""
        async with self.session.use() as connection:
            return await connection.fetch(PROMOTE, sorted(self.held), self._clock.now(), PROMOTED_AT_ONCE, flying)

    async def still_blocking(self, message_ids: Iterable[int]) -> set[int]:
        """Which of these messages still wait, are pending or parked."""
        async with self.session.use() as connection:
            return {row["id"] for row in await connection.fetch(STILL_BLOCKING, list(message_ids))}

    def pass_on(self, connector: str, stream: str, subject: str) -> None:
        """Have the process that owns this connector told of a hint, soon; a hint that gets lost is no loss."""
        self._passing = [*self._passing[1 - MOST_HINTS :], json.dumps([connector, stream, subject])]
        self._nudge()

    async def send_hints(self) -> None:
        """Send what is to be passed on."""
        if self._passing:
            told, self._passing = self._passing, []
            async with self.session.use() as connection:
                await connection.execute(HINT_ON, told)

    def forget(self, connectors: Iterable[str]) -> None:
        """Our epochs of these are stale: whatever we know of their queues must be read again."""
        for name in connectors:
            self._epochs.pop(name, None)

    def _surplus(self) -> frozenset[str]:
        if self.giving or self._clock.monotonic() < self._keeps_until:
            return frozenset()
        return self.held & {self.found.surplus()}

    async def _join(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        now, before = (self.session.serial, "" if self._leaving else company(sorted(self._wanted))), self._joined
        if now == before:
            return
        if now[0] != before[0]:
            self.giving = frozenset()
        elif before[1]:
            await connection.execute(LEAVE, before[1])
        if now[1]:
            await connection.execute(JOIN, now[1])
        self._joined = now

    def _overdue(self) -> set[str]:
        now = self._clock.monotonic()
        self._free_since = {name: self._free_since.get(name, now) for name in self.found.free}
        self._given.intersection_update(self._free_since)
        return {name for name, since in self._free_since.items() if now - since >= OVERDUE}

    def _note_idle(self, taken: Iterable[str]) -> None:
        now = self._clock.monotonic()
        self._idle_since = {name: self._idle_since.get(name, now) for name in self.found.idle.difference(taken)}

    async def _bump(self, connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> int:
        epoch = int(await connection.fetchval(BUMP, name, self._holder))
        continuous = self._epochs.get(name) == epoch - 1
        if not continuous:
            rest = self._longest_calls.get(name, timedelta(0))
            await connection.execute(DOUBT, name, self._clock.now(), rest)
        log.info("ownership_taken", connector=name, epoch=epoch, continuous=continuous)
        return epoch

    def _hear(self, payload: str) -> None:
        self.heard.add(payload)
        self._nudge()

    def _hint(self, payload: str) -> None:
        connector, stream, subject = json.loads(payload)
        if connector in self.held:
            self.heed(connector, stream, subject)

    def _ended(self) -> None:
        self._changed()
        self._nudge()
