"""How a waiting fact becomes something that a sink can take, or a verdict that it must not be sent."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from khaossync.domain.amendment import differences
from khaossync.domain.bundles import sold_codes
from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.composition import compose
from khaossync.domain.consigning import consignment
from khaossync.domain.corrections import Amendment, Cancellation, Search
from khaossync.domain.crediting import credit_note
from khaossync.domain.despatch import Despatch
from khaossync.domain.documents import Kind
from khaossync.domain.eligibility import goes_at, hindrance, suspicion
from khaossync.domain.errors import RejectedError
from khaossync.domain.knowledge import Effect, Knowledge, Question
from khaossync.domain.levels import ORDERS_FIRST, changed_elsewhere, rests_on_a_sighting
from khaossync.domain.links import Link, LinkState
from khaossync.domain.messages import Message, Park, Payload, Retry, Verdict, Withdraw
from khaossync.domain.money import ZERO, spoken
from khaossync.domain.orders import Order
from khaossync.domain.reference import reference
from khaossync.domain.refunds import Refund
from khaossync.domain.rules import ChannelRules, Rules
from khaossync.domain.stock import ChannelLevel

RECHECK = timedelta(minutes=5)
"""How soon an order that is not eligible at the last look is looked at again."""

SOON = timedelta(seconds=15)
"""How soon a message is looked at again that only waits for something of our own to finish."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The message may be sent now, with this payload; when it is done, the `report` is for people to know."""

    payload: Payload
    report: Case | None = None


def channel_of(message: Message) -> str:
    """The channel whose rules apply: a message to the ERP comes from one, any other goes to one."""
    return message.destination if isinstance(message.body, Despatch | ChannelLevel) else message.source


def question(message: Message, rules: Rules) -> Question:
    """What must be looked up before this message can be prepared."""
    channel = rules.channels[channel_of(message)]
    match message.body:
        case Order() as order:
            codes = frozenset((channel.erp, code) for line in order.lines for code in sold_codes(line.sku, channel))
            complete = frozenset({(channel.erp, Kind.STOCK_ITEM)})
            return Question(orders=frozenset({message.key}), stock_items=codes, complete=complete)
        case Refund():
            return Question(orders=frozenset({message.key}))
        case Despatch() as despatch:
            codes = frozenset((channel.erp, line.stock_code) for line in despatch.lines)
            return Question(orders=frozenset({message.key}), stock_items=codes, told=_told(message, despatch))
        case ChannelLevel() as level:
            return Question(orders_read=frozenset({channel.channel} if rests_on_a_sighting(level) else ()))


def follow_up(known: Knowledge) -> Question:
    """What the first answer makes necessary: the items that the orders were sold under.

    A pack header is not among the parts that leave the warehouse, yet it says what they belong to.
    """
    sold = ((link.erp, code) for link in known.links.values() for line in link.lines for code in line.codes)
    return Question(stock_items=frozenset(sold))


def prepare(message: Message, rules: Rules, known: Knowledge, now: datetime) -> Ready | Verdict:
    """Make a message ready for its sink, or say what is to happen to it instead.

    An order's body must be the order as its shop shows it now. What a rule refuses is parked as its case, and so
    is what would wait beyond its time.
    """
    channel = rules.channels[channel_of(message)]
    try:
        made = _prepare(message, channel, known, now)
    except RejectedError as error:
        return Park(Case(error.case_class, channel.channel, message.key, str(error), error.evidence))
    if isinstance(made, Retry) and made.at >= message.expires_at:
        detail = f"waited since {message.created_at:%Y-%m-%d %H:%M} UTC: {made.why}"
        return Park(Case(CaseClass.EXPIRED, channel.channel, message.key, detail))
    return made


def _prepare(message: Message, channel: ChannelRules, known: Knowledge, now: datetime) -> Ready | Verdict:
    match message.kind, message.body:
        case Kind.ORDER, Order() as order:
            link = known.links.get(message.key)
            made = _order(order, channel, link, known, now)
            return _search(order, link, made) if message.doubt and link and isinstance(made, Withdraw) else made
        case Kind.CANCELLATION, Order() as order:
            return _cancellation(order, known.links.get(message.key))
        case Kind.AMENDMENT, Order() as order:
            return _amendment(order, known.links.get(message.key))
        case _, Refund() as refund:
            return _refund(refund, channel, known.links.get(message.key))
        case _, Despatch() as despatch:
            return _despatch(message, despatch, channel, known, now)
        case _, ChannelLevel() as level:
            return _level(level, channel, known, now)
    raise AssertionError(f"a {message.kind} message cannot carry {type(message.body).__name__}")


