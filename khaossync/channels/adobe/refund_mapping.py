"""A credit memo as a Refund: the money that went back, and what came back for it."""

from decimal import Decimal

from khaossync.channels.adobe.charges import returned_money, returned_shipping, returned_units
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.payments import own_money
from khaossync.channels.adobe.rows import Row, rows
from khaossync.domain.money import ZERO, rounded
from khaossync.domain.refunds import Refund, RefundLine

_OPEN, _CANCELLED = "1", "3"


def is_void(memo: Node) -> bool:
    """Whether it was called off: nothing went back by it."""
    return memo.ident_or("state") == _CANCELLED


def moved(memo: Node) -> Decimal:
    """The money that went back, whether to the customer or to what the shop keeps for them."""
    return memo.number("grand_total") + sum(own_money(memo).values(), ZERO)


def read_refund(memo: Node, order: Node, channel: str) -> Refund:
    """The credit memo of an order. Raises MalformedError for a field that is missing or wrong.

    Its lines follow the goods of the order, so what belongs to a bundle is counted once. Whether goods went back into
    stock is asked for when a credit memo is made and told nowhere, so they are never called restocked.
    """
    currency = memo.currency("order_currency_code")
    lines = [_line(row, memo, currency) for row in rows(order)]
    lines = [line for line in lines if line.quantity or line.amount]
    delivery = rounded(returned_shipping(memo).gross, currency)
    total = ZERO if is_void(memo) else rounded(moved(memo), currency)
    comments = [text for each in memo.items("comments") if (text := each.text_or("comment").strip())]
    return Refund(
        channel=channel,
        order_id=order.ident("entity_id"),
        order_number=order.ident("increment_id"),
        order_placed_at=order.instant("created_at"),
        refund_id=memo.ident("entity_id"),
        refunded_at=memo.instant("created_at"),
        currency=currency,
        total=total,
        pending=memo.ident_or("state") == _OPEN,
        lines=tuple(lines),
        delivery=delivery,
        adjustment=total - delivery - sum((line.amount for line in lines), Decimal(0)),
        note="; ".join(comments),
    )


def _line(row: Row, memo: Node, currency: str) -> RefundLine:
    money = returned_money(row, memo, currency)
    return RefundLine(
        line_id=row.line_id,
        sku=row.sku,
        quantity=returned_units(row, memo),
        restocked=False,
        amount=rounded(money.gross, currency),
        tax=rounded(money.tax, currency),
    )
