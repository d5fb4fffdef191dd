"""Gives orders to Khaos Control, each once: looks before it repeats itself, and believes only what it finds."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from khaossync.domain.cases import CaseClass
from khaossync.domain.corrections import Search
from khaossync.domain.documents import Kind
from khaossync.domain.errors import AmbiguousError, RejectedError, SyncError
from khaossync.domain.messages import Absent, Delivery, Done, Outcome, Payload
from khaossync.domain.sales_order import SalesOrder
from khaossync.erp.khaosws.business import objection
from khaossync.erp.khaosws.client import Client
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.found_order import FoundOrder, agrees, find
from khaossync.erp.khaosws.order_document import order_document
from khaossync.erp.khaosws.soap import FaultError


@dataclass(frozen=True, slots=True)
class OrderSink:
    """Takes sales orders, one per call: whether one bad order spoils a batch is nowhere written down.

    The ERP's key against double imports is ASSOCIATED_REF, but how it answers a second import (skipped? fault? with
    which words?) is not documented. So no answer but a success is believed: the order is looked up by its reference.
    """

    client: Client
    settings: Settings
    kind: Kind = Kind.ORDER
    max_batch: int = 1
    parallel: int = 1
    blind: bool = True

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        """One outcome per order. Raises SyncError when nothing was sent: it is down, or a doubt remains."""
        return [await self._outcome(delivery) for delivery in batch]

    async def _outcome(self, delivery: Delivery) -> Outcome:
        order = delivery.payload
        if isinstance(order, Search):
            found = await self._find(order)
            return Done(found.code, found=True, sent=delivery.before) if found else Absent(order.why)
        if not isinstance(order, SalesOrder):
            raise TypeError(f"{type(order).__name__} is no sales order")  # the outbox mixed up its lanes
        found = await self._find(order) if delivery.message.doubt else None
        if found:
            return self._judged(found, order, delivery.before)
        try:
            document = order_document(order, self.settings)
        except RejectedError as error:
            return error
        verifying = order.customer_code and self.settings.verify_companies
        refusal = await objection(order, self.client) if verifying else None
        return refusal or await self._import(document, order, delivery.before)

    async def _import(self, document: str, order: SalesOrder, before: Payload | None) -> Outcome:
        """Success needs the ERP's own number; everything else is settled by looking."""
        try:
            result = await self.client.import_orders(document)
        except FaultError as fault:
            return await self._look_after(order, before, _refusal(fault.reason, order))
        except AmbiguousError as lost:
            return await self._look_after(order, before, lost)
        code = result.imported.get(order.ref)
        if code:
            return Done(code)
        reason = result.skipped.get(order.ref) or "; ".join(result.skipped.values()) or "it gave no reason"
        return await self._look_after(order, before, _refusal(reason, order))

    async def _look_after(
        self, order: SalesOrder, before: Payload | None, answer: RejectedError | AmbiguousError
    ) -> Outcome:
        """What became of an unconfirmed import. A lost one may still be at work: absent is not refused."""
        try:
            found = await self._find(order)
        except SyncError as error:
            return AmbiguousError(f"order {order.ref}: {answer}; looking it up failed too: {error}")
        if found:
            return self._judged(found, order, before)
        if isinstance(answer, AmbiguousError):
            return AmbiguousError(f"order {order.ref}: {answer}; it is not in Khaos Control yet")
        evidence = {"reference": order.ref, "total": f"{order.totals.gross:f} {order.currency}"}
        text = f"Khaos Control refused order {order.number} ({order.ref}): {answer}"
        return RejectedError(text, CaseClass.ORDER_REFUSED, evidence=evidence, final=False)

    async def _find(self, order: SalesOrder | Search) -> FoundOrder | None:
        return find(await self.client.states_of([order.ref]), order.ref)

    def _judged(self, found: FoundOrder, order: SalesOrder, before: Payload | None) -> Outcome:
        """What was sent before is there as it was then; of another value, it is not ours or was not imported whole."""
        if isinstance(before, SalesOrder) and agrees(found, before, self.settings.total_tolerance):
            return Done(found.code, found=True, sent=before)
        if agrees(found, order, self.settings.total_tolerance):
            return Done(found.code, found=True)
        return RejectedError(
            f"Khaos Control has sales order {found.code} under the reference {order.ref}, but not with our figures: "
            "compare both; the same prefix for two shops, or a part-imported order, look like this",
            CaseClass.TOTAL_MISMATCH,
            evidence={
                "reference": order.ref,
                "sales order": found.code,
                "total there": f"{found.gross} {found.currency}",
                "total here": f"{order.totals.gross:f} {order.currency}",
            },
        )


def _refusal(reason: str, order: SalesOrder) -> RejectedError:
    return RejectedError(discreet(reason, order), CaseClass.ORDER_REFUSED, final=False)


def discreet(reason: str, order: SalesOrder) -> str:
    """The ERP's words without what they repeat of the customer: errors are logged, and logs hold nobody's address."""
    customer, addresses = order.customer, (order.invoice_address, order.delivery_address)
    private = {text.strip() for person in (customer, *addresses) for text in astuple(person)} | {order.note.strip()}
    for text in sorted(private, key=len, reverse=True):
        if len(text) > 2:  # country codes, and initials that would riddle every sentence
            reason = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", reason, flags=re.IGNORECASE)
    return reason
