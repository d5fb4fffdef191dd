"""Decisions as they are kept: what was judged, by which knowledge, at which moment, and what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from khaossync.domain.documents import Document, DocumentBody, Kind, Unreadable
from khaossync.domain.knowledge import Knowledge
from khaossync.domain.messages import Message, MessageBody, Verdict
from khaossync.domain.orders import Order
from khaossync.domain.plan import Plan
from khaossync.domain.preparation import Ready
from khaossync.domain.refunds import Refund

Routed = Plan | Unreadable
"""What came of a document; Unreadable where a rule broke over it."""

Prepared = Ready | Verdict
"""What came of a message before it was sent."""


@dataclass(frozen=True, slots=True)
class Routing:
    """How the documents of one page were judged, one after the other; `known` is without what they tell themselves."""

    connector: str
    stream: str
    at: datetime
    documents: tuple[Document, ...]
    known: Knowledge
    made: tuple[Routed, ...]

    @property
    def bodies(self) -> Sequence[DocumentBody | MessageBody]:
        """What was judged, one for each of `made`."""
        return [document.body for document in self.documents]

    @property
    def orders(self) -> frozenset[str]:
        """The keys of the orders, and so the customers, that it tells of."""
        return frozenset({*_keys(document.body for document in self.documents), *_linked(self.known)})


@dataclass(frozen=True, slots=True)
class Preparation:
    """How the messages of one batch were made ready; `looks` are the orders that were read again for it.

    `by_hand` tells that the destination has no sink for them, so that people do what was made ready.
    """

    destination: str
    kind: Kind
    at: datetime
    messages: tuple[Message, ...]
    looks: tuple[Document, ...]
    known: Knowledge
    by_hand: bool
    made: tuple[Prepared, ...]

    @property
    def bodies(self) -> Sequence[DocumentBody | MessageBody]:
        """What was judged, one for each of `made`."""
        return [message.body for message in self.messages]

    @property
    def orders(self) -> frozenset[str]:
        """The keys of the orders, and so the customers, that it tells of."""
        return frozenset({*(message.key for message in self.messages), *_linked(self.known)})


Decision = Routing | Preparation


def _keys(bodies: Iterable[object]) -> Iterable[str]:
    return (body.key for body in bodies if isinstance(body, Order | Refund))


def _linked(known: Knowledge) -> Iterable[str]:
    return (*known.links, *(link.key for link in known.links_by_ref.values()))
