"""Whether a way of delivery leads to a courier, judged before the first order chooses it."""

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.methods import DeliveryMethod
from khaossync.domain.plan import Plan
from khaossync.domain.rules import ChannelRules


def of_method(told: DeliveryMethod, channel: ChannelRules) -> Plan:
    """A case for a method that would hold up every order with it; none for one that leads to a courier."""
    case = (CaseClass.UNMAPPED_DELIVERY_METHOD, channel.channel, told.method)
    if not told.offered or told.method in channel.couriers or channel.default_courier:
        return Plan(closed=(case,))
    detail = (
        f"{channel.channel} offers the delivery method {told.method!r} ({told.title}), which is mapped to no courier; "
        "orders with it will be held"
    )
    return Plan(cases=(Case(*case, detail, {"delivery method": told.method, "title": told.title}),))
