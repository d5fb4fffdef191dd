"""Deliveries: the ones that carry goods, and those that only take something off their charge."""

from collections.abc import Sequence
from decimal import Decimal

from khaossync.channels.shopware.charges import Charge, taxes
from khaossync.channels.shopware.fields import Node
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Delivery, Discount

_NAMELESS = "Delivery discount"


def real(order: Node) -> Node | None:
    """The delivery that is sent; None for an order that has none, such as one of downloads.

    The one with goods on it; where that is no answer, the shop's own (`primaryOrderDeliveryId`, from 6.7 on), else the
    dearest. What has a negative price is a discount and never sent.
    """
    sent = [one for one in order.items("deliveries") if cost(one) >= 0]
    primary = order.text_or("primaryOrderDeliveryId")
    return max(sent, key=lambda one: (bool(one.items("positions")), one.text("id") == primary, cost(one)), default=None)


def method(delivery: Node) -> str:
    """What the channel's [couriers] are named by: names are translated and edited, technical names stay."""
    found = delivery.node_or_none("shippingMethod")
    return (found.text_or("technicalName") if found else "") or delivery.text_or("shippingMethodId")


def charged(order: Node, digits: int) -> list[tuple[str, Charge]]:
    """Each delivery that is sent by its method, the negative ones laid on the real one as its discounts.

    https://github.com/shopware/shopware/pull/4950 tells why there are negative ones. Where nothing is sent, nothing
    can be taken off: such an order does not add up, and a person looks.
    """
    chosen, deliveries = real(order), order.items("deliveries")
    off = [one for one in deliveries if cost(one) < 0]
    found: list[tuple[str, Charge]] = []
    for one in deliveries:
        if cost(one) >= 0:
            price = one.node("shippingCosts")
            charge = Charge(price.amount("totalPrice", digits), taxes(price, digits))
            if chosen and one.text("id") == chosen.text("id"):
                _take_off(charge, off, _reason(order), digits)
            found.append((method(one), charge))
    return found


def told(charges: Sequence[tuple[str, Charge]]) -> tuple[Delivery, ...]:
    """They in the words of all channels."""
    return tuple(Delivery(name, one.price, one.told_discounts, one.told_taxes) for name, one in charges)


def _take_off(charge: Charge, off: Sequence[Node], reason: str, digits: int) -> None:
    for one in off:
        price = one.node("shippingCosts")
        charge.discounts.append(Discount(reason, -price.amount("totalPrice", digits)))
        for rate, tax in taxes(price, digits).items():
            charge.taxes[rate] = charge.taxes.get(rate, ZERO) + tax


def _reason(order: Node) -> str:
    """The promotion by which the charge was lowered: it stands among the lines, at nothing."""
    for line in order.items("lineItems"):
        payload = line.node_or_none("payload")
        if payload and payload.text_or("discountScope") == "delivery":
            return payload.text_or("code") or line.text_or("label") or _NAMELESS
    return _NAMELESS


def cost(delivery: Node) -> Decimal:
    """The charge, in the terms of its order."""
    return delivery.node("shippingCosts").number("totalPrice")
