"""Which document goes to which connectors: the whole business on one screen.

a shop's order          → its ERP          once, when it becomes eligible
  … cancelled later     → its ERP          after the order, if that went
  … edited later        → its ERP          after the order
a shop's refund         → its ERP          after the order
an ERP's despatch       → the order's shop
an ERP's stock level  ┐
an ERP's stock item   ├ → every shop that lists the item, when the level it should show changes
a shop's listing      ┘
an ERP's order state    stays here: it tells which orders are still open
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.documents import Document, Kind
from khaossync.domain.eligibility import hindrance
from khaossync.domain.errors import RejectedError
from khaossync.domain.knowledge import Address, Knowledge, Question
from khaossync.domain.levels import levels
from khaossync.domain.links import LinkState
from khaossync.domain.messages import NewMessage
from khaossync.domain.orders import Order
from khaossync.domain.reference import reference
from khaossync.domain.refunds import Refund
from khaossync.domain.rules import ChannelRules, Rules
from khaossync.domain.stock import ChannelLevel, Listing, StockItem, StockLevel, assembled

TO_ERP = (Kind.ORDER, Kind.CANCELLATION, Kind.AMENDMENT, Kind.REFUND)
"""The kinds of message that an ERP is sent."""

TO_CHANNEL = (Kind.DESPATCH, Kind.STOCK_LEVEL)
"""The kinds of message that a channel is sent."""

SIGHTINGS = frozenset({Kind.LISTING})
"""What is judged at every telling, also when it is no news: what a shop shows is held against what it should show."""

ONCE = "1"
"""The version of an effect that may happen only once in the life of its key."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a document asks for.

    `levels` are (destination, who told, level): told by the destination itself, `expected` is a fresh sighting.
    `refs` is order key → (erp, ref).
    """

    messages: tuple[NewMessage, ...] = ()
    levels: tuple[tuple[str, str, ChannelLevel], ...] = ()
    cases: tuple[Case, ...] = ()
    refs: Mapping[str, tuple[str, str]] = field(default_factory=dict)


NOTHING = Plan()


def question(document: Document, rules: Rules) -> Question:
    """What must be looked up before this document can be routed."""
    match document.body:
        case Order() as order:
            return Question(orders=frozenset({order.key}), refunds=frozenset({order.key}))
        case Despatch(ref=ref) | OrderState(ref=ref):
            return Question(refs=frozenset({(document.source, ref)}))
        case StockItem(stock_code=code) | StockLevel(stock_code=code):
            served = rules.of_erp(document.source)
            return Question(
                stock_items=frozenset({(document.source, code)}),
                stock_levels=frozenset({(document.source, code)}),
                listings=frozenset((channel.channel, channel.sku(code)) for channel in served),
                packs_of=frozenset({(document.source, code)}),
            )
        case Listing(sku=sku):
            channel = rules.channels[document.source]
            record = frozenset({(channel.erp, channel.stock_code(sku))})
            return Question(stock_items=record, stock_levels=record)
        case Refund() as refund:
            return Question(orders=frozenset({refund.key}))


def follow_up(known: Knowledge, rules: Rules) -> Question:
    """What the first answer makes necessary: a pack's level follows from its parts, so all of them are asked for."""
    headers = [(erp, item) for (erp, _), item in known.stock_items.items() if item.pack]
    headers += [(erp, item) for (erp, _), items in known.packs.items() for item in items]
    listed = ((rule.channel, rule.sku(item.stock_code)) for erp, item in headers for rule in rules.of_erp(erp))
    return Question(
        stock_levels=frozenset((erp, part) for erp, item in headers for part in item.pack), listings=frozenset(listed)
    )


def route(document: Document, rules: Rules, known: Knowledge) -> Plan:
    """Decide what a new document sets in motion."""
    match document.body:
        case Order() as order:
            return _order(order, rules.channels[document.source], known)
        case Refund() as refund:
            return _refund(refund, rules.channels[document.source], known)
        case Despatch() as despatch:
            return _despatch(despatch, document.source, rules, known)
        case OrderState() as state:
            return _order_state(state, document.source, known)
        case StockItem() as item:
            address = (document.source, item.stock_code)
            return _stock(address, rules, known | Knowledge(stock_items={address: item}))
        case StockLevel() as level:
            address = (document.source, level.stock_code)
            return _stock(address, rules, known | Knowledge(stock_levels={address: level}))
        case Listing() as listing:
            return _listing(listing, rules.channels[document.source], known)


def _order(order: Order, rules: ChannelRules, known: Knowledge) -> Plan:
    if order.placed_at < rules.go_live_at or order.test:
        return NOTHING
    link = known.links.get(order.key)
    if order.cancelled_at:
        return Plan((_to_erp(Kind.CANCELLATION, order, rules, ONCE),)) if link else NOTHING
    if link and link.state is not LinkState.WITHDRAWN and link.fingerprint != order.fingerprint:
        # Also while the order is on its way: whether it went with this edit in it shows when its turn comes.
        return Plan((_to_erp(Kind.AMENDMENT, order, rules, _edit(order)),))
    if link or hindrance(order, rules):
        return NOTHING
    try:
        ref = reference(order.order_id, rules)
    except RejectedError as error:
        return Plan(cases=(Case(error.case_class, order.channel, order.key, str(error), error.evidence),))
    earlier = (_credit(refund, rules) for refund in known.refunds.get(order.key, ()) if _is_money(refund))
    return Plan((_to_erp(Kind.ORDER, order, rules, ONCE), *earlier), refs={order.key: (rules.erp, ref)})


