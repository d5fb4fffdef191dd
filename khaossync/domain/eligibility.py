"""Whether an order may go to the ERP now, and if not, whether it ever will."""

from dataclasses import dataclass

from khaossync.domain.orders import Order, PaymentState
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


def hindrance(order: Order, rules: ChannelRules) -> Hindrance | None:
    """What keeps an order from the ERP; None when nothing does.

    Eligible is a confirmed order whose payment is authorised (where the channel accepts that) or made, whole or
    less what was given back, as long as something is left to deliver.
    """
    never = _never(order, rules)
    if never:
        return Hindrance(never, final=True)
    not_yet = _not_yet(order, rules)
    return Hindrance(not_yet, final=False) if not_yet else None


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
    return _NOT_YET.get(order.payment, "")
