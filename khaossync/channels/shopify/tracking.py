"""Gives the fulfilments of a despatch that was told before the tracking number that came later."""

from collections.abc import Sequence

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.fields import MalformedError
from khaossync.channels.shopify.fulfilment import refused, tracking_info
from khaossync.channels.shopify.fulfilment_reading import standing, tracking_numbers
from khaossync.channels.shopify.wire import user_errors, words
from khaossync.domain.despatch import Consignment
from khaossync.domain.errors import AmbiguousError, RejectedError, SyncError
from khaossync.domain.messages import Done, Outcome


async def correct(client: Client, consignment: Consignment, *, notify: bool) -> Outcome:
    """Change the tracking of what it was told as; never create anything.

    The shop is read before every try, so a repetition changes nothing and writes to nobody. Raises SyncError.
    """
    every, lacking = await _look(client, consignment)
    try:
        for place, fulfilment in enumerate(lacking):
            # One mail: the first call of the first try.
            first = notify and not place and lacking == every
            await _change(client, consignment, fulfilment, notify=first)
    except (AmbiguousError, RejectedError) as error:
        return await _look_again(client, consignment, error)
    return Done(consignment.told_as, found=not lacking)


async def _look_again(client: Client, consignment: Consignment, error: SyncError) -> Outcome:
    """After a lost or refused call the shop's own word decides; where it has none the doubt remains."""
    try:
        _, lacking = await _look(client, consignment)
    except SyncError:
        return error
    return error if lacking else Done(consignment.told_as, found=True)


async def _look(client: Client, consignment: Consignment) -> tuple[Sequence[str], Sequence[str]]:
    """Of what it was told as: the fulfilments (gids) that stand, and those that lack the number."""
    nodes = await standing(client, consignment.order_id)
    told = set(consignment.told_as.split())
    ours = {node.text("id"): tracking_numbers(node) for node in nodes or () if node.text("id") in told}
    if not ours:
        raise refused(consignment, "the fulfilment that it was told as is no longer there", final=True)
    return list(ours), [gid for gid, numbers in ours.items() if consignment.tracking_number not in numbers]


async def _change(client: Client, consignment: Consignment, fulfilment: str, *, notify: bool) -> None:
    data = await client.run(
        op.CHANGE_TRACKING, fulfilment=fulfilment, tracking=tracking_info(consignment), notify=notify
    )
    try:
        errors = user_errors(data.node("fulfillmentTrackingInfoUpdate"))
    except MalformedError as error:
        raise AmbiguousError(f"shopify: {error}") from error
    if errors:
        raise refused(consignment, words(errors), final=False)
