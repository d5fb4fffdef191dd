"""The seams: what a connector, the outbox and the meters promise each other, with the behaviour in the docstrings."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from khaossync.clock import Clock
from khaossync.domain.cases import Case
from khaossync.domain.decision import Preparation, Routing
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.findings import Finding
from khaossync.domain.knowledge import Address, Knowledge, Question
from khaossync.domain.messages import Delivery, Message, MessageBody, NewMessage, Outcome, Settlement
from khaossync.domain.plan import Closing, Held
from khaossync.domain.stock import Listing, Wanted

ORDERS = "orders"
"""The name of every connector's stream of orders: a level that corrects what was seen waits for it."""

CATALOGUE = "catalogue"
"""The name of every channel's stream of listings, and of the reader of single ones."""


class Source(Protocol):
    """A stream of documents that a system tells."""

    @property
    def name(self) -> str:
        """The stream's name, unique within its connector: `orders` (of all orders), `stock`, …"""

    @property
    def interval(self) -> timedelta:
        """How long to rest between two readings when no hint wakes us."""

    def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """Everything that changed since the cursor, page by page; None means from the beginning.

        Resumes from any cursor it ever gave. Asking twice yields the same documents (the same versions), and a
        page lost half-way is told again. Readings overlap on purpose (clock skew, late rows). A record that
        cannot be read becomes an Unreadable of its page and never hides the others. The iteration ends when the
        present is reached. Raises SyncError; what was yielded before stays valid.
        """


class Sink(Protocol):
    """One kind of effect that a system accepts."""

    @property
    def kind(self) -> Kind:
        """The kind of message it takes."""

    @property
    def max_batch(self) -> int:
        """How many messages one call may carry."""

    @property
    def parallel(self) -> int:
        """How many calls may be under way at once."""

    @property
    def blind(self) -> bool:
        """True when the platform cannot recognise a repeated call: the intent is committed before each call."""

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        """Have each message's effect once, however often it is told; one outcome per message, in order.

        A blind sink looks for its reference before it creates whenever `message.doubt` is set, and again after
        an ambiguous answer. One bad message never spoils the others of its batch. Raises SyncError only for
        what concerns the whole batch (down, rate limited, connection lost).
        """


class Rereader(Protocol):
    """Reads one record as it is now: the last look before an irreversible step."""

    async def reread(self, key: str) -> Document | None:
        """The present state of the order whose message key this is; None when the system has no such order."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a verified webhook is worth: which stream to read now. `delivery_id` names this delivery for dedup.

    `subject` is the one record that it is about, as the stream's reader takes it; empty where it tells none.
    """

    stream: str
    delivery_id: str
    topic: str
    subject: str = ""


class Reader(Protocol):
    """Reads single records of a stream by the names that webhooks gave."""

    async def named(self, subjects: Sequence[str]) -> Page:
        """These records as they are now, as the stream tells them; nothing of those that are gone. Raises SyncError."""


class Hooks(Protocol):
    """Turns a webhook into a hint; never into data."""

    def receive(self, headers: Mapping[str, str], body: bytes) -> Hint | None:
        """Verify the raw bytes in constant time; None for a topic that wakes nothing.

        Raises ForgedError when the signature does not prove the sender.
        """


class Subscriptions(Protocol):
    """Has the platform tell our webhook address of everything that wakes a stream."""

    async def missing(self, url: str) -> Sequence[str]:
        """The wanted topics that are not told to this address. Raises SyncError."""

    async def subscribe(self, url: str, topics: Sequence[str]) -> Mapping[str, str]:
        """Have these topics told to this address; whatever else is subscribed stays as it is.

        Returns the platform's reason for every topic that it refuses. Raises SyncError.
        """


class Probe(Protocol):
    """Asks a system whether it can be used."""

    async def ping(self) -> None:
        """Return when the system answers and lets us in; raise SyncError otherwise. Cheap and without effect."""

    async def check(self) -> Sequence[Finding]:
        """Hold the connector's own settings against the system, and tell what the tables of channels may name."""


@dataclass(frozen=True, slots=True)
class Connector:
    """One configured system. What it cannot do is not listed; work for it becomes a case, never silence."""

    name: str
    kind: str
    probe: Probe
    sources: tuple[Source, ...] = ()
    sinks: Mapping[Kind, Sink] = field(default_factory=dict)
    rereader: Rereader | None = None
    hooks: Hooks | None = None
    readers: Mapping[str, Reader] = field(default_factory=dict)
    """By the name of the stream: how a record that a hint names is read."""
    subscriptions: Subscriptions | None = None
    longest_call: timedelta = timedelta(seconds=10)
    """For how long the system may be at work on one call: what may have been sent is not looked for sooner."""

    @property
    def capabilities(self) -> frozenset[Kind]:
        """The kinds of message it takes."""
        return frozenset(self.sinks)


class OpenReferences(Protocol):
    """Which of our orders an ERP still has work to do on."""

    async def open_references(self, erp: str) -> Sequence[str]:
        """The references sent to this ERP that are neither completely despatched nor cancelled, oldest first."""


