"""The quantities that a channel should show for one stock code, and what people are told when it runs below none."""

from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.plan import Closing
from khaossync.domain.rules import ChannelRules
from khaossync.domain.stock import ChannelLevel, Listing, StockItem, StockLevel, owed, sellable

ORDERS_FIRST = timedelta(seconds=3)
"""How long a level that rests on what was seen waits for the channel's orders to be read, before it looks again."""


def levels(
    rules: ChannelRules, level: StockLevel, item: StockItem | None, listing: Listing, held: Decimal = Decimal(0)
) -> tuple[ChannelLevel, ...]:
    """One level per mapped location at which the channel shows the listing: free units − buffer − held, never below 0.

    `held` are units that this channel sold and the ERP does not count yet; nobody knows from which site it will send
    them, so every location shows so many less. So it does for what other locations lack, or it would offer for ever
    what the ERP has taken from the wrong site. None for a listing whose stock the channel does not track, follows
    from parts, or that shares its SKU with others; and none for an item whose stock the ERP does not control, which
    sells regardless. An item that is discontinued or deleted is shown as none left. Of a pack only its parts are
    controlled.
    """
    if not listing.tracked or listing.bundle or listing.duplicates:
        return ()
    if not _gone(item) and not _controlled(level, item):
        return ()
    buffer, lacking = rules.buffer_of(listing.sku), {place: owed(level, rules.sites, place) for place in rules.sites}
    return tuple(
        ChannelLevel(
            sku=listing.sku,
            listing_id=listing.listing_id,
            location=location,
            quantity=0 if _gone(item) else max(0, sellable(level, sites, buffer + whole(held + lacking[location]))),
            expected=listing.shown[location],
        )
        for location, sites in rules.sites.items()
        if location in listing.shown
    )


def shortage(
    rules: ChannelRules, level: StockLevel, item: StockItem | None, held: Decimal
) -> tuple[tuple[Case, ...], tuple[Closing, ...]]:
    """The cases of an item of which less than none is free, and those that need not be open (any more).

    Below zero in the ERP itself it is the ERP's own shortage. Below zero only because of what this channel sold, it
    is oversold here.
    """
    code = level.stock_code
    below = (CaseClass.NEGATIVE_STOCK, rules.erp, code)
    oversold = (CaseClass.OVERSOLD, rules.channel, code)
    free = sellable(level, tuple(dict.fromkeys(site for sites in rules.sites.values() for site in sites)), 0)
    if not _controlled(level, item) or _gone(item) or free - whole(held) >= 0:
        return (), (below, oversold)
    evidence = {"stock code": code, "free in the ERP": str(free), "sold and not posted": f"{held:f}"}
    if free < 0:
        detail = f"{code}: {rules.erp} has {free} units free; it is shown as none left"
        return (Case(*below, detail, evidence),), (oversold,)
    missing = whole(held) - free
    detail = f"{code}: {rules.channel} has sold {missing} more than {rules.erp} has free ({free})"
    return (Case(*oversold, detail, evidence),), (below,)


def leftover(
    rules: ChannelRules, level: StockLevel, item: StockItem | None, listing: Listing, held: Decimal
) -> tuple[tuple[Case, ...], tuple[Closing, ...]]:
    """The case of a closeout item that the channel has sold out while the ERP has some that will not be shown."""
    if not listing.closeout:
        return (), ()
    told = (CaseClass.CLOSEOUT_LEFT, rules.channel, listing.sku)
    free = sellable(level, tuple(dict.fromkeys(site for sites in rules.sites.values() for site in sites)), 0)
    left, wanted = free - whole(held), levels(rules, level, item, listing, held)
    if left <= 0 or not wanted or any(one.quantity or one.expected for one in wanted):
        return (), (told,)
    why = "it is discontinued there" if _gone(item) else f"a buffer of {rules.buffer_of(listing.sku)} is held back"
    detail = f"{listing.sku} is sold out in {rules.channel}, and {rules.erp} has {left} left that are not shown: {why}"
    return (Case(*told, detail, {"stock code": level.stock_code, "left in the ERP": str(left)}),), ()


def rests_on_a_sighting(level: ChannelLevel) -> bool:
    """Whether a level corrects, or raises, what the channel was seen to show without our doing."""
    if level.seen_at is None:
        return False
    return level.left is not None or level.expected is None or level.quantity > level.expected


def changed_elsewhere(level: ChannelLevel, channel: str) -> Case | None:
    """The report of a quantity that neither we nor a known order left in the channel; None where there is no such."""
    if level.left is None or level.seen_at is None or level.expected in (None, level.left, level.quantity):
        return None
    detail = (
        f"{level.sku} at {level.location}: {channel} showed {level.expected} where {level.left} had been left; "
        f"it is set to {level.quantity}"
    )
    evidence = {"left": str(level.left), "found": str(level.expected), "set to": str(level.quantity)}
    return Case(CaseClass.STOCK_CHANGED_IN_SHOP, channel, level.key, detail, evidence)


def whole(units: Decimal) -> int:
    """Units held, rounded up: half a unit of a part cannot be sold again either."""
    return int(units.to_integral_value(ROUND_CEILING))


def _gone(item: StockItem | None) -> bool:
    return item is not None and (item.discontinued or item.deleted)


def _controlled(level: StockLevel, item: StockItem | None) -> bool:
    return level.controlled and (item is None or item.controlled or bool(item.pack))
