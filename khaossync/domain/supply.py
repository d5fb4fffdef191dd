"""Stock on its way to the shops: which levels follow from a document about goods, asked for first and then judged.

A level follows from everything that is known of a stock code: the ERP's free units and record, the channel's listing,
what the channel sold and the ERP does not count yet, and for a pack or a bundle all of that for each of its parts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from khaossync.domain.bundles import bundle_item
from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.knowledge import Knowledge, Question, Unposted
from khaossync.domain.levels import leftover, levels, shortage, whole
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Order
from khaossync.domain.plan import Closing, Held, Plan
from khaossync.domain.rules import ChannelRules, Rules
from khaossync.domain.stock import (
    ChannelLevel,
    Listing,
    Sale,
    StockItem,
    StockLevel,
    Wanted,
    assembled,
    less,
    owed,
    restricted,
)
from khaossync.domain.unposted import in_stock_codes, unposted


def about_code(erp: str, code: str, read_at: datetime | None, rules: Rules) -> Question:
    """What a level of this stock code follows from, in every channel; `read_at` when its level was read just now."""
    served = rules.of_erp(erp)
    asked = Question(
        stock_items=frozenset({(erp, code)}),
        stock_levels=frozenset({(erp, code)}),
        listings=frozenset((channel.channel, channel.sku(code)) for channel in served),
        packs_of=frozenset({(erp, code)}),
        unposted=frozenset(Unposted(channel.channel, code, read_at) for channel in served),
    )
    for channel in served:
        for sku in channel.bundles_with(code):
            asked |= _about_header(bundle_item(sku, channel), channel)
    return asked


def about_listing(sku: str, channel: ChannelRules) -> Question:
    """What the level of a listing follows from."""
    code = channel.stock_code(sku)
    record = frozenset({(channel.erp, code)})
    asked = Question(
        stock_items=record,
        stock_levels=record,
        unposted=frozenset({Unposted(channel.channel, code)}),
        complete=frozenset({(channel.erp, Kind.STOCK_ITEM)}),
    )
    return asked | _about_header(bundle_item(sku, channel), channel)


def about_goods(order: Order, channel: ChannelRules) -> Question:
    """What must be known to say what an order holds."""
    codes = {channel.stock_code(line.sku) for line in order.lines if line.sku}
    return Question(held=frozenset({order.key}), stock_items=frozenset((channel.erp, code) for code in codes))


def about_packs(known: Knowledge, rules: Rules) -> Question:
    """What the first answer makes necessary: a pack's level follows from its parts, so all of them are asked for."""
    headers = [(erp, item) for (erp, _), item in known.stock_items.items() if item.pack]
    headers += [(erp, item) for (erp, _), items in known.packs.items() for item in items]
    asked = Question()
    for erp, item in headers:
        for channel in rules.of_erp(erp):
            asked |= _about_header(item, channel)
    return asked


def after_order(order: Order, channel: ChannelRules, rules: Rules, known: Knowledge) -> Question:
    """The levels that change when an order begins, or ends, to hold its goods."""
    holds = _holds(order, channel, known)
    asked = Question()
    for code in _changed(holds, known.held.get(order.key, {})) if holds is not None else ():
        asked |= about_code(channel.erp, code, None, rules)
    return asked


def _about_header(header: StockItem | None, channel: ChannelRules) -> Question:
    if header is None:
        return Question()
    parts = [part for part, each in header.pack.items() if each > 0]
    return Question(
        stock_levels=frozenset((channel.erp, part) for part in parts),
        listings=frozenset({(channel.channel, channel.sku(header.stock_code))}),
        unposted=frozenset(Unposted(channel.channel, part) for part in parts),
    )


def of_goods(order: Order, channel: ChannelRules, known: Knowledge) -> Plan:
    """What an order takes off the levels of its channel until its ERP counts it.

    The shop itself shows less from the moment of the sale. So the levels are noted and, as long as the shop has one
    location, nothing needs to be sent for them.
    """
    holds = _holds(order, channel, known)
    before = known.held.get(order.key, {})
    if holds is None or holds == before:
        return Plan()
    after = known.holding(order.key, channel.channel, holds)
    sold = _sales(order, channel, before) if len(channel.sites) == 1 else None
    plan = Plan(holds={order.key: (channel.erp, holds)})
    for code in _changed(holds, before):
        plan += _of_code(channel.erp, code, channel.channel, (channel,), after, sold)
    return plan


