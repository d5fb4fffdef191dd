"""Tells the shop that goods left the warehouse: looks first, creates once, and looks again when in doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.fields import MalformedError
from khaossync.channels.shopify.fulfilment import (
    Call,
    Fulfilment,
    FulfilmentOrder,
    calls,
    obstacles,
    refused,
    still_to_tell,
    told_already,
    tracking_info,
    unallocated,
)
from khaossync.channels.shopify.fulfilment_reading import fulfilment_orders, fulfilments
from khaossync.channels.shopify.tracking import correct
from khaossync.channels.shopify.wire import user_errors, words
from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.errors import (
    AmbiguousError,
    ConnectorDownError,
    RejectedError,
    SyncError,
    TransientError,
)
from khaossync.domain.messages import Delivery, Done, Message, Outcome


@dataclass(frozen=True, slots=True)
class Look:
    """What the shop knows of one consignment: the fulfilments that tell of it, and the lines still to be told.

    `others` are fulfilments (gids) that were there already and tell of other goods, however alike they look.
    """

    told: tuple[Fulfilment, ...]
    left: tuple[ConsignmentLine, ...]
    others: frozenset[str] = frozenset()

    @property
    def done(self) -> Done:
        """The consignment is told in full."""
        return Done(" ".join(each.gid for each in self.told), found=True)


@dataclass(frozen=True, slots=True)
class Despatches:
    """Creates fulfilments, or corrects their tracking. Shopify cannot recognise a repeated call, so it is read first.

    A consignment that lies at several locations takes a call for each; only the first call of the first try
    makes Shopify write to the customer, for it carries the tracking number of them all.
    """

    client: Client
    notify: bool
    kind: Kind = Kind.DESPATCH
    max_batch: int = 1
    parallel: int = 2
    blind: bool = True

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [await self._tell(delivery) for delivery in batch]

    async def _tell(self, delivery: Delivery) -> Outcome:
        consignment = delivery.payload
        if not isinstance(consignment, Consignment):
            raise TypeError(f"a despatch sink cannot take {type(consignment).__name__}")
        try:
            number = consignment.tracking_number.strip()
            consignment = replace(consignment, tracking_number=number)
            if consignment.told_as:
                return await correct(self.client, consignment, notify=self.notify)
            return await self._look_and_create(consignment, delivery.message)
        except ConnectorDownError:
            raise
        except SyncError as error:
            return error

    async def _look_and_create(self, consignment: Consignment, message: Message) -> Outcome:
        look = await self._look(consignment, message)
        if not look.left:
            return look.done
        orders = await fulfilment_orders(self.client, consignment.order_id)
        planned = calls(look.left, orders)
        if planned is None:
            return await self._does_not_fit(consignment, message, look, orders)
        references = [each.gid for each in look.told]
        for number, call in enumerate(planned):
            try:
                references.append(await self._create(consignment, call, notify=self.notify and not references))
            except (AmbiguousError, RejectedError) as error:
                return await self._look_again(consignment, message, error, look.others)
            except (TransientError, ConnectorDownError) as error:
                if not number:
                    raise
                # A part is told already: only a message in doubt recognises it when it carries no number.
                return AmbiguousError(f"{error}; {number} of {len(planned)} calls were made")
        return Done(" ".join(references))

    async def _look(self, consignment: Consignment, message: Message) -> Look:
        """Without a tracking number only doubt makes a fulfilment ours: else every equal parcel would be."""
        found = await fulfilments(self.client, consignment.order_id, consignment.tracking_number)
        if found is None:
            raise refused(consignment, "the shop has no such order", final=True)
        sure = bool(consignment.tracking_number) or message.doubt
        told = told_already(consignment, found, message.created_at) if sure else []
        others = frozenset(each.gid for each in found) - {each.gid for each in told}
        return Look(tuple(told), still_to_tell(consignment.lines, told), others)

    async def _look_again(
        self, consignment: Consignment, message: Message, error: SyncError, others: frozenset[str] = frozenset()
    ) -> Outcome:
        """After a lost or refused call: the shop's own word decides, and where it has none the doubt remains.

        What was there before the call (`others`) cannot be its work: an equal parcel without a number stays another.
        """
        try:
            found = await fulfilments(self.client, consignment.order_id, consignment.tracking_number)
        except SyncError:
            return error
        new = [each for each in found or [] if each.gid not in others]
        told = told_already(consignment, new, message.created_at)
        look = Look(tuple(told), still_to_tell(consignment.lines, told))
        return error if look.left else look.done

    async def _does_not_fit(
        self, consignment: Consignment, message: Message, look: Look, orders: Sequence[FulfilmentOrder]
    ) -> Outcome:
        if why := obstacles(look.left, orders):
            return refused(consignment, why, final=False)
        return await self._look_again(consignment, message, unallocated(consignment, look.left))

    async def _create(self, consignment: Consignment, call: Call, *, notify: bool) -> str:
        data = await self.client.run(op.CREATE_FULFILMENT, fulfillment=_input(consignment, call, notify))
        try:
            payload = data.node("fulfillmentCreate")
            if errors := user_errors(payload):
                raise refused(consignment, words(errors), final=False)
            return payload.node("fulfillment").text("id")
        except MalformedError as error:
            raise AmbiguousError(f"shopify: {error}") from error


def _input(consignment: Consignment, call: Call, notify: bool) -> dict[str, object]:
    """Shopify's FulfillmentInput."""
    tracking = tracking_info(consignment)
    return {
        "notifyCustomer": notify,
        "lineItemsByFulfillmentOrder": [
            {
                "fulfillmentOrderId": order,
                "fulfillmentOrderLineItems": [{"id": line, "quantity": units} for line, units in lines.items()],
            }
            for order, lines in call.items()
        ],
        **({"trackingInfo": tracking} if tracking else {}),
    }
