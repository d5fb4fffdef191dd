"""A refund in the ERP's words: the credit note that finance keys, exact to the penny."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain

from khaossync.domain.credit_note import CreditLine, CreditNote
from khaossync.domain.links import Link, SentLine, SentPart
from khaossync.domain.money import ZERO, share
from khaossync.domain.refunds import Refund, RefundLine
from khaossync.domain.rules import ChannelRules


def credit_note(refund: Refund, link: Link, rules: ChannelRules) -> CreditNote:
    """Mirror a refund against the sales order of its order.

    The total is the money that moved, so the adjustment is what lines and delivery leave of it (negative when
    less moved than came back). A line that we did not send keeps its place under the stock code of its SKU. A bundle
    is credited by its parts, each with its share of the money as it was sold.
    """
    sent = {line.line_id: line for line in link.lines}
    known = ((line, sent.get(line.line_id) or _as_configured(line, rules)) for line in refund.lines)
    lines = tuple(chain.from_iterable(_credited(line, sold, refund.currency) for line, sold in known))
    return CreditNote(
        channel=refund.channel,
        order_id=refund.order_id,
        order_number=refund.order_number,
        ref=link.ref,
        sales_order_code=link.sales_order_code,
        refund_id=refund.refund_id,
        refunded_at=refund.refunded_at,
        currency=refund.currency,
        lines=lines,
        delivery=refund.delivery,
        adjustment=refund.total - refund.delivery - sum((line.amount for line in lines), ZERO),
        total=refund.total,
        note=refund.note,
    )


def _as_configured(line: RefundLine, rules: ChannelRules) -> SentLine:
    parts = rules.bundles.get(line.sku, {})
    told = tuple(SentPart(code, each, Decimal(each)) for code, each in parts.items())
    return SentLine(line.line_id, line.sku, rules.stock_code(line.sku), 1, told)


def _credited(line: RefundLine, sold: SentLine, currency: str) -> Iterator[CreditLine]:
    if not sold.parts:
        yield CreditLine(sold.stock_code, line.sku, line.quantity, line.amount, line.tax, line.restocked)
        return
    weights = [part.amount for part in sold.parts]
    amounts, taxes = share(line.amount, weights, currency), share(line.tax, weights, currency)
    for part, amount, tax in zip(sold.parts, amounts, taxes, strict=True):
        units = part.quantity // sold.quantity * line.quantity
        yield CreditLine(part.stock_code, line.sku, units, amount, tax, line.restocked)


def figures(note: CreditNote) -> Mapping[str, str]:
    """Exactly what a person keys: the sales order, each line with its amount and its goods, and the sums."""
    return {
        "sales order": note.sales_order_code,
        "reference": note.ref,
        "order": note.order_number,
        "refund": note.refund_id,
        "refunded at": f"{note.refunded_at:%Y-%m-%d %H:%M} UTC",
        "currency": note.currency,
        **{f"line {number}": _told(line) for number, line in enumerate(note.lines, start=1)},
        "delivery": f"{note.delivery:f}",
        "adjustment": f"{note.adjustment:f}",
        "total": f"{note.total:f}",
    }


def _told(line: CreditLine) -> str:
    goods = "back into stock" if line.restocked else "not back into stock"
    code = line.stock_code or "(no stock code)"
    return f"{code} × {line.quantity} = {line.amount:f} (tax {line.tax:f}), {goods}"