def of_code(erp: str, code: str, rules: Rules, known: Knowledge) -> Plan:
    """What the channels of an ERP should show for one of its stock codes, and for every pack and bundle with it."""
    return _of_code(erp, code, erp, rules.of_erp(erp), known, {})


def of_listing(listing: Listing, seen_at: datetime, channel: ChannelRules, known: Knowledge) -> Plan:
    """What a channel should show for a listing, held against what it was just seen to show."""
    duplicate = (CaseClass.DUPLICATE_SKU, channel.channel, listing.sku)
    if listing.duplicates:
        detail = f"{1 + len(listing.duplicates)} listings share the SKU {listing.sku}"
        evidence = {"listings": ", ".join((listing.listing_id, *listing.duplicates))}
        return Plan(cases=(Case(*duplicate, detail, evidence),))
    cases, closed = _unmapped(listing, channel, known)
    wanted = _levels(channel, channel.stock_code(listing.sku), listing, known)
    agreeing = [(CaseClass.STOCK_CHANGED_IN_SHOP, channel.channel, one.key) for one in wanted if _agrees(one)]
    seen = tuple(Wanted(channel.channel, channel.channel, one, one.expected, seen_at) for one in wanted)
    left, over = _leftover(listing, channel, known)
    return Plan(levels=seen, cases=(*cases, *left), closed=(duplicate, *closed, *agreeing, *over))


def _leftover(
    listing: Listing, channel: ChannelRules, known: Knowledge
) -> tuple[tuple[Case, ...], tuple[Closing, ...]]:
    code = channel.stock_code(listing.sku)
    level, held = _supply(channel, code, known)
    return leftover(channel, level, known.item(channel.erp, code), listing, held) if level else ((), ())


def of_relisting(listing: Listing, channel: ChannelRules, known: Knowledge) -> tuple[Wanted, ...]:
    """What a channel should show for a listing, judged again without having been looked at again."""
    wanted = _levels(channel, channel.stock_code(listing.sku), listing, known)
    return tuple(Wanted(channel.channel, channel.erp, one) for one in wanted)


def _of_code(
    erp: str,
    code: str,
    source: str,
    channels: Iterable[ChannelRules],
    known: Knowledge,
    sold: Mapping[str, tuple[Sale, ...]] | None,
) -> Plan:
    plan = Plan()
    for channel in channels:
        packs = [pack.stock_code for pack in known.packs.get((erp, code), ())]
        for one in dict.fromkeys((code, *packs, *channel.bundles_with(code))):
            listing = known.listings.get((channel.channel, channel.sku(one)))
            if listing is None:
                continue
            sales = None if sold is None else sold.get(listing.sku, ())
            told = _levels(channel, one, listing, known)
            plan += Plan(levels=tuple(Wanted(channel.channel, source, each, sold=sales) for each in told))
        plan += _reports(channel, code, known)
    return plan


def _reports(channel: ChannelRules, code: str, known: Knowledge) -> Plan:
    """What people are told of a code that this channel lists."""
    listing = known.listings.get((channel.channel, channel.sku(code)))
    item = known.item(channel.erp, code)
    level, held = _supply(channel, code, known)
    if listing is None or (item and item.pack):
        return Plan()
    closed: tuple[Closing, ...] = ()
    if item and not item.deleted:
        closed = ((CaseClass.UNMAPPED_LISTING, channel.channel, listing.sku),)
    if level is None or not listing.tracked:
        return Plan(closed=closed)
    cases, settled = shortage(channel, level, item, held)
    left, over = leftover(channel, level, item, listing, held)
    return Plan(cases=(*cases, *left), closed=(*closed, *settled, *over))


