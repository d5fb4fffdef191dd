"""The quantities that a channel should show for one stock code of the ERP."""

from khaossync.domain.rules import ChannelRules
from khaossync.domain.stock import ChannelLevel, Listing, StockItem, StockLevel, sellable


def levels(
    rules: ChannelRules, level: StockLevel, item: StockItem | None, listing: Listing
) -> tuple[ChannelLevel, ...]:
    """One level per mapped location at which the channel shows the listing.

    None for a listing whose stock the channel does not track, follows from parts, or that shares its SKU with
    others; and none for an item whose stock the ERP does not control, which sells regardless. An item that is
    discontinued or deleted is shown as none left. Of a pack only its parts are controlled.
    """
    if not listing.tracked or listing.bundle or listing.duplicates:
        return ()
    gone = item is not None and (item.discontinued or item.deleted)
    controlled = level.controlled and (item is None or item.controlled or bool(item.pack))
    if not gone and not controlled:
        return ()
    return tuple(
        ChannelLevel(
            sku=listing.sku,
            listing_id=listing.listing_id,
            location=location,
            quantity=0 if gone else sellable(level, sites, rules.buffer),
            expected=listing.shown[location],
        )
        for location, sites in rules.sites.items()
        if location in listing.shown
    )
