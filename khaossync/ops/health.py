"""The verdict on the daemon's health: a pure judgement of facts, with a sentence for whoever must act on it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

IDLE = timedelta(minutes=1)
"""How long a connector may be without a process that works for it; a successor takes it within ten seconds."""


class Status(StrEnum):
    """How good something is: `warn` means that the daemon is well but a person should look."""

    PASS = "pass"  # noqa: S105 -- a verdict, no password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class LoopBeat:
    """When a loop last turned. Silent for longer than `bound` it counts as dead.

    `critical` tells that without it the daemon does not do its work. `failing_since` is the first of the failed
    ticks in a row: such a loop turns, yet brings nothing about. `proved` tells that a tick succeeded since the start.
    """

    name: str
    last_beat: datetime | None
    bound: timedelta
    critical: bool = True
    failing_since: datetime | None = None
    proved: bool = True


@dataclass(frozen=True, slots=True)
class Backlog:
    """The unfinished messages of one destination and kind.

    `oldest_at` is since when the oldest one that may be delivered could have been (None: nothing may be);
    parked, snoozed and blocked messages do not count towards it, but all count towards `depth`.
    """

    destination: str
    kind: str
    depth: int
    oldest_at: datetime | None
    bound: timedelta


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """Whether a system can be used, and since when that is so (None: since we started).

    One that has not `proved` it by an answer since we started is up for want of knowing better.
    """

    name: str
    up: bool
    since: datetime | None = None
    proved: bool = True


@dataclass(frozen=True, slots=True)
class Holding:
    """Which connectors this process works for, which others do, and for how many seconds nobody has for the rest."""

    held: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    idle: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the verdict rests on, as of `now`. `cases` counts the open cases of each class.

    Of what other processes work for (`holding.elsewhere`) they tell for themselves.
    """

    now: datetime
    started_at: datetime
    beats: tuple[LoopBeat, ...] = ()
    database_ok: bool = True
    backlogs: tuple[Backlog, ...] = ()
    cases: Mapping[str, int] = field(default_factory=dict)
    connectors: tuple[ConnectorState, ...] = ()
    draining: bool = False
    holding: Holding = Holding()
    depth_bound: int = 1_000_000

    @property
    def depth(self) -> int:
        """How many messages are unfinished altogether."""
        return sum(backlog.depth for backlog in self.backlogs)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `output` tells a person what is wrong and is empty while all is well.

    `since` is when what is wrong began: it stays the same as long as that lasts.
    """

    component: str
    measurement: str
    status: Status
    subject: str = ""
    value: float | bool | None = None
    unit: str = ""
    output: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict: the worst of its checks. `ready` tells whether the daemon should be given work."""

    status: Status
    ready: bool
    checks: tuple[Check, ...]


def report(facts: Facts) -> Report:
    """Judge the facts; what others cause warns.

    A dead loop, a stalled queue, a connector that nobody works for, a full outbox or no database fail.
    """
    checks = (
        *_database(facts),
        *_loops(facts),
        *_ownership(facts),
        *_queues(facts),
        *_connectors(facts),
        *_cases(facts),
    )
    return Report(worst(checks), facts.database_ok and not facts.draining, checks)


def blind(why: str) -> Report:
    """The verdict when the facts themselves could not be had."""
    check = Check("database", "answers", Status.FAIL, output=f"the facts could not be read: {why}")
    return Report(Status.FAIL, False, (check,))


def worst(checks: tuple[Check, ...]) -> Status:
    """The worst status among the checks; none at all is a pass."""
    found = {check.status for check in checks}
    return next((status for status in (Status.FAIL, Status.WARN) if status in found), Status.PASS)


def _database(facts: Facts) -> Iterator[Check]:
    if not facts.database_ok:
        yield Check("database", "answers", Status.FAIL, value=False, output="PostgreSQL does not answer: start it")
        return
    yield Check("database", "answers", Status.PASS, value=True)


def _loops(facts: Facts) -> Iterator[Check]:
    if facts.draining:
        yield Check("daemon", "draining", Status.WARN, value=True, output="finishing its work before it stops")
        return  # the loops are silent on purpose
    for beat in facts.beats:
        yield _loop(beat, facts)


