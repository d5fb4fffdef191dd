"""Gives the shipments of a despatch that was told before the tracking number that came later."""

from collections.abc import Sequence

import structlog

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.shipment_reading import shipments
from khaossync.channels.adobe.shipping import Shipment, refused
from khaossync.domain.despatch import Consignment
from khaossync.domain.errors import AmbiguousError, RejectedError, SyncError
from khaossync.domain.messages import Done, Outcome

log = structlog.get_logger()


def track(consignment: Consignment, settings: Settings) -> dict[str, object]:
    """The number as Magento takes it; a carrier code that it knows makes a link of it."""
    return {
        "track_number": consignment.tracking_number,
        "title": consignment.courier or "Delivery",
        "carrier_code": settings.carriers.get(consignment.courier, "custom"),
    }


async def correct(client: Client, consignment: Consignment, settings: Settings) -> Outcome:
    """Add the number to what it was told as; never ship anything.

    The shop is read before every try, so a repetition adds nothing. Adding a number writes to nobody, so the mail is
    asked for once, by whoever added the first; a mail that fails is not tried again. Raises SyncError.
    """
    lacking = await _lacking(client, consignment)
    try:
        for each in lacking:
            await client.call(op.TRACK, told={"entity": _entity(consignment, each, settings)})
    except (AmbiguousError, RejectedError) as error:
        return await _look_again(client, consignment, error)
    if lacking and settings.notify_customer:
        await _mail(client, lacking[0])
    return Done(consignment.told_as, found=not lacking)


async def _mail(client: Client, shipment: Shipment) -> None:
    try:
        await client.call(op.SHIPMENT_MAIL, id=shipment.ident)
    except SyncError as error:
        log.warning("tracking_mail_failed", shipment=shipment.ident, reason=str(error))


async def _look_again(client: Client, consignment: Consignment, error: SyncError) -> Outcome:
    """After a lost or refused call the shop's own word decides; where it has none the doubt remains."""
    try:
        lacking = await _lacking(client, consignment)
    except SyncError:
        return error
    return error if lacking else Done(consignment.told_as, found=True)


async def _lacking(client: Client, consignment: Consignment) -> Sequence[Shipment]:
    """Of what it was told as, the shipments that lack the number."""
    told = set(consignment.told_as.split())
    ours = [each for each in await shipments(client, consignment.order_id) if each.ident in told]
    if not ours:
        raise refused(consignment, "the shipment that it was told as is no longer there", final=True)
    return [each for each in ours if consignment.tracking_number not in each.tracks]


def _entity(consignment: Consignment, shipment: Shipment, settings: Settings) -> dict[str, object]:
    return {
        "order_id": int(consignment.order_id),
        "parent_id": int(shipment.ident),
        "weight": 0,
        "qty": sum(shipment.items.values()),
        "description": "",
        **track(consignment, settings),
    }
