"""A whole refund of the Admin API as a Refund: the money that really moved, and what came back for it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from khaossync.channels.shopify.fields import Node
from khaossync.domain.money import ZERO
from khaossync.domain.refunds import Refund, RefundLine

_RESTOCKED = ("RETURN", "CANCEL", "LEGACY_RESTOCK")
_UNDER_WAY = ("PENDING", "AWAITING_RESPONSE", "UNKNOWN")


def read_refund(node: Node, channel: str) -> Refund:
    """The refund, in shop money, all amounts with tax. Raises MalformedError for a field that is missing or wrong.

    A refund exists before its money moves (https://shopify.dev/docs/api/admin-graphql/latest/objects/Refund), so
    only its successful transactions make the total; what failed never moved.
    """
    order = node.node("order")
    currency, gross = order.currency("currencyCode"), order.flag("taxesIncluded")
    lines = tuple(_line(line, gross, currency) for line in node.nodes("refundLineItems"))
    delivery = sum((_with_tax(each, gross, currency) for each in node.nodes("refundShippingLines")), ZERO)
    moves = _moves(node)
    total = _sum((each for each in moves if each.text_or("status") == "SUCCESS"), currency)
    return Refund(
        channel=channel,
        order_id=order.short("id"),
        order_number=order.text("name"),
        order_placed_at=order.instant("createdAt"),
        refund_id=node.short("id"),
        refunded_at=node.instant_or_none("processedAt") or node.instant("createdAt"),
        currency=currency,
        total=total,
        pending=any(each.text_or("status") in _UNDER_WAY for each in moves),
        lines=lines,
        delivery=delivery,
        adjustment=total - delivery - sum((line.amount for line in lines), ZERO),
        note=node.text_or("note"),
    )


def refunded_units(refunds: Iterable[Node]) -> Mapping[str, int]:
    """How many units of each line were refunded, by line id.

    Units that a person edits off an order are kept by Shopify as a refund too, one without money; those were not
    refunded but are no longer ordered.
    """
    units: dict[str, int] = {}
    for refund in refunds:
        if any(move.text_or("status") in ("SUCCESS", *_UNDER_WAY) for move in _moves(refund)):
            for entry in refund.nodes("refundLineItems"):
                line_id = entry.node("lineItem").text("id")
                units[line_id] = units.get(line_id, 0) + entry.integer("quantity")
    return units


def _moves(refund: Node) -> list[Node]:
    """The transactions that give money back, whatever came of them."""
    return [each for each in refund.nodes("transactions") if each.text_or("kind") == "REFUND"]


def _line(node: Node, gross: bool, currency: str) -> RefundLine:
    line, tax = node.node("lineItem"), node.money("totalTaxSet", currency)
    subtotal = node.money("subtotalSet", currency)
    return RefundLine(
        line_id=line.text("id"),
        sku=line.text_or("sku").strip(),
        quantity=node.integer("quantity"),
        restocked=node.text_or("restockType") in _RESTOCKED,
        amount=subtotal if gross else subtotal + tax,
        tax=tax,
    )


def _with_tax(node: Node, gross: bool, currency: str) -> Decimal:
    subtotal = node.money("subtotalAmountSet", currency)
    return subtotal if gross else subtotal + node.money("taxAmountSet", currency)


def _sum(transactions: Iterable[Node], currency: str) -> Decimal:
    return sum((each.money("amountSet", currency) for each in transactions), ZERO)
