"""Messages: one effect that one destination is to have, and what came of trying."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.domain.cases import Case
from khaossync.domain.corrections import Amendment, Cancellation, Search
from khaossync.domain.credit_note import CreditNote
from khaossync.domain.despatch import Consignment, Despatch
from khaossync.domain.documents import Kind
from khaossync.domain.errors import SyncError
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund
from khaossync.domain.sales_order import SalesOrder
from khaossync.domain.stock import ChannelLevel

MessageBody = Order | Refund | Despatch | ChannelLevel
"""What waits in the outbox: the facts as they were told."""

Payload = SalesOrder | Search | Cancellation | Amendment | CreditNote | Consignment | ChannelLevel
"""What a sink is given: the facts made ready for it by `domain.preparation`."""

# How long each kind may wait before a person must know (an end to every snooze).
LIFETIMES = {
    Kind.ORDER: timedelta(hours=24),
    Kind.CANCELLATION: timedelta(hours=24),
    Kind.AMENDMENT: timedelta(hours=24),
    Kind.REFUND: timedelta(days=3),
    Kind.DESPATCH: timedelta(days=3),
    Kind.STOCK_LEVEL: timedelta(hours=24),
}


@dataclass(frozen=True, slots=True)
class NewMessage:
    """An effect to have: (destination, kind, key, version) is unique for ever.

    `key` is the lane: messages of one key and destination are delivered in the order they were accepted.
    `source` is the connector whose document asked for it. Before `not_before` it is not looked at.
    """

    destination: str
    kind: Kind
    key: str
    version: str
    source: str
    body: MessageBody
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the outbox hands it out.

    `attempts` counts failures that waiting does not cure, `failures` all since the last success, for the
    back-off. `doubt` tells that it may have been sent before without an answer: the sink must look first.
    `revision` grows when a newer level replaced the body.
    """

    id: int
    destination: str
    kind: Kind
    key: str
    version: str
    source: str
    body: MessageBody
    created_at: datetime
    expires_at: datetime
    attempts: int = 0
    failures: int = 0
    doubt: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message with its payload, as a sink receives it; `report` is for people once it is done.

    `facts` are what the payload was made of, where they were read anew; in doubt they stay what may have been sent.
    `before` is that, where it is another payload: its facts changed while nobody knew what had become of it.
    """

    message: Message
    payload: Payload
    report: Case | None = None
    facts: MessageBody | None = None
    before: Payload | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The effect exists on the other side; `reference` is what the other side calls it.

    `found` tells that it was already there when we looked. `shown` is the quantity that a channel shows after a level
    was told, where it is another than the one asked for; `sent` is the payload that was found there, likewise.
    """

    reference: str
    found: bool = False
    shown: int | None = None
    sent: Payload | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Taken by the other side, which will acknowledge by a document of its own before `until`."""

    until: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """What was only looked for is not there, or what it was for is gone; `why` it was not sent instead."""

    why: str


Outcome = Done | Pending | Absent | SyncError
"""What became of one message of a batch; a SyncError is the outcome of that message alone."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Verdict: finished, for ever."""

    reference: str


@dataclass(frozen=True, slots=True)
class Await:
    """Verdict: taken by the other side; its silence past `until` opens a case."""

    until: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Verdict: look again at `at`.

    `failed` tells that something was tried in vain and not just waited for, `spent` that it used up an attempt,
    `doubt` that it may have worked.
    """

    at: datetime
    why: str
    spent: bool = False
    doubt: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """Verdict: waits for a person, and blocks its key until then."""

    case: Case


@dataclass(frozen=True, slots=True)
class HandOver:
    """Verdict: finished for us, a person does it; the case stays open and blocks nothing."""

    case: Case


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Verdict: no longer wanted; nothing was done, and nothing needs to be."""

    why: str


Verdict = Complete | Await | Retry | Park | HandOver | Withdraw


@dataclass(frozen=True, slots=True)
class Settlement:
    """A message, what was decided about it, and the payload that was delivered (None when none was).

    `report` is a case to open besides, for people to know of.
    """

    message: Message
    verdict: Verdict
    payload: Payload | None = None
    report: Case | None = None
