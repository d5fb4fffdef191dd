"""A shop on paper that answers from functions and remembers what it was asked; and what else a source needs."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from channels.shopify.answers import Json
from examples import NOON

from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.documents import order_document
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.wire import Operation
from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import SyncError

Answer = Mapping[str, Any] | SyncError


class PaperShop(Client):
    """A client without a network. `answers` maps an operation's name to what it says to given variables."""

    def __init__(self, **answers: Callable[[Mapping[str, Any]], Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.ahead = timedelta(0)

    async def run(self, operation: Operation, **variables: object) -> Node:
        self.asked.append((operation.name, variables))
        answer = self.answers[operation.name](variables)
        if isinstance(answer, SyncError):
            raise answer
        return Node.of(answer, "data")

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each operation was asked for."""
        return Counter(name for name, _ in self.asked)

    @property
    def skew(self) -> timedelta | None:
        return self.ahead

    @property
    def read(self) -> list[str]:
        """The numbers of the orders that were asked for by their ids."""
        return [number(each) for name, asked in self.asked if name == "Orders" for each in asked["ids"]]


class Selling(PaperShop):
    """Lists orders by `listing`; they can be read by their ids as they are in `orders`, or as they were listed."""

    def __init__(self, listing: Callable[[Mapping[str, Any]], Answer], **answers: Callable[..., Answer]) -> None:
        super().__init__(**{"ListedOrders": self._list, "Orders": self._read} | answers)
        self.listing = listing
        self.orders: dict[str, Json | None] = {}

    def _list(self, asked: Mapping[str, Any]) -> Answer:
        answer = self.listing(asked)
        if isinstance(answer, Mapping):
            for each in answer["orders"]["nodes"]:
                if isinstance(each, Mapping) and isinstance(each.get("id"), str):
                    self.orders.setdefault(each["id"], dict(each))
        return answer

    def _read(self, asked: Mapping[str, Any]) -> Answer:
        return {"nodes": [self.orders[each] for each in asked["ids"]]}


@dataclass
class StillClock:
    """A clock that stands where it was set, at noon if it was not."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0


@dataclass
class Notebook:
    """A memory of the orders that are stored, by key, and of none that an ERP has."""

    stored: dict[str, str] = field(default_factory=dict)
    asked: list[frozenset[str]] = field(default_factory=list)

    async def open_references(self, erp: str) -> Sequence[str]:
        return ()

    async def versions(self, source: str, kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
        assert (source, kind) == ("shop", Kind.ORDER)
        self.asked.append(frozenset(keys))
        return {key: self.stored[key] for key in self.asked[-1] if key in self.stored}

    def keep(self, documents: Iterable[Document]) -> None:
        self.stored |= {each.key: each.version for each in documents}

    def know(self, *nodes: Json) -> None:
        """Orders as they were read before."""
        self.keep(order_document(Node.of(node, "order"), "shop") for node in nodes)


def number(gid: str) -> str:
    return gid.rsplit("/", 1)[-1]


def settings(**changes: Any) -> Settings:
    """The settings of a shop with a permanent token."""
    return Settings.model_validate({"shop": "example.myshopify.com", "access_token": "token"} | changes)
