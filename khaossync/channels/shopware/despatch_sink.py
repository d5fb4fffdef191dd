"""Tells the shop that goods left the warehouse: first the tracking codes, then the state, which writes the mail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from khaossync.channels.shopware import despatch_records as records
from khaossync.channels.shopware import wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.deliveries import real
from khaossync.channels.shopware.despatch_records import Record, Records
from khaossync.channels.shopware.fields import Node
from khaossync.channels.shopware.reading import ASSOCIATIONS, INCLUDES, is_id
from khaossync.channels.shopware.structure import chosen, has_number, total
from khaossync.channels.shopware.wire import Call
from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import Consignment, allocate
from khaossync.domain.documents import Kind
from khaossync.domain.errors import ConnectorDownError, RejectedError, SyncError
from khaossync.domain.messages import Delivery, Done, Outcome

SHIP, PART, QUIET = "ship", "ship_partially", "without_mail"
"""How a despatch is told: as the last of its order, as the first of several, and as one between, of which the shop
writes no mail: the delivery is shipped in part already, and Shopware has no action that says so again."""

_PAST = ("shipped", "returned", "returned_partially")
_REACHED = {SHIP: _PAST, PART: ("shipped_partially", *_PAST)}
"""States of a delivery in which, or behind which, an action has led already."""

_OVER = ("cancelled", "returned")
"""States of a delivery from which nothing is sent any more."""


@dataclass(frozen=True, slots=True)
class _Look:
    """An order's real delivery as it is now; `sold` are the units of each line, `sent` names those that are sent."""

    delivery: Node
    sold: dict[str, int]
    sent: frozenset[str]

    @property
    def gid(self) -> str:
        return self.delivery.text("id")

    @property
    def state(self) -> str:
        return self.delivery.state()


@dataclass(frozen=True, slots=True)
class Despatches:
    """Adds tracking codes and moves the delivery's state.

    Each call says how things are to be, so all of them may be repeated; what was told is remembered on the delivery,
    so that a repetition is known and writes no second mail.
    """

    client: Client
    notify: bool
    kind: Kind = Kind.DESPATCH
    max_batch: int = 1
    parallel: int = 2
    blind: bool = False

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [await self._tell(delivery) for delivery in batch]

    async def _tell(self, delivery: Delivery) -> Outcome:
        consignment = delivery.payload
        if not isinstance(consignment, Consignment):
            raise TypeError(f"a despatch sink cannot take {type(consignment).__name__}")
        try:
            consignment = replace(consignment, tracking_number=consignment.tracking_number.strip())
            return await self._look_and_tell(consignment)
        except ConnectorDownError:
            raise
        except wire.RefusedError as error:
            return _refused(consignment, str(error), final=False)
        except SyncError as error:
            return error

    async def _look_and_tell(self, consignment: Consignment) -> Outcome:
        look = await self._look(consignment)
        if consignment.told_as and consignment.told_as.split()[0] != look.gid:
            raise _refused(consignment, "the delivery that it was told as is no longer there", final=True)
        known = records.read(look.delivery)
        before = known.get(consignment.despatch_id)
        if before is None and not consignment.told_as and look.state in _OVER:
            raise _refused(consignment, f"its delivery is {look.state}", final=False)
        record = _record(consignment, look, known, before)
        found = before == record
        if not found:
            await self._remember(look, {**known, consignment.despatch_id: record}, before, record)
        if record.action != QUIET and not consignment.told_as and look.state not in _REACHED[record.action]:
            found = False
            await self._move(look.gid, record.action)
        return Done(f"{look.gid} {record.action}", found=found)

    async def _look(self, consignment: Consignment) -> _Look:
        if not is_id(consignment.order_id):
            raise _refused(consignment, "no order of this shop has such an id", final=True)
        asked = {"ids": [consignment.order_id], "limit": 1, "associations": ASSOCIATIONS, "includes": INCLUDES}
        orders = await self.client.rows(wire.search("order", asked))
        if not orders:
            raise _refused(consignment, "the shop has no such order", final=True)
        delivery = real(orders[0])
        if delivery is None:
            raise _refused(consignment, "its order has no delivery to send", final=True)
        return _look(orders[0], delivery)

    async def _remember(self, look: _Look, told: Records, before: Record | None, record: Record) -> None:
        known = list(look.delivery.texts("trackingCodes"))
        fields = look.delivery.node_or_none("customFields") or Node({})
        body = {
            "trackingCodes": records.codes(known, before.code if before else "", record.code),
            "customFields": {**fields.value, **records.write(told)},
        }
        await self.client.run(_call("track delivery", f"order-delivery/{look.gid}", "PATCH", body))

    async def _move(self, delivery: str, action: str) -> None:
        path = f"_action/order_delivery/{delivery}/state/{action}"
        await self.client.run(_call(f"{action} delivery", path, "POST", {"sendMail": self.notify}))


def _call(operation: str, path: str, method: str, body: wire.Json) -> Call:
    return Call(operation, path, method, body, writes=True, refused=CaseClass.DESPATCH_REFUSED)


def _record(consignment: Consignment, look: _Look, known: Records, before: Record | None) -> Record:
    """What is remembered of a despatch; one that was told keeps how, and only its code may be new."""
    if before or consignment.told_as:
        told = before or Record("", {}, QUIET)
        return replace(told, code=consignment.tracking_number or told.code)
    sent = records.units(known)
    lacking = {line: count - sent.get(line, 0) for line, count in look.sold.items()}
    units = allocate(consignment.lines, lacking)
    if units is None:
        raise _unallocated(consignment, lacking)
    whole = all(lacking.get(line, 0) <= units.get(line, 0) for line in look.sent)
    part = QUIET if look.state == "shipped_partially" else PART
    return Record(consignment.tracking_number, units, SHIP if whole else part)


def _look(order: Node, delivery: Node) -> _Look:
    """Sent are products that the delivery lists; what staff typed may be a mere charge, and holds nothing up."""
    lines = chosen(order.items("lineItems")).lines
    sold = {line.text("id"): line.integer("quantity") for line in lines if total(line) >= 0}
    products = {line.text("id") for line in lines if has_number(line)} & sold.keys()
    positions = {each.text("orderLineItemId") for each in delivery.items("positions")}
    return _Look(delivery, sold, frozenset(products & positions or products or sold))


def _refused(consignment: Consignment, why: str, *, final: bool) -> RejectedError:
    return RejectedError(
        f"shopware did not take despatch {consignment.despatch_id} of {consignment.order_id}: {why}",
        CaseClass.DESPATCH_REFUSED,
        evidence=_evidence(consignment),
        final=final,
    )


def _unallocated(consignment: Consignment, lacking: dict[str, int]) -> RejectedError:
    left = "; ".join(f"{line} × {count}" for line, count in lacking.items() if count > 0)
    return RejectedError(
        f"despatch {consignment.despatch_id} holds more than {consignment.order_id} still lacks",
        CaseClass.UNALLOCATED_DESPATCH,
        evidence={**_evidence(consignment), "still lacking": left or "nothing"},
    )


def _evidence(consignment: Consignment) -> dict[str, str]:
    return {
        "order": consignment.order_id,
        "despatch": consignment.despatch_id,
        "courier": consignment.courier,
        "tracking": consignment.tracking_number,
        "despatched": "; ".join(f"{line.sku} × {line.quantity}" for line in consignment.lines),
    }