def _loop(beat: LoopBeat, facts: Facts) -> Check:
    silent_since = beat.last_beat or facts.started_at
    age = facts.now - silent_since
    status, output, since = Status.PASS, "", None
    if age > beat.bound:
        # Two clocks make up the moment of a beat, and never twice the same microsecond of it.
        status, since = Status.FAIL if beat.critical else Status.WARN, silent_since.replace(microsecond=0)
        output = f"has not turned for {spoken(age)}: look for its last log line, then restart the service"
    elif beat.failing_since and facts.now - beat.failing_since > beat.bound:
        status, since = Status.WARN, beat.failing_since
        output = f"every tick has failed for {spoken(facts.now - beat.failing_since)}: look for `tick_failed`"
    return Check("loops", "beat_age", status, beat.name, age.total_seconds(), "s", output, since)


def _ownership(facts: Facts) -> Iterator[Check]:
    if not facts.database_ok:
        return  # nobody can work, and that is told already
    for name in sorted(facts.holding.held):
        yield Check("ownership", "here", Status.PASS, name, True)
    for name in sorted(facts.holding.elsewhere):
        yield Check("ownership", "here", Status.PASS, name, False)
    for name, seconds in sorted(facts.holding.idle.items()):
        age = timedelta(seconds=seconds)
        status, output, since = Status.PASS, "", None
        if age > IDLE:
            status, since = Status.FAIL, (facts.now - age).replace(microsecond=0)
            output = f"nobody has worked for it for {spoken(age)}: look for `ownership` and `owner` in the logs"
        yield Check("ownership", "idle", status, name, seconds, "s", output, since)


def _queues(facts: Facts) -> Iterator[Check]:
    states = {connector.name: connector for connector in facts.connectors}
    for backlog in facts.backlogs:
        yield _queue(backlog, states.get(backlog.destination), facts)
    full = facts.depth >= facts.depth_bound
    output = f"the outbox holds {facts.depth} messages, its bound: find out which system is away" if full else ""
    since = min((one.oldest_at for one in facts.backlogs if one.oldest_at), default=facts.started_at) if full else None
    yield Check("outbox", "depth", Status.FAIL if full else Status.PASS, "", facts.depth, "messages", output, since)


def _queue(backlog: Backlog, connector: ConnectorState | None, facts: Facts) -> Check:
    status, output = Status.PASS, ""
    waited = facts.now - (backlog.oldest_at or facts.now)
    if connector and not connector.up:
        if waited > backlog.bound:
            status, output = Status.WARN, f"waits for {backlog.destination} to come back"
    elif (stalled := _stalled(backlog, connector, facts)) > backlog.bound:
        status = Status.FAIL
        output = f"a message could have gone for {spoken(stalled)}: look for `tick_failed` of its push loop"
    subject = f"{backlog.destination}/{backlog.kind}"
    return Check("outbox", "oldest", status, subject, waited.total_seconds(), "s", output, backlog.oldest_at)


def _stalled(backlog: Backlog, connector: ConnectorState | None, facts: Facts) -> timedelta:
    """A queue has stalled only for as long as it could have been emptied: while we run and the other side is up."""
    chances = (backlog.oldest_at or facts.now, facts.started_at, connector.since if connector else None)
    return facts.now - max(moment for moment in chances if moment)


def _connectors(facts: Facts) -> Iterator[Check]:
    for connector in facts.connectors:
        if connector.up:
            yield Check("connectors", "up", Status.PASS, connector.name, True)
        else:
            away = spoken(facts.now - (connector.since or facts.started_at))
            output = f"down for {away}: its work is kept; run `khaossync check` for the cause"
            yield Check("connectors", "up", Status.WARN, connector.name, False, output=output)


def _cases(facts: Facts) -> Iterator[Check]:
    count = sum(facts.cases.values())
    output = f"{count} await a person: run `khaossync cases`" if count else ""
    yield Check("cases", "open", Status.WARN if count else Status.PASS, "", count, "cases", output)


def spoken(age: timedelta) -> str:
    """A duration in its largest unit that says enough: `42 s`, `17 min`, `5 h`."""
    seconds = int(age.total_seconds())
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
