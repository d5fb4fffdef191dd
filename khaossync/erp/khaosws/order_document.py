"""A sales order as the SALES_ORDERS document that ImportOrders takes (format 1.35)."""

import hashlib
from datetime import tzinfo
from decimal import Decimal

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import ZERO, rounded
from khaossync.domain.orders import Payment
from khaossync.domain.sales_lines import GIFT_CARD
from khaossync.domain.sales_order import SalesLine, SalesOrder
from khaossync.erp.khaosws.addresses import EMAIL, Fields, fields, fit, misfit
from khaossync.erp.khaosws.config import PaymentSettings, Settings
from khaossync.erp.khaosws.markup import Element, branch, document, is_legal, legal, written
from khaossync.erp.khaosws.wire import is_listable, local

STOCK_CODE, DESCRIPTION, CUSTOMER_REF, PURCHASE_ORDER, NOTE, IMPORT_REF = 50, 250, 30, 30, 2000, 50
COMPANY_CODE = 10

_BY_STOCK_CODE = "1"
_STANDARD_RATE = 1
_TRUE = "-1"
_SIX_PLACES = Decimal("0.000001")
_CARD = PaymentSettings()
_USUAL = {GIFT_CARD: PaymentSettings(type=4)}

ON_TERMS = "on_terms"
"""The name in `payments` of what is agreed to be paid later, which no gateway has."""


def order_document(order: SalesOrder, settings: Settings) -> str:
    """The document as text. Raises RejectedError for what Khaos Control could not take without losing something."""
    _require_reference(order.ref, settings.reference_limit)
    root = document("SALES_ORDERS")
    body = branch(root, "SALES_ORDER")
    _customer(branch(body, "CUSTOMER_DETAIL"), order)
    _payments(branch(body, "PAYMENTS"), order, settings)
    _header(branch(body, "ORDER_HEADER"), order, settings)
    lines = branch(body, "ORDER_ITEMS")
    for line in order.lines:
        _line(branch(lines, "ORDER_ITEM"), line, order.currency)
    return written(root)


def _require_reference(ref: str, limit: int) -> None:
    if len(ref) > limit or not is_listable(ref) or not is_legal(ref):
        raise RejectedError(
            f"the reference {ref!r} cannot be an ASSOCIATED_REF: at most {limit} characters and no comma",
            CaseClass.REFERENCE_TOO_LONG,
            evidence={"reference": ref, "limit": str(limit)},
        )


def _customer(body: Element, order: SalesOrder) -> None:
    """Khaos Control matches by COMPANY_CODE, then OTHER_REF, WEB_USER, the address; a guest has no OTHER_REF.

    A constant there would merge all guests into one customer.
    """
    invoice = fields("invoice address", order.invoice_address, order.customer)
    delivery = fields("delivery address", order.delivery_address, order.customer)
    branch(body, "IS_NEW_CUSTOMER", "0")
    if order.customer_code:
        # Who buys for a business is not the business: its own references and its class stay as they are.
        branch(body, "COMPANY_CODE", _company_code(order))
    else:
        _optional(body, "OTHER_REF", _customer_ref(order))
        _optional(body, "WEB_USER", fit("e-mail", order.customer.email, EMAIL))
        _optional(body, "COMPANY_CLASS", order.company_class)
    _optional(body, "COMPANY_NAME", invoice["ORGANISATION"])
    addresses = branch(body, "ADDRESSES")
    _address(branch(addresses, "INVADDR"), "I", invoice)
    if delivery != invoice:
        _address(branch(addresses, "DELADDR"), "D", delivery)


def _company_code(order: SalesOrder) -> str:
    code = order.customer_code
    if len(code) > COMPANY_CODE or not is_legal(code):
        raise RejectedError(
            f"order {order.number}: {code!r} cannot be a customer code: at most {COMPANY_CODE} printable characters",
            CaseClass.UNMAPPED_CUSTOMER,
            evidence={"customer code": code, "company": order.invoice_address.company},
        )
    return code


def _customer_ref(order: SalesOrder) -> str:
    """The shop's customer within its channel; an id too long for the field (a UUID) is replaced by its hash."""
    if not order.customer.customer_id:
        return ""
    ref = f"{order.channel}-{_own_part(order.customer.customer_id)}"
    if len(ref) <= CUSTOMER_REF:
        return ref
    return hashlib.sha256(ref.encode()).hexdigest()[:CUSTOMER_REF]


def _own_part(platform_id: str) -> str:
    """The record's own id within a global one (`gid://…/7` is 7)."""
    return platform_id.rsplit("/", 1)[-1]


def _address(body: Element, prefix: str, told: Fields) -> None:
    for field, text in told.items():
        _optional(body, prefix + field, text)


def _payments(body: Element, order: SalesOrder, settings: Settings) -> None:
    for payment in order.payments:
        if payment.amount:
            booked = settings.payments.get(payment.gateway) or _USUAL.get(payment.gateway, _CARD)
            _payment(branch(body, "PAYMENT_DETAIL"), payment, booked)
    unpaid = order.totals.gross - sum((payment.amount for payment in order.payments), ZERO)
    on_account = settings.payments.get(ON_TERMS)
    if order.on_terms and on_account and unpaid > 0:
        _promise(branch(body, "PAYMENT_DETAIL"), unpaid, on_account)