class Memory(OpenReferences, Protocol):
    """What a connector may ask of all that was told."""

    async def versions(self, source: str, kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
        """Key → the version that is stored of it, of those that are."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What one page is to leave behind, all of it in one transaction or none of it."""

    source: str
    stream: str
    page: Page
    messages: tuple[NewMessage, ...] = ()
    levels: tuple[Wanted, ...] = ()
    cases: tuple[Case, ...] = ()
    standing: tuple[Case, ...] = ()
    """Cases of records that are no news: those that a person has closed before stay closed."""
    closed: tuple[Closing, ...] = ()
    """Cases whose condition was looked at and is false."""
    refs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Order key → (erp, ref): the references given to orders that this page lets in."""
    counted: Mapping[Address, datetime] = field(default_factory=dict)
    """(ERP, stock code) → the moment before which all that was posted of it is counted in its level."""
    holds: Mapping[str, tuple[str, Held]] = field(default_factory=dict)
    """Order key → (erp, the units that it keeps from being sold again until that ERP counts them)."""
    decision: Routing | None = None
    """How all this followed from the page's news, to be judged again later; None where it had none."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a page really changed (the rest was known already)."""

    documents: int = 0
    messages: int = 0
    levels: int = 0
    cases: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A piece of a channel's listings. `last` is the SKU to go on behind; None when this was the last piece."""

    listings: tuple[Listing, ...]
    last: str | None


class Stored(Protocol):
    """What is stored, as far as judging a page needs it."""

    async def news(self, documents: Sequence[Document]) -> Sequence[Document]:
        """Those documents that differ from what is stored: the same version told again is left out.

        An unchanged stock level is news where it was read after orders of its item were posted: it counts them.
        """

    async def look_up(self, question: Question) -> Knowledge:
        """Answer a question from what is stored."""

    async def listed(self, channel: str, after: str, limit: int) -> Listed:
        """The channel's listings by SKU, so many behind this one; what is stored and cannot be read is left out."""


Judge = Callable[[Stored], Awaitable[Acceptance]]
"""Judges against what is stored, without any other effect: it may have to be done again."""


class Owners(Protocol):
    """Which connectors are ours; each is worked for by one process at a time."""

    def owns(self, connector: str) -> bool:
        """Whether a connector is ours now. Raises what ended the keeping: nothing will ever be ours again."""

    async def until(self, connector: str, owned: bool) -> None:
        """Return as soon as a connector is ours, or is not."""


class Outbox(Stored, Owners, Protocol):
    """The only memory: what came in, what must go out, and what became of it."""

    async def cursor(self, source: str, stream: str) -> str | None:
        """Where a stream was read up to; None before its first page."""

    async def read_up_to(self, source: str, stream: str, began_at: datetime) -> None:
        """Note that a reading of this stream that began then came to its end: what happened before has been told."""

    async def counted(self, channel: str, until: datetime) -> Sequence[str]:
        """The stock codes of which the channel posted units before this moment, and which the ERP was read after."""

    async def take_in(self, source: str, judge: Judge) -> Accepted:
        """Judge a page of this source and store what follows in one transaction; told twice changes nothing.

        No process judges or stores anything else meanwhile. Raises OwnershipLostError when the source is not ours.
        """

    async def claim(self, destination: str, kind: Kind, limit: int) -> Sequence[Message]:
        """Up to `limit` messages that may be delivered now, at most one per key; never the same to two callers.

        A message waits for the older unfinished messages of its key. Claims live in memory: they end with
        `settle`, with `release`, or with the process.
        """

    async def intend(self, messages: Sequence[Message], facts: Sequence[MessageBody] | None = None) -> None:
        """Commit that these are about to be sent, so that after a crash \"maybe sent\" is known, and what was.

        `facts` become the bodies of the messages: what is looked for when nobody knows what became of them.
        """

    async def settle(self, settlements: Sequence[Settlement], decisions: Sequence[Preparation] = ()) -> None:
        """Commit the verdicts, each with its history; a fenced owner changes nothing (OwnershipLostError).

        `decisions` tell how the messages came to what they were sent as, to be judged again later.
        """

    def release(self, messages: Sequence[Message]) -> None:
        """Put claimed messages back untouched: nothing was tried."""

    async def ready(self, destination: str, kind: Kind) -> None:
        """Return as soon as something may be claimable for this destination and kind."""

    async def hint(self, source: str, hint: Hint) -> bool:
        """Remember a webhook's delivery; False when it was told before."""

    def pass_on(self, connector: str, stream: str, subject: str) -> None:
        """Tell the process that works for a connector which stream to read now, and which record where one is named."""


class Meter(Protocol):
    """Counts and durations for the metrics page; labels are few and never hold an order or a person."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Record a duration."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What every connector is built with; `stack` closes what it opens.

    `permit` is asked just before a call leaves that changes something in a connector: OwnershipLostError forbids it.
    """

    clock: Clock
    dice: random.Random
    meter: Meter
    memory: Memory
    stack: AsyncExitStack
    permit: Callable[[str], None] = lambda _connector: None
