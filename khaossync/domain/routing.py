"""Which document goes to which connectors: the whole business on one screen.

a shop's order          → its ERP          once, when it becomes eligible and its hold is over
  … cancelled later     → its ERP          after the order, if that went
  … edited later        → its ERP          after the order
a shop's refund         → its ERP          after the order
an ERP's despatch       → the order's shop  once, and once more for each tracking number that comes later
an ERP's stock level  ┐
an ERP's stock item   ├ → every shop that lists the item, when the level it should show changes
a shop's listing      ┘
an ERP's order state    stays here: it tells which orders are still open
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.documents import Document, Kind
from khaossync.domain.eligibility import goes_at, hindrance, suspicion
from khaossync.domain.errors import RejectedError
from khaossync.domain.knowledge import Knowledge, Question, union
from khaossync.domain.links import LinkState
from khaossync.domain.messages import NewMessage
from khaossync.domain.orders import Order
from khaossync.domain.plan import NOTHING, Plan
from khaossync.domain.reference import reference
from khaossync.domain.refunds import Refund
from khaossync.domain.rules import ChannelRules, Rules
from khaossync.domain.stock import Listing, StockItem, StockLevel
from khaossync.domain.supply import (
    about_code,
    about_goods,
    about_listing,
    about_packs,
    after_order,
    of_code,
    of_goods,
    of_listing,
)

TO_ERP = (Kind.ORDER, Kind.CANCELLATION, Kind.AMENDMENT, Kind.REFUND)
"""The kinds of message that an ERP is sent."""

TO_CHANNEL = (Kind.DESPATCH, Kind.STOCK_LEVEL)
"""The kinds of message that a channel is sent."""

SIGHTINGS = frozenset({Kind.LISTING})
"""What is judged at every telling, also when it is no news: what a shop shows is held against what it should show."""

ONCE = "1"
"""The version of an effect that may happen only once in the life of its key."""


def question(document: Document, rules: Rules) -> Question:
    """What must be looked up before this document can be routed."""
    match document.body:
        case Order() as order:
            asked = Question(orders=frozenset({order.key}), refunds=frozenset({order.key}))
            return asked | about_goods(order, rules.channels[document.source])
        case Despatch(ref=ref, despatch_id=despatch_id):
            told = frozenset({(document.source, despatch_id)})
            return Question(refs=frozenset({(document.source, ref)}), despatches=told)
        case OrderState(ref=ref):
            return Question(refs=frozenset({(document.source, ref)}))
        case StockLevel(stock_code=code):
            return about_code(document.source, code, document.moment, rules)
        case StockItem(stock_code=code):
            return about_code(document.source, code, None, rules)
        case Listing(sku=sku):
            return about_listing(sku, rules.channels[document.source])
        case Refund() as refund:
            return Question(orders=frozenset({refund.key}))


def follow_up(document: Document, known: Knowledge, rules: Rules) -> Question:
    """What the answers so far make necessary besides."""
    asked = about_packs(known, rules)
    if isinstance(document.body, Order):
        asked |= after_order(document.body, rules.channels[document.source], rules, known)
    return asked


def basis(documents: Collection[Document], rules: Rules, known: Knowledge) -> Knowledge:
    """That part of what is known by which these documents are judged."""
    found, asked = Knowledge(), Question()
    more = union(question(document, rules) for document in documents)
    while more:
        found, asked = found | known.about(more), asked | more
        more = union(follow_up(document, found, rules) for document in documents) - asked
    return found


def learnt(documents: Iterable[Document], known: Knowledge) -> Knowledge:
    """What is known once these documents are: a level may follow from several of one page."""
    items, levels, listings = {}, {}, {}
    for document in documents:
        match document.body:
            case StockItem() as item:
                items[document.source, item.stock_code] = item
            case StockLevel() as level:
                levels[document.source, level.stock_code] = level
            case Listing() as listing:
                listings[document.source, listing.sku] = listing
    return known | Knowledge(stock_items=items, stock_levels=levels, listings=listings)


def route(document: Document, rules: Rules, known: Knowledge) -> Plan:
    """Decide what a new document sets in motion; what it tells of goods itself must have been learnt."""
    match document.body:
        case Order() as order:
            channel = rules.channels[document.source]
            return of_goods(order, channel, known) + _order(order, channel, known)
        case Refund() as refund:
            return _refund(refund, rules.channels[document.source], known)
        case Despatch() as despatch:
            return _despatch(despatch, document.source, rules, known)
        case OrderState() as state:
            return _order_state(state, document.source, known)
        case StockItem(stock_code=code) | StockLevel(stock_code=code):
            return of_code(document.source, code, rules, known)
        case Listing() as listing:
            return of_listing(listing, document.moment, rules.channels[document.source], known)


def _order(order: Order, rules: ChannelRules, known: Knowledge) -> Plan:
    """An order that is not in the ERP yet is asked for anew at every version: what waits with it is judged again."""
    if order.placed_at < rules.go_live_at or order.test:
        return NOTHING
    link = known.links.get(order.key)
    if link is None:
        return _let_in(order, rules, known)
    again = (_ask(order, rules),) if link.state is LinkState.INTENDED else ()
    if order.cancelled_at:
        return Plan((*again, _to_erp(Kind.CANCELLATION, order, rules, ONCE)))
    if link.state is not LinkState.WITHDRAWN and link.fingerprint != order.fingerprint:
        # Also while the order is on its way: whether it went with this edit in it shows when its turn comes.
        return Plan((*again, _to_erp(Kind.AMENDMENT, order, rules, _edit(order))))
    return Plan(again)


def _let_in(order: Order, rules: ChannelRules, known: Knowledge) -> Plan:
    if hindrance(order, rules):
        return NOTHING
    try:
        ref = reference(order.order_id, rules)
    except RejectedError as error:
        return Plan(cases=(Case(error.case_class, order.channel, order.key, str(error), error.evidence),))
    earlier = (_credit(refund, rules) for refund in known.refunds.get(order.key, ()) if _is_money(refund))
    return Plan((_ask(order, rules), *earlier), refs={order.key: (rules.erp, ref)})


def _ask(order: Order, rules: ChannelRules) -> NewMessage:
    """The one message of an order. What a person must look at, or what was called off, is judged at once."""
    doubtful = order.cancelled_at or suspicion(order, rules)
    return replace(_to_erp(Kind.ORDER, order, rules, ONCE), not_before=None if doubtful else goes_at(order, rules))


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
        version = _telling(despatch, known.despatches.get((erp, despatch.despatch_id)))
        return Plan((NewMessage(link.channel, Kind.DESPATCH, link.key, version, erp, despatch),))
    for channel in rules.of_erp(erp):
        if ours(despatch.ref, channel):
            detail = f"{despatch.sales_order_code} was despatched under {despatch.ref}, which we never sent"
            evidence = {"reference": despatch.ref, "tracking": despatch.tracking_number}
            return Plan(cases=(Case(CaseClass.ORPHANED_DESPATCH, channel.channel, despatch.ref, detail, evidence),))
    return NOTHING


def _telling(despatch: Despatch, before: Despatch | None) -> str:
    """A despatch is told once for its goods, and once more for each number that it gets afterwards."""
    number = despatch.tracking_number
    late = before and number and number != before.tracking_number
    return f"{despatch.despatch_id}~{number}" if late else despatch.despatch_id


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
