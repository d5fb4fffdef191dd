"""How an order is paid: by which gateway, how much, and how far it has come."""

from decimal import Decimal

from khaossync.channels.adobe.buyer import HELD
from khaossync.channels.adobe.fields import Node
from khaossync.domain.money import ZERO, rounded
from khaossync.domain.orders import Payment, PaymentState

_OFFLINE = ("checkmo", "banktransfer", "cashondelivery", "purchaseorder", "companycredit")
"""Methods without an authorisation: a shipment may move such an order on although nothing was paid."""

_OWN_MONEY = {
    "gift_cards_amount": "gift_card",
    "customer_balance_amount": "store_credit",
    "reward_currency_amount": "reward_points",
}
"""What the grand total leaves out because it was paid by the shop's own money: attribute → gateway."""


def own_money(order: Node) -> dict[str, Decimal]:
    """Gateway → what a gift card, store credit or reward points paid of an order, or got back by a credit memo.

    For us that is money, no discount.
    """
    more = order.node_or_empty("extension_attributes")
    found = {gateway: abs(more.number_or(name)) for name, gateway in _OWN_MONEY.items()}
    return {gateway: amount for gateway, amount in found.items() if amount}


def payment_state(order: Node) -> PaymentState:
    """How far the payment has come; Magento has no word for it, so it follows from the amounts and the state."""
    state = order.text("state")
    state = order.text_or("hold_before_state", state) if state == HELD else state
    total, paid, back = order.number("grand_total"), order.number_or("total_paid"), order.number_or("total_refunded")
    if back and paid:
        return PaymentState.REFUNDED if back >= paid or state == "closed" else PaymentState.PARTIALLY_REFUNDED
    if paid >= total:
        return PaymentState.PAID
    if paid:
        return PaymentState.PARTIALLY_PAID
    if state == "canceled":
        return PaymentState.VOIDED
    return PaymentState.AUTHORISED if _is_authorised(order, state) else PaymentState.PENDING


def payments(order: Node, currency: str) -> tuple[Payment, ...]:
    """What was paid or, where nothing was yet, authorised; and what was paid by the shop's own money."""
    payment = order.node_or_empty("payment")
    gateway = payment.text_or("method", "unknown")
    reference = payment.ident_or("last_trans_id") or payment.ident_or("cc_trans_id")
    paid = rounded(order.number_or("total_paid"), currency)
    found = [Payment(name, rounded(amount, currency), "", captured=True) for name, amount in own_money(order).items()]
    if paid:
        found.append(Payment(gateway, paid, reference, captured=True))
    elif payment_state(order) is PaymentState.AUTHORISED:
        due = rounded(payment.number_or("amount_authorized", order.number("grand_total")), currency)
        found.append(Payment(gateway, due, reference, captured=False))
    return tuple(each for each in found if each.amount > ZERO)


def on_terms(order: Node, methods: tuple[str, ...]) -> bool:
    """Whether it is agreed that the order is paid later."""
    return order.node_or_empty("payment").text_or("method") in methods


def _is_authorised(order: Node, state: str) -> bool:
    """An online payment that was authorised moves the order on; some gateways tell the amount as well."""
    payment = order.node_or_empty("payment")
    if payment.number_or("amount_authorized") or payment.number_or("base_amount_authorized"):
        return True
    return state in ("processing", "complete") and payment.text_or("method") not in _OFFLINE
