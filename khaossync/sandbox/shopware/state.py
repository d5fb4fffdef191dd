"""Everything one shop knows: its rows, its drafts, what it wrote to customers, and how it is set up."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from khaossync.sandbox.shopware.entities import ALWAYS, COMMERCIAL, ENTITIES
from khaossync.sandbox.shopware.ids import Ids
from khaossync.sandbox.shopware.store import Draft, Row, Rows, Store

# The flows of a fresh shop that write to customers of what this simulator does.
FLOWS = frozenset(
    f"state_enter.{told}"
    for told in ("order_delivery.state.shipped", "order_delivery.state.shipped_partially", "order.state.cancelled")
)
PRIVILEGES = frozenset(
    {f"{entity}:read" for entity in ENTITIES}
    | {f"{entity}:update" for entity in ("order", "order_delivery", "order_transaction", "order_return", "product")}
    | {f"{entity}:update" for entity in ("order_transaction_capture_refund", "order_address", "order_line_item")}
    | {"state_machine_history:create"}
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that the customer got. `kind` is shipping_confirmation or order_cancelled."""

    order: str
    to: str | None
    kind: str
    tracking_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shipment:
    """A delivery was said to be shipped, whole or in part, with these codes on it."""

    number: str
    delivery: str
    state: str
    codes: tuple[str, ...]
    at: datetime


@dataclass(slots=True, eq=False)
class Refund:
    """Money that goes back, whichever of the shop's sources tell of it. `worth` is what the lines and delivery cost."""

    number: str
    order: str
    at: datetime
    amount: Decimal
    worth: Decimal
    shipping: Decimal
    lines: tuple[tuple[str, int], ...]
    source: str
    settled: bool = True


@dataclass(slots=True)
class Setup:
    """What the merchant chose. `stock_handling` is the switch that gives 6.5 the stock model of 6.6."""

    name: str
    version: str
    tax_status: str
    commercial: bool
    stock_management: bool
    stock_handling: bool
    flows: set[str] = field(default_factory=lambda: set(FLOWS))
    privileges: set[str] = field(default_factory=lambda: set(PRIVILEGES))
    max_limit: int = 500

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version, as (6, 7)."""
        return _release(self.version)

    @property
    def live_stock(self) -> bool:
        """Whether stock falls when an order is placed, rather than when it is completed."""
        return self.release >= (6, 6) or self.stock_handling

    def has(self, since: tuple[int, int] = ALWAYS, *, extra: bool = False) -> bool:
        """Whether this version, and this plan, has what came with `since` or is one of the extras."""
        return self.release >= since and (self.commercial or not extra)

    def knows(self, entity: str) -> bool:
        """Whether there is such an entity here."""
        return entity in ENTITIES and (self.commercial or entity not in COMMERCIAL)


@lru_cache
def _release(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


class State:
    """One shop. `tell(event, entity, ids)` is called for every event."""

    def __init__(self, setup: Setup, now: Callable[[], datetime], dice: random.Random) -> None:
        self.setup = setup
        self.now = now
        self.ids = Ids(now, dice)
        self.live = Store(now)
        self.drafts: dict[str, Draft] = {}
        self.mails: list[Mail] = []
        self.shipments: list[Shipment] = []
        self.refunds: dict[str, Refund] = {}
        self.deadlocks = 0
        self.complaints: list[str] = []
        self.tell: Callable[[str, str, Iterable[str]], None] = _nobody_listens

    def rows(self, version: str | None) -> Rows | None:
        """The live rows, or those of a draft; None for a draft that there is not."""
        return self.live if version in (None, self.live.version) else self.drafts.get(version or "")

    def state_of(self, row: Row) -> str:
        """The technical name of the state that a record is in."""
        found = self.live.get("state_machine_state", row["stateId"])
        return str(found["technicalName"]) if found else ""


def _nobody_listens(_event: str, _entity: str, _ids: Iterable[str]) -> None:
    """Before the shop opens nobody is told."""
