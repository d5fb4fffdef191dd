"""Whether an order may go to the ERP, and if not, whether it ever will; from when on, and whom it waits for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.domain.orders import Order, PaymentState, Risk
from khaossync.domain.rules import ChannelRules


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why an order may not go now; `final` tells that it never will."""

    reason: str
    final: bool


_NOT_YET = {
    PaymentState.PENDING: "its payment is pending",
    PaymentState.PARTIALLY_PAID: "only a part of it is paid",
    PaymentState.REFUNDED: "it is refunded in full and yet has goods to deliver",
    PaymentState.EXPIRED: "its payment authorisation has expired",
    PaymentState.UNKNOWN: "its payment state is not one that we know",
}
"""Payment states that may still change for the better, and so are looked at again."""

_PAID_LATER = frozenset({PaymentState.PENDING, PaymentState.PARTIALLY_PAID})
"""Payment states in which an order on terms is as it was agreed."""


def hindrance(order: Order, rules: ChannelRules) -> Hindrance | None:
    """What keeps an order from the ERP; None when nothing does.

    Eligible is a confirmed order whose payment is authorised (where the channel accepts that) or made, whole or
    less what was given back, or agreed for later (where the channel accepts that), as long as something is left to
    deliver.
    """
    never = _never(order, rules)
    if never:
        return Hindrance(never, final=True)
    not_yet = _not_yet(order, rules)
    return Hindrance(not_yet, final=False) if not_yet else None


def suspicion(order: Order, rules: ChannelRules) -> str:
    """Why a person should look at an eligible order before it goes; empty when nothing speaks against it."""
    if is_released(order, rules):
        return ""
    if order.risk is Risk.CANCEL:
        return "the shop's fraud screening advises to cancel it"
    held = order.risk is Risk.INVESTIGATE and rules.hold_investigated
    return "the shop's fraud screening advises to investigate it" if held else ""


def goes_at(order: Order, rules: ChannelRules) -> datetime:
    """When an eligible order may go: after the hold, or at once when a person released it."""
    hold = 0 if is_released(order, rules) else rules.hold_seconds
    return order.placed_at + timedelta(seconds=hold)


def is_released(order: Order, rules: ChannelRules) -> bool:
    """Whether a person has tagged it in the shop; the case of a tag's letters does not matter."""
    return rules.release_tag.casefold() in (tag.strip().casefold() for tag in order.tags)


def _never(order: Order, rules: ChannelRules) -> str:
    if order.test:
        return "it is a test order"
    if order.cancelled_at:
        return f"it was cancelled at {order.cancelled_at:%Y-%m-%d %H:%M} UTC"
    if order.placed_at < rules.go_live_at:
        return f"it was placed before go-live ({rules.go_live_at:%Y-%m-%d %H:%M} UTC)"
    if order.payment is PaymentState.VOIDED:
        return "its payment was voided"
    if any(line.quantity for line in order.lines):
        return ""
    refunded = order.payment is PaymentState.REFUNDED
    return "it is refunded in full with nothing left to deliver" if refunded else "it has no lines left"


def _not_yet(order: Order, rules: ChannelRules) -> str:
    if not order.confirmed:
        return "the shop has not confirmed it"
    if order.payment is PaymentState.AUTHORISED and not rules.accept_authorised:
        return "its payment is authorised but not captured"
    if order.on_terms and rules.accept_on_terms and order.payment in _PAID_LATER:
        return ""
    return _NOT_YET.get(order.payment, "")