def _unmapped(
    listing: Listing, channel: ChannelRules, known: Knowledge
) -> tuple[tuple[Case, ...], tuple[Closing, ...]]:
    """Something that can be ordered and that the ERP does not know: told before the first order of it comes."""
    told = (CaseClass.UNMAPPED_LISTING, channel.channel, listing.sku)
    code = channel.stock_code(listing.sku)
    item = bundle_item(listing.sku, channel) or known.stock_items.get((channel.erp, code))
    if item and not item.deleted:
        return (), (told,)
    if item is None and (channel.erp, Kind.STOCK_ITEM) not in known.complete:
        return (), ()
    what = f"stock code {code} is deleted in {channel.erp}" if item else f"{channel.erp} has no stock code {code}"
    detail = f"{listing.sku} ({listing.title}) is for sale in {channel.channel}, and {what}"
    return (Case(*told, detail, {"sku": listing.sku, "stock code": code, "listing": listing.listing_id}),), ()


def _levels(channel: ChannelRules, code: str, listing: Listing, known: Knowledge) -> tuple[ChannelLevel, ...]:
    item = bundle_item(code, channel) or known.item(channel.erp, code)
    if item and item.pack:
        return _pack_levels(channel, item, listing, known)
    level, held = _supply(channel, code, known)
    return levels(channel, level, item, listing, held) if level else ()


def _pack_levels(
    channel: ChannelRules, header: StockItem, listing: Listing, known: Knowledge
) -> tuple[ChannelLevel, ...]:
    """As many as what is left of the parts allows, at each location from the sites that it is fed by."""
    supplies = {part: _supply(channel, part, known) for part in header.pack}
    available: dict[str, Decimal] = {}
    for location, sites in channel.sites.items():
        left = {
            part: less(restricted(level, sites), held + owed(level, channel.sites, location))
            for part, (level, held) in supplies.items()
            if level
        }
        pack = assembled(header, left)
        if pack is None:
            return ()
        available[location] = max(ZERO, sum(pack.available.values(), ZERO))  # what parts lack is taken off already
    controlled = any(level.controlled for level, _ in supplies.values() if level)
    by_location = replace(channel, sites={location: (location,) for location in channel.sites})
    return levels(by_location, StockLevel(header.stock_code, available, controlled), header, listing)


def _supply(channel: ChannelRules, code: str, known: Knowledge) -> tuple[StockLevel | None, Decimal]:
    """(free in the ERP, held back by what this channel sold) of a stock code."""
    return known.stock_levels.get((channel.erp, code)), known.unposted.get((channel.channel, code), ZERO)


def _holds(order: Order, channel: ChannelRules, known: Knowledge) -> Held | None:
    units = unposted(order, channel, known.links.get(order.key))
    if units is None:
        return None
    bundles = {sku: item for sku in units if (item := bundle_item(sku, channel))}
    return in_stock_codes(units, channel, {**known.items_of(channel.erp), **bundles})


def _changed(holds: Held, before: Held) -> Collection[str]:
    return [code for code in sorted({*holds, *before}) if holds.get(code) != before.get(code)]


def _sales(order: Order, channel: ChannelRules, before: Held) -> Mapping[str, tuple[Sale, ...]]:
    """SKU → by how much the channel itself shows less, or more: an order that shrinks may have put its goods back."""
    now = unposted(order, channel, None) or {}
    at = order.updated_at if before else order.placed_at
    skus = {line.sku for line in order.lines} or {channel.sku(code) for code in before}
    changes = {sku: now.get(sku, 0) - _held(sku, order, channel, before) for sku in skus}
    return {sku: (Sale(units, at),) for sku, units in changes.items() if units}


def _held(sku: str, order: Order, channel: ChannelRules, before: Held) -> int:
    """Units of a SKU that the order held until now; of a pack, which is held in parts, as many as were ordered."""
    if not before:
        return 0
    held = before.get(channel.stock_code(sku))
    return whole(held) if held is not None else sum(line.ordered for line in order.lines if line.sku == sku)


def _agrees(level: ChannelLevel) -> bool:
    return level.quantity == level.expected
