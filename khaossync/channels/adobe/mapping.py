"""An order of the REST API, with its credit memos and products, as an Order: what is owed now, to the penny."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from khaossync.channels.adobe import buyer
from khaossync.channels.adobe.charges import Line, Shipping, read_line, read_shipping, settle, shipped
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.oddities import oddities
from khaossync.channels.adobe.options import Chosen, Products, read_options
from khaossync.channels.adobe.payments import on_terms, own_money, payment_state, payments
from khaossync.channels.adobe.refund_mapping import is_void, moved
from khaossync.channels.adobe.rows import Row, charged, rows
from khaossync.domain.money import ZERO, rounded
from khaossync.domain.orders import Extra, Order

CANCELLED = "canceled"
ECO_TAX, FEE, GIFT_WRAP, UNTAXED_DISCOUNT = "eco_tax", "custom_fee", "gift_wrap", "untaxed_discount"
"""The names of extras, as the channel's money codes map them."""

_WRAPS = ("gw_price", "gw_items_price", "gw_card_price", "gw_tax_amount", "gw_items_tax_amount", "gw_card_tax_amount")
_WRAPS_BACK = (
    "gw_price_refunded",
    "gw_items_price_refunded",
    "gw_card_price_refunded",
    "gw_tax_amount_refunded",
    "gw_items_tax_refunded",
    "gw_card_tax_refunded",
)


@dataclass(frozen=True, slots=True)
class Papers:
    """An order with all that belongs to it: its credit memos, and the products of items with custom options."""

    order: Node
    memos: tuple[Node, ...]
    products: Products


def read_order(papers: Papers, channel: str, settings: Settings) -> Order:
    """The order, in the order's own currency throughout. Raises MalformedError for a field that is missing or wrong.

    `total` is the grand total, and what the shop's own money paid of it, less what was cancelled and given back;
    adjustments of credit memos are no part of any line, so they are left to the refunds.
    """
    node, memos = papers.order, [memo for memo in papers.memos if not is_void(memo)]
    currency, called_off = node.currency("order_currency_code"), node.text("state") == CANCELLED
    sold = rows(node)
    lines = [read_line(row, memos, called_off, currency) for row in sold]
    shipping = read_shipping(node, memos)
    extras = [*_extras(node, sold), Extra(UNTAXED_DISCOUNT, -sum((line.untaxed for line in lines), ZERO))]
    total = _total(node, memos, called_off)
    tax = _tax(node, lines, shipping, sold, currency)
    charges = [line.charge for line in lines] + ([shipping.charge] if shipping else [])
    settle(charges, total - sum((extra.amount for extra in extras), ZERO), tax, currency)
    named = [read_options(line.row.payer, line.row.sku, papers.products, settings) for line in lines]
    discount = node.text_or("discount_description") or node.text_or("coupon_code") or "Discount"
    return Order(
        channel=channel,
        order_id=node.ident("entity_id"),
        number=node.ident("increment_id"),
        placed_at=node.instant("created_at"),
        updated_at=node.instant("updated_at"),
        currency=currency,
        gross=True,
        payment=payment_state(node),
        confirmed=buyer.confirmed(node),
        test=False,
        cancelled_at=node.instant("updated_at") if called_off else None,
        customer=buyer.customer(node),
        billing=buyer.billing(node),
        shipping=buyer.shipping(node),
        lines=tuple(
            line.told(
                of.sku,
                line.row.payer.text_or("name") if of.notes else line.row.item.text_or("name"),
                discount,
                currency,
            )
            for line, of in zip(lines, named, strict=True)
            if line.ordered
        ),
        deliveries=(shipping.told(discount, currency),) if shipping else (),
        payments=payments(node, currency),
        extras=tuple(extra for extra in extras if extra.amount),
        tax=rounded(tax, currency),
        total=rounded(total, currency),
        refund_ids=tuple(memo.ident("entity_id") for memo in memos),
        note=_note(node, named),
        purchase_order=node.node_or_empty("payment").ident_or("po_number"),
        risk=buyer.risk(node),
        tags=buyer.labels(node),
        company=buyer.company(node),
        on_terms=on_terms(node, settings.terms_methods),
        oddities=oddities(node, sold, currency),
    )


def _total(node: Node, memos: Sequence[Node], called_off: bool) -> Decimal:
    cancelled = ZERO if called_off else node.number_or("total_canceled")
    own = sum(own_money(node).values(), ZERO)
    back = sum((moved(memo) - memo.number_or("adjustment") for memo in memos), ZERO)
    return node.number("grand_total") + own - cancelled - back


def _tax(
    node: Node,
    lines: Sequence[Line],
    shipping: Shipping | None,
    sold: Sequence[Row],
    currency: str,
) -> Decimal:
    """The order's tax less what its parts lost since: cancelled units and what was given back."""
    before = sum((row.shared(charged(row.payer), currency).tax for row in sold), ZERO) + shipped(node).tax
    now = sum((line.charge.tax for line in lines), ZERO) + (shipping.charge.tax if shipping else ZERO)
    return node.number("tax_amount") - before + now


def _extras(node: Node, sold: Sequence[Row]) -> list[Extra]:
    more = node.node_or_empty("extension_attributes")
    payers = {row.payer.ident("item_id"): row.payer for row in sold}
    eco = sum((item.number_or("weee_tax_applied_row_amount") for item in payers.values()), ZERO)
    fees = [
        Extra(FEE, fee.number_or("custom_fee_amount") - fee.number_or("custom_fee_amount_refunded"))
        for fee in more.items("custom_fees")
    ]
    wraps = sum(map(more.number_or, _WRAPS), ZERO) - sum(map(more.number_or, _WRAPS_BACK), ZERO)
    return [Extra(ECO_TAX, eco), *fees, Extra(GIFT_WRAP, wraps)]


def _note(node: Node, named: Sequence[Chosen]) -> str:
    chosen = [note for each in named for note in each.notes]
    return "\n".join(filter(None, (node.text_or("customer_note").strip(), *dict.fromkeys(chosen))))
