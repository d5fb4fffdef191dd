"""What people must know of now: open cases by their cause, systems that are down, and how the daemon itself fares."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from khaossync.domain.cases import PLAYBOOKS, CaseClass
from khaossync.domain.owners import Owner
from khaossync.ops.alerts.discretion import Clean, told
from khaossync.ops.health import Check, ConnectorState, Facts, Status, report, spoken
from khaossync.outbox.alerting import CaseGroup, Key

DOWN = timedelta(minutes=2)
"""How long a system is down before it is told: one that restarts is back by then."""

AWAY = timedelta(minutes=1)
"""The same for our own database."""

REMEMBERED = timedelta(hours=1)
"""For how long after its start a daemon tells that the run before it did not end well."""


_OF_HEALTH = ("down", "loops", "unowned", "queues", "exit")


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to know of, as long as it lasts.

    `about` is a connector, or the daemon itself by its host; with `what` it is how the matter is recognised. `count`
    measures it; `fresh` is how much of it was not told yet (None: what it has grown by) and `newest` marks up to where
    it is told now. It is told only when it has lasted for `settle`.
    """

    about: str
    what: str
    title: str
    owner: str
    urgent: bool
    since: datetime
    count: int = 1
    fresh: int | None = None
    newest: int = 0
    settle: timedelta = timedelta(0)
    lines: tuple[str, ...] = ()
    recipe: str = ""
    look: str = ""

    @property
    def key(self) -> Key:
        """By which the matter is recognised."""
        return (self.about, self.what)


@dataclass(frozen=True, slots=True)
class Exits:
    """How many runs of the last day ended without good-bye; `previous` began then and is one of them."""

    previous: datetime | None = None
    count: int = 0


def of_cases(
    groups: Iterable[CaseGroup], owners: Mapping[CaseClass, str], now: datetime, clean: Clean
) -> Iterator[Matter]:
    """One matter for each cause; `owners` are those whom an install names otherwise than the playbooks."""
    for group in groups:
        playbook = PLAYBOOKS[group.case_class]
        number = str(group.samples[0].case_id)
        yield Matter(
            about=group.source,
            what=group.case_class.value,
            title=playbook.title,
            owner=owners.get(group.case_class, playbook.owner),
            urgent=playbook.urgent,
            since=group.oldest_at,
            count=group.count,
            fresh=group.fresh,
            newest=group.newest,
            lines=tuple(_cases(group, now, clean)),
            recipe=playbook.recipe.replace("<case>", number) if group.count == 1 else playbook.recipe,
            look=f"khaossync cases show {number}",
        )


def of_health(facts: Facts, me: str, exits: Exits) -> Iterator[Matter]:
    """What the daemon's own state gives cause to tell, under its own name `me`."""
    checks = [check for check in report(facts).checks if check.output]
    yield from (_down(state, facts) for state in facts.connectors if not state.up)
    yield from _of_checks(checks, facts, me)
    if exits.previous and facts.now - facts.started_at < REMEMBERED:
        yield _unclean(exits, exits.previous, facts, me)


def unsure(facts: Facts | None, me: str, told: Iterable[Key]) -> frozenset[Key]:
    """What may last although it does not show, without facts or soon after a start: none of it can be called over."""
    if facts is None:
        return frozenset(key for key in told if key[1] in _OF_HEALTH)
    return frozenset(_unproved(facts, me))


def without_database(me: str, since: datetime) -> Matter:
    """The one thing that can be told while PostgreSQL is away."""
    return Matter(
        me,
        "database",
        "PostgreSQL does not answer",
        Owner.PLATFORM,
        True,
        since,
        settle=AWAY,
        lines=("nothing is lost, and nothing goes on: everything waits for it",),
        recipe="Start PostgreSQL, or mend the way to it; khaossync goes on by itself.",
        look="systemctl status postgresql; journalctl -u khaossync -n 50",
    )


def _cases(group: CaseGroup, now: datetime, clean: Clean) -> Iterator[str]:
    worth = _worth(group.worth)
    yield f"{group.count} open, the oldest for {spoken(now - group.oldest_at)}{f', worth {worth}' if worth else ''}"
    for sample in group.samples:
        yield f"case {sample.case_id} ({spoken(now - sample.opened_at)}): {told(sample, clean)}"
    if group.count > len(group.samples):
        yield f"{group.count - len(group.samples)} more: khaossync cases"


def _worth(worth: Mapping[str, Decimal]) -> str:
    return " and ".join(f"{total:,.2f} {currency}" for currency, total in sorted(worth.items()))


def _down(state: ConnectorState, facts: Facts) -> Matter:
    since = state.since or facts.started_at
    return Matter(
        state.name,
        "down",
        f"{state.name} cannot be used",
        Owner.PLATFORM,
        True,
        since,
        settle=DOWN,
        lines=(f"down for {spoken(facts.now - since)}; its work is kept and goes on when it is back",),
        recipe="If it is not a known maintenance, look for the cause: its credentials, its address, the network.",
        look="khaossync check",
    )


def _of_checks(checks: Sequence[Check], facts: Facts, me: str) -> Iterator[Matter]:
    loops = [check for check in checks if check.component == "loops"]
    if loops:
        yield _own(me, "loops", "Parts of the daemon do not work", loops, facts)
    if unowned := [check for check in checks if check.component == "ownership" and check.status is Status.FAIL]:
        yield _own(me, "unowned", "Connectors that no daemon works for", unowned, facts)
    if queues := [check for check in checks if check.component == "outbox" and check.status is Status.FAIL]:
        yield _own(me, "queues", "Messages that could go do not go", queues, facts)


def _unproved(facts: Facts, me: str) -> Iterator[Key]:
    yield from ((state.name, "down") for state in facts.connectors if not state.proved)
    if facts.draining or not all(beat.proved for beat in facts.beats):
        yield me, "loops"
    if facts.holding.idle:  # counted from our start: it may have been so for long
        yield me, "unowned"
    running = facts.now - facts.started_at
    if any(one.oldest_at and running <= one.bound < facts.now - one.oldest_at for one in facts.backlogs):
        yield me, "queues"


def _own(me: str, what: str, title: str, checks: Sequence[Check], facts: Facts) -> Matter:
    return Matter(
        me,
        what,
        title,
        Owner.PLATFORM,
        any(check.status is Status.FAIL for check in checks),
        min(check.since or facts.now for check in checks),
        count=len(checks),
        lines=tuple(f"{check.subject or check.component}: {check.output}" for check in checks),
        recipe="Do what each line says; when it does not help, pass the log on to who looks after khaossync.",
        look="khaossync status; journalctl -u khaossync -n 100",
    )


def _unclean(exits: Exits, previous: datetime, facts: Facts, me: str) -> Matter:
    times = f", one of {exits.count} within a day" if exits.count > 1 else ""
    return Matter(
        me,
        "exit",
        "The daemon's previous run did not end in good order",
        Owner.PLATFORM,
        exits.count > 1,
        facts.started_at,
        count=max(1, exits.count),
        lines=(
            f"the run that began {previous:%Y-%m-%d %H:%M} UTC ended without good-bye{times}; "
            f"this one runs since {facts.started_at:%Y-%m-%d %H:%M} UTC. Nothing was lost or doubled",
        ),
        recipe="Find out why: a crash or a kill for memory stands at the end of that run's log, a power cut does not.",
        look="journalctl -u khaossync -n 200",
    )