def _order(order: Order, rules: ChannelRules, link: Link | None, known: Knowledge, now: datetime) -> Ready | Verdict:
    obstacle = hindrance(order, rules)
    if obstacle and obstacle.final:
        return Withdraw(obstacle.reason)
    if obstacle:
        return Retry(now + RECHECK, obstacle.reason)
    if link is None:
        raise _taken(order, rules)
    _require_trust(order, rules)
    if now < goes_at(order, rules):
        hold = timedelta(seconds=rules.hold_seconds)
        return Retry(goes_at(order, rules), f"it stays with the shop for {hold} after it was placed")
    if (rules.erp, Kind.STOCK_ITEM) not in known.complete:
        return Retry(now + SOON, f"the catalogue of {rules.erp} has not been read to its end yet")
    return Ready(replace(compose(order, rules, known.items_of(rules.erp)), ref=link.ref))


def _taken(order: Order, rules: ChannelRules) -> RejectedError:
    """An order that was asked for and has no link: another order was given its reference first."""
    ref = reference(order.own, rules)
    return RejectedError(
        f"order {order.number}: another order already has its reference {ref} in {rules.erp}",
        CaseClass.REFERENCE_TAKEN,
        evidence={"reference": ref},
    )


def _require_trust(order: Order, rules: ChannelRules) -> None:
    if why := suspicion(order, rules):
        raise RejectedError(
            f"order {order.number}: {why}",
            CaseClass.ORDER_HELD,
            evidence={"risk": order.risk, "total": spoken(order.total, order.currency), "tag": rules.release_tag},
        )


def _search(order: Order, link: Link, withdrawn: Withdraw) -> Ready:
    """An order that may have been sent before it was called off cannot just be forgotten."""
    return Ready(Search(order.channel, order.order_id, order.number, link.ref, withdrawn.why))


def _cancellation(order: Order, link: Link | None) -> Ready | Verdict:
    if link is None or not _in_erp(link):
        return Withdraw("the order never went to the ERP")
    return Ready(Cancellation(order.channel, order.order_id, order.number, link.ref, link.sales_order_code))


def _amendment(order: Order, link: Link | None) -> Ready | Verdict:
    if link is None or not _in_erp(link):
        return Withdraw("the order never went to the ERP")
    if link.fingerprint == order.fingerprint:
        return Withdraw("the sales order was sent with this edit in it, or it was told already")
    changed = differences(order, link)
    return Ready(Amendment(order.channel, order.order_id, order.number, link.ref, link.sales_order_code, changed))


def _refund(refund: Refund, rules: ChannelRules, link: Link | None) -> Ready | Verdict:
    if link is None or not _in_erp(link):
        return Withdraw("the refunded order never went to the ERP")
    if refund.refund_id not in link.refund_ids:
        return Ready(credit_note(refund, link, rules))
    if not refund.adjustment:
        return Withdraw("the sales order was sent with this refund already taken off")
    return Ready(credit_note(_what_no_line_shows(refund), link, rules))


def _what_no_line_shows(refund: Refund) -> Refund:
    """A sales order sent after a refund lacks the lines given back, but not the money beyond or below their worth."""
    return replace(refund, lines=(), delivery=ZERO, total=refund.adjustment)


def _despatch(
    message: Message, despatch: Despatch, rules: ChannelRules, known: Knowledge, now: datetime
) -> Ready | Verdict:
    link = known.links.get(message.key)
    if not link or link.state is LinkState.INTENDED:
        return Retry(now + SOON, "the order's own delivery to the ERP has not been confirmed yet")
    told_as = "".join(known.told.get(effect, "") for effect in _told(message, despatch))
    return Ready(replace(consignment(despatch, link, known.items_of(rules.erp)), told_as=told_as))


def _told(message: Message, despatch: Despatch) -> frozenset[Effect]:
    """The first telling of a despatch that is told again for its tracking."""
    first = (message.destination, message.kind, message.key, despatch.despatch_id)
    return frozenset() if message.version == despatch.despatch_id else frozenset({first})


def _level(level: ChannelLevel, rules: ChannelRules, known: Knowledge, now: datetime) -> Ready | Verdict:
    read_at = known.orders_read.get(rules.channel)
    if level.seen_at and rests_on_a_sighting(level) and (read_at is None or read_at <= level.seen_at):
        # What was seen may be the trace of a sale that we do not know of yet: set back, its goods would be sold twice.
        return Retry(now + ORDERS_FIRST, f"the orders of {rules.channel} have not been read since its stock was seen")
    return Ready(level, changed_elsewhere(level, rules.channel))


def _in_erp(link: Link) -> bool:
    return link.state in (LinkState.SENT, LinkState.CLOSED)