def _promise(body: Element, amount: Decimal, booked: PaymentSettings) -> None:
    """What is to be paid later has no AUTH_CODE, for that alone would make it paid."""
    branch(body, "PAYMENT_AMOUNT", f"{amount:f}")
    branch(body, "PAYMENT_TYPE", str(booked.type))
    _optional(body, "ACCOUNT_NAME", booked.account_name)


def _payment(body: Element, payment: Payment, booked: PaymentSettings) -> None:
    """A non-empty AUTH_CODE means paid, unless PREAUTH says that the money is only promised. Never card data.

    PayPal is known by a fixed word in both AUTH_CODE and CARD_NUMBER (PSP Required Fields v2.2).
    """
    reference = legal(payment.reference).strip()
    branch(body, "PAYMENT_AMOUNT", f"{payment.amount:f}")
    branch(body, "PAYMENT_TYPE", str(booked.type))
    _optional(body, "CARD_TYPE", booked.card_type)
    _optional(body, "CARD_NUMBER", booked.fixed_code)
    branch(body, "PREAUTH", "0" if payment.captured else _TRUE)
    branch(body, "AUTH_CODE", booked.fixed_code or reference or legal(payment.gateway).strip() or "AUTHORISED")
    _optional(body, "TRANSACTION_ID", reference)
    _optional(body, "PREAUTH_REF", "" if payment.captured else reference)
    _optional(body, "ACCOUNT_NAME", booked.account_name)


def _header(body: Element, order: SalesOrder, settings: Settings) -> None:
    branch(body, "ORDER_DATE", _date(order, settings.zone))
    branch(body, "ORDER_AMOUNT", f"{rounded(order.totals.gross, order.currency):f}")
    branch(body, "ORDER_CURRENCY_CODE", order.currency)
    _optional(body, "SITE", order.site)
    branch(body, "ASSOCIATED_REF", order.ref)
    _optional(body, "ORDER_NOTE", _note("customer's note", order.note))
    branch(body, "INVOICE_NOTE", _note("order number", f"{order.channel} order {order.number} (id {order.order_id})"))
    # Net and tax as the customer paid them: left blank, Khaos Control would charge by its own tariff.
    branch(body, "DELIVERY_NET", f"{order.delivery.net:f}")
    branch(body, "DELIVERY_TAX", f"{order.delivery.tax:f}")
    _optional(body, "COURIER_CODE" if settings.courier_by == "code" else "COURIER_DESC", order.courier)
    _optional(body, "PO_NUMBER", fit("purchase order number", order.purchase_order, PURCHASE_ORDER))
    _optional(body, "SALES_SOURCE", order.sales_source)


def _date(order: SalesOrder, zone: tzinfo) -> str:
    return f"{local(order.placed_at, zone):%Y-%m-%dT%H:%M:%S}"


def _note(field: str, text: str) -> str:
    """A note keeps its line breaks."""
    clean = legal(text).strip()
    if len(clean) > NOTE:
        raise misfit(field, clean, f"has {len(clean)} characters and Khaos Control takes {NOTE}")
    return clean


def _line(body: Element, line: SalesLine, currency: str) -> None:
    tag, price = _price(line, currency)
    branch(body, "STOCK_CODE", _stock_code(line.stock_code))
    branch(body, "MAPPING_TYPE", _BY_STOCK_CODE)
    _optional(body, "STOCK_DESC", _shortened(line.description))
    branch(body, "ORDER_QTY", str(line.quantity))
    branch(body, tag, f"{price:f}")
    branch(body, "TAX_RATE", str(line.tax_code))
    # It never comes back over SOAP, so an id that may not fit is left out rather than cut; so is one of a bundle, which
    # several lines share.
    line_id = "" if line.bundles else _own_part(line.line_id)
    _optional(body, "IMPORT_REF", line_id if len(line_id) <= IMPORT_REF else "")


def _stock_code(code: str) -> str:
    if len(code) > STOCK_CODE or not is_legal(code) or not code.strip():
        raise RejectedError(
            f"{code!r} cannot be a stock code: at most {STOCK_CODE} printable characters; map the SKU to the right one",
            CaseClass.UNMAPPED_SKU,
            evidence={"stock code": code},
        )
    return code


def _shortened(description: str) -> str:
    """The one text that may be cut: the stock code says what is meant."""
    return " ".join(legal(description).split())[:DESCRIPTION].rstrip()


def _price(line: SalesLine, currency: str) -> tuple[str, Decimal]:
    """Gross for the standard rate, net for all others (Web Integration Guide v7.8d, p29); never both.

    A gross line of a reduced rate is sent net only where Khaos Control's net arithmetic comes to the same penny.
    """
    if not line.gross or not line.tax_rate:
        return "PRICE_NET", line.unit_price
    totals = line.totals(currency)
    if line.tax_code == _STANDARD_RATE or rounded(totals.net * line.tax_rate, currency) != totals.tax:
        return "PRICE_GRS", line.unit_price
    return "PRICE_NET", (totals.net / line.quantity).quantize(_SIX_PLACES).normalize()


def _optional(body: Element, tag: str, text: str) -> None:
    if text:
        branch(body, tag, text)
