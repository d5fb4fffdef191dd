"""What the contract suite must know of a connector: its simulator, and how things happen there.

A connector joins the suite by one file, `worlds/<kind>.py`, with a class `Simulated(World)`. It says how to start the
simulator, how to make one more document appear in each stream, and what each sink's effects look like from the
other side. Every law of this folder then holds it to its word; nothing else is to be written or listed.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from random import Random
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

import examples
from pydantic import BaseModel

from khaossync.config import kinds
from khaossync.config.tables import ChannelTable, ErpTable, Table
from khaossync.domain.documents import Kind
from khaossync.domain.messages import LIFETIMES, Delivery, MessageBody, Payload
from khaossync.ports import Connector, Kit
from khaossync.sandbox.faults import Faults

NAME = "under_test"
"""What every connector is called in its configuration here."""

Identity = tuple[Kind, str]
"""The kind and key of a document."""

KINDS: Mapping[str, type[Table]] = {kind: table for table in (ChannelTable, ErpTable) for kind in kinds.names(table)}
"""Every connector that has a folder, found as the daemon finds them."""


@dataclass
class TickingClock:
    """Passes a second at every look, for the connector and the simulator alike: no two events are at once."""

    time: datetime = examples.NOON

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def now(self) -> datetime:
        return self()

    def monotonic(self) -> float:
        return self().timestamp()


class NoMeter:
    """Counts nothing."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None: ...
    def gauge(self, name: str, value: float, **labels: str) -> None: ...
    def observe(self, name: str, seconds: float, **labels: str) -> None: ...


@dataclass
class OpenOrders:
    """The references of ours that an ERP still has work to do on."""

    refs: list[str] = field(default_factory=list)

    async def open_references(self, erp: str) -> Sequence[str]:
        assert erp == NAME
        return tuple(self.refs)

    async def versions(self, source: str, kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
        """Nothing is stored: a source is asked for all that it would tell."""
        return {}


class World(ABC):
    """One connector and its simulator. A subclass starts nothing before `start`."""

    STREAMS: ClassVar[Mapping[str, "type[Stream[Any]]"]]
    """Every stream that the connector tells, by its name."""

    TARGETS: ClassVar[Mapping[str, "type[Target[Any]]"]]
    """Every way of using its sinks, by a name for people; each kind that it takes at least once."""

    TIMEOUT: ClassVar[str] = "timeout"
    """The setting that holds the seconds of one request."""

    STRANGER: ClassVar[Mapping[str, Any]]
    """Settings with which the simulator does not let us in."""

    MISTAKEN: ClassVar[Mapping[str, Any]]
    """Settings that let us in, with a mistake that `check` must find."""

    MAILROOM: "ClassVar[type[Mailroom[Any]] | None]" = None
    """How the simulator sends webhooks; None for a connector that takes none."""

    faults: Faults
    """The simulator's plan of misbehaviour."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.clock = TickingClock()
        self.open_orders = OpenOrders()
        self.numbers = count(1)
        self.url = ""

    @property
    def port(self) -> int:
        """Where to listen: anywhere at first, and ever after where it was."""
        return urlsplit(self.url).port or 0

    @abstractmethod
    def furnish(self) -> None:
        """Put into the simulator what its streams and targets build on; called once."""

    @abstractmethod
    async def start(self) -> None:
        """Open the simulator's doors, after a `stop` at the same address, and keep the `url`."""

    @abstractmethod
    async def stop(self) -> None:
        """Close its doors; told twice is harmless."""

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The connector's settings for the started simulator: small pages and no pauses."""

    @asynccontextmanager
    async def connected(self, *, patience: float | None = None, **changes: Any) -> AsyncIterator[Connector]:
        """A connector as a daemon that has just started has it. `patience` is the seconds until a call is lost."""
        async with AsyncExitStack() as stack:
            kit = Kit(self.clock, Random(1), NoMeter(), self.open_orders, stack)
            settings = self.validated({**self.settings(), **changes})
            # Shorter than the settings allow a person to choose, so that the suite does not wait.
            impatient = settings.model_copy(update={self.TIMEOUT: patience}) if patience else settings
            yield await self.build(impatient, kit)

    def validated(self, settings: Mapping[str, Any]) -> BaseModel:
        return kinds.own(KINDS[self.kind], self.kind).model_validate(settings)

    async def build(self, settings: BaseModel, kit: Kit) -> Connector:
        connector: Connector = await package(self.kind).build(NAME, settings, kit)
        return connector


W = TypeVar("W", bound=World)


class Stream(ABC, Generic[W]):
    """What happens in a simulator so that a stream has something to tell."""

    KINDS: ClassVar[frozenset[Kind]]
    """The kinds of document that it tells; `create` makes one of each."""

    WHOLE: ClassVar[bool] = False
    """Whether a first reading is one of everything there is, and says so at its end."""

    def __init__(self, world: W) -> None:
        self.world = world

    @abstractmethod
    async def create(self) -> Identity:
        """Make one more document appear."""

    @abstractmethod
    async def change(self, identity: Identity) -> None:
        """Let something happen to a record that its document tells."""


class Target(ABC, Generic[W]):
    """One kind of effect, as it is wanted here and as it looks from the other side."""

    KIND: ClassVar[Kind]

    WRITE: ClassVar[str]
    """The simulator's name of the call that has the effect, for its faults."""

    FORGETFUL: ClassVar[bool] = False
    """Whether the other side has every repetition happen again, so that only a doubt makes the sink look."""

    def __init__(self, world: W) -> None:
        self.world = world

    @abstractmethod
    async def possible(self) -> Delivery:
        """One more effect to have, different from all before."""

    @abstractmethod
    async def impossible(self) -> Delivery:
        """An effect that the other side understands and refuses."""

    @abstractmethod
    def effects(self, delivery: Delivery) -> int:
        """How often the other side has had the effect; of an absolute value, whether it is there (0 or 1)."""

    def wanted(self, payload: Payload, body: MessageBody) -> Delivery:
        """A delivery of a message that was never tried."""
        number, now = next(self.world.numbers), self.world.clock()
        lane = f"lane-{number}"
        expires_at = now + LIFETIMES[self.KIND]
        message = examples.message(self.KIND, body, id=number, key=lane, created_at=now, expires_at=expires_at)
        return Delivery(message, payload)


@dataclass(frozen=True)
class Post:
    """A webhook as it arrives; `stream` is what it is to wake."""

    headers: Mapping[str, str]
    body: bytes
    stream: str = ""


class Mailroom(ABC, Generic[W]):
    """How the simulator tells of events."""

    SIGNATURE: ClassVar[str]
    """The header that proves the sender."""

    def __init__(self, world: W) -> None:
        self.world = world

    @abstractmethod
    async def genuine(self) -> Post:
        """A webhook of a new event."""

    @abstractmethod
    async def irrelevant(self) -> Post:
        """A genuine webhook of a topic that wakes nothing."""


def package(kind: str) -> Any:
    """The connector's own package."""
    return import_module(f"{kinds.ROOMS[KINDS[kind]].__name__}.{kind}")


def has_world(kind: str) -> bool:
    """Whether the connector has joined the suite."""
    return find_spec(f"contract.worlds.{kind}") is not None


def world_class(kind: str) -> type[World]:
    """The world of a connector. Raises ModuleNotFoundError for one that has not joined."""
    found: type[World] = import_module(f"contract.worlds.{kind}").Simulated
    return found


@asynccontextmanager
async def started(world: W) -> AsyncIterator[W]:
    """A world while its simulator runs."""
    world.furnish()
    await world.start()
    try:
        yield world
    finally:
        await world.stop()