def _edit(order: Order) -> str:
    """The version of an edit: an order that is edited back to what it once was has been edited once more."""
    return f"{order.fingerprint}@{order.updated_at:%Y-%m-%dT%H:%M:%SZ}"


def _to_erp(kind: Kind, order: Order, rules: ChannelRules, version: str) -> NewMessage:
    return NewMessage(rules.erp, kind, order.key, version, order.channel, order)


def _refund(refund: Refund, rules: ChannelRules, known: Knowledge) -> Plan:
    """A refund of an order that was not let in yet is asked for when, and if, the order is."""
    return Plan((_credit(refund, rules),)) if _is_money(refund) and refund.key in known.links else NOTHING


def _is_money(refund: Refund) -> bool:
    """Without money it is an edit of the order, and told as one; while the money is on its way it waits."""
    return bool(refund.total) and not refund.pending


def _credit(refund: Refund, rules: ChannelRules) -> NewMessage:
    return NewMessage(rules.erp, Kind.REFUND, refund.key, refund.refund_id, refund.channel, refund)


def _despatch(despatch: Despatch, erp: str, rules: Rules, known: Knowledge) -> Plan:
    link = known.links_by_ref.get((erp, despatch.ref))
    if link:
        return Plan((NewMessage(link.channel, Kind.DESPATCH, link.key, despatch.despatch_id, erp, despatch),))
    for channel in rules.of_erp(erp):
        if ours(despatch.ref, channel):
            detail = f"{despatch.sales_order_code} was despatched under {despatch.ref}, which we never sent"
            evidence = {"reference": despatch.ref, "tracking": despatch.tracking_number}
            return Plan(cases=(Case(CaseClass.ORPHANED_DESPATCH, channel.channel, despatch.ref, detail, evidence),))
    return NOTHING


def ours(ref: str, rules: ChannelRules) -> bool:
    """Whether a reference has the form that this channel gives."""
    return ref.startswith(rules.prefix) and ref[len(rules.prefix) :].isdigit()


def _order_state(state: OrderState, erp: str, known: Knowledge) -> Plan:
    link = known.links_by_ref.get((erp, state.ref))
    if link and link.state is LinkState.WITHDRAWN and not state.cancelled:
        detail = f"{state.sales_order_code} is in {erp} although the order was withdrawn: its import came late"
        evidence = {"sales order": state.sales_order_code, "reference": state.ref}
        return Plan(cases=(Case(CaseClass.ORDER_TO_CANCEL, link.channel, link.key, detail, evidence),))
    if not link or not state.cancelled or link.state not in (LinkState.INTENDED, LinkState.SENT):
        return NOTHING  # that the ERP has it is proved by its word, even before our own sending is confirmed
    detail = f"sales order {state.sales_order_code} was cancelled in {erp}: {state.reason or 'no reason given'}"
    evidence = {"sales order": state.sales_order_code, "reference": state.ref}
    return Plan(cases=(Case(CaseClass.CANCELLED_IN_ERP, link.channel, link.key, detail, evidence),))


def _stock(address: Address, rules: Rules, known: Knowledge) -> Plan:
    erp, code = address
    wanted = []
    for one in (code, *(pack.stock_code for pack in known.packs.get(address, ()))):
        for channel in rules.of_erp(erp):
            listing = known.listings.get((channel.channel, channel.sku(one)))
            wanted += [(channel.channel, erp, made) for made in _levels(channel, one, listing, known)]
    return Plan(levels=tuple(wanted))


def _levels(rules: ChannelRules, code: str, listing: Listing | None, known: Knowledge) -> tuple[ChannelLevel, ...]:
    item = known.item(rules.erp, code)
    level = known.stock_levels.get((rules.erp, code))
    if item and item.pack:
        parts = {part: known.stock_levels.get((rules.erp, part)) for part in item.pack}
        level = assembled(item, {part: level for part, level in parts.items() if level})
    return levels(rules, level, item, listing) if level and listing else ()


def _listing(listing: Listing, rules: ChannelRules, known: Knowledge) -> Plan:
    if listing.duplicates:
        detail = f"{1 + len(listing.duplicates)} listings share the SKU {listing.sku}"
        evidence = {"listings": ", ".join((listing.listing_id, *listing.duplicates))}
        return Plan(cases=(Case(CaseClass.DUPLICATE_SKU, rules.channel, listing.sku, detail, evidence),))
    wanted = _levels(rules, rules.stock_code(listing.sku), listing, known)
    return Plan(levels=tuple((rules.channel, rules.channel, one) for one in wanted))
