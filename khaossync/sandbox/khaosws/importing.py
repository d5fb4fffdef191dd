"""ImportOrders: books what it understands, skips what it knows or cannot sell, and fails on anything odd."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.khaosws import document
from khaossync.sandbox.khaosws.customers import CustomerFile
from khaossync.sandbox.khaosws.document import Draft
from khaossync.sandbox.khaosws.encode import Array, Struct
from khaossync.sandbox.khaosws.habits import Habits, Verdict
from khaossync.sandbox.khaosws.lines import Lines, UnsellableError
from khaossync.sandbox.khaosws.masters import Masters
from khaossync.sandbox.khaosws.orders import OrderBook
from khaossync.sandbox.khaosws.records import Customer, Order, OrderLine, Payment, Portion
from khaossync.sandbox.khaosws.soap import SoapFaultError
from khaossync.sandbox.khaosws.stock import Stockroom
from khaossync.sandbox.khaosws.totals import Totals

_KNOWN = ("Order {} has already been imported", "Associated Ref {} already exists", "{}: duplicate order, ignored")
_STAGING, _RELEASED, _AUTHORISE_PAYMENT = 10, 9, 11
_CARD = 2


class _SkippedError(Exception):
    """One order is left out; the reason is for people and is worded now this way, now that."""


@dataclass
class Tally:
    """What became of imports: how often each ref came, and how the orders ended."""

    seen: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)


class Importer:
    """Books orders into the order book. Orders before a failing one in the same document stay booked."""

    def __init__(
        self,
        orders: OrderBook,
        stockroom: Stockroom,
        masters: Masters,
        habits: Habits,
        now: Callable[[], datetime],
        dice: random.Random,
        *,
        reference_limit: int,
        delivery_charge: Decimal,
    ) -> None:
        self.tally = Tally()
        self._orders, self._stockroom, self._masters, self._habits = orders, stockroom, masters, habits
        self._now, self._dice = now, dice
        self.customers = CustomerFile()
        self._lines = Lines(stockroom, masters)
        self._reference_limit, self._delivery_charge = reference_limit, delivery_charge

    def run(self, text: str) -> Struct:
        """Import a document and answer with a TOrderImportResult; SoapFaultError fails the call."""
        booked: list[Struct] = []
        skipped: list[Struct] = []
        try:
            for draft in document.read(text, self._reference_limit):
                self.tally.seen[draft.ref] += 1
                try:
                    booked.append(_imported(self._book(draft)))
                    self.tally.outcomes["imported"] += 1
                except _SkippedError as reason:
                    skipped.append(Struct("TOrderSkipped", {"OrderRef": draft.ref, "SkipReason": str(reason)}))
                    self.tally.outcomes["skipped"] += 1
        except SoapFaultError:
            self.tally.outcomes["faulted"] += 1
            raise
        return Struct(
            "TOrderImportResult",
            {
                "ImportedCount": len(booked),
                "OrderImport": Array("TOrderImport", booked),
                "OrderSkipped": Array("TOrderSkipped", skipped),
            },
        )

    def _book(self, draft: Draft) -> Order:
        self._check_ref(draft.ref)
        self._check_company(draft)
        self._check_masters(draft)
        try:
            lines = self._lines.build(draft)
        except UnsellableError as error:
            raise self._refusal(self._habits.unsellable, f"Order {draft.ref}: {error}") from error
        delivery = self._lines.delivery(draft.header, self._delivery_charge)
        self._check_amount(draft, sum((line.totals for line in lines), delivery))
        order = self._order(draft, lines, delivery)
        portions = [Portion(line.stock_code, line.quantity, line.site) for line in lines]
        self._orders.add_invoice(order, self._first_stage(order), portions)
        for line in lines:
            self._stockroom.shift(line.stock_code, line.site, reserved=line.quantity)
        self._orders.add(order)
        return order

    def _check_ref(self, ref: str) -> None:
        known = self._orders.by_ref(ref)
        if known is None or (known.cancelled and self._habits.cancelled_frees_ref):
            return
        if self._habits.duplicate is not Verdict.ACCEPT:
            raise self._refusal(self._habits.duplicate, self._dice.choice(_KNOWN).format(ref))

    def _check_company(self, draft: Draft) -> None:
        """A URN that nobody has means nobody: somebody keyed it wrongly, or the company was merged away."""
        code = draft.customer.get("COMPANY_CODE", "")
        if not code or draft.customer["IS_NEW_CUSTOMER"] == "-1" or self.customers.find("COMPANY_CODE", code):
            return
        if self._habits.unknown_company is Verdict.ACCEPT:
            return
        raise self._refusal(self._habits.unknown_company, f"Order {draft.ref}: company {code} does not exist")

    def _check_masters(self, draft: Draft) -> None:
        """Names that the server does not know are faults, found before anything is booked."""
        self._masters.courier(draft.header)
        self._masters.sales_source(draft.header.get("SALES_SOURCE", ""))
        self._masters.company_class(draft.customer.get("COMPANY_CLASS", ""))
        for address in (draft.invoice_address, draft.delivery_address):
            self._masters.check_country(address)

    def _check_amount(self, draft: Draft, totals: Totals) -> None:
        stated = draft.header.get("ORDER_AMOUNT")
        if stated is None or Decimal(stated) == totals.gross or self._habits.mismatch is Verdict.ACCEPT:
            return
        text = f"Order {draft.ref}: ORDER_AMOUNT {stated} differs from the calculated total {totals.gross}"
        raise self._refusal(self._habits.mismatch, text)

    @staticmethod
    def _refusal(verdict: Verdict, text: str) -> Exception:
        return SoapFaultError(text) if verdict is Verdict.FAULT else _SkippedError(text)

    def _order(self, draft: Draft, lines: list[OrderLine], delivery: Totals) -> Order:
        header = draft.header
        customer = self._customer(draft)
        return Order(
            sorder_code=self._orders.next_code(),
            ref=draft.ref,
            created_at=self._now(),
            currency=customer.currency,
            customer=customer,
            lines=lines,
            delivery=delivery,
            payments=[_payment(tags) for tags in draft.payments],
            site=self._masters.site(header.get("SITE", "")),
            courier=self._masters.courier(header),
            sales_source=header.get("SALES_SOURCE", ""),
            invoice_address=draft.invoice_address,
            delivery_address=draft.delivery_address or draft.invoice_address,
            header=header,
        )

    def _customer(self, draft: Draft) -> Customer:
        company_class = self._masters.company_class(draft.customer.get("COMPANY_CLASS", ""))
        known = self.customers.match(draft.customer)
        currency = draft.header.get("ORDER_CURRENCY_CODE") or (known.currency if known else "GBP")
        self.customers.check_currency(known, currency)
        if known is not None:
            return known
        contact = f"{draft.invoice_address.get('FORENAME', '')} {draft.invoice_address['SURNAME']}".strip()
        name = draft.customer.get("COMPANY_NAME") or contact
        other_ref, web_user = draft.customer.get("OTHER_REF", ""), draft.customer.get("WEB_USER", "")
        code = self.customers.next_code()
        return self.customers.add(Customer(code, other_ref, web_user, company_class, currency, name, self._now()))

    def _first_stage(self, order: Order) -> int:
        """Released or staging, or authorise payment for a card without an authorisation code."""
        if any(payment.kind == _CARD and not payment.auth_code for payment in order.payments):
            return _AUTHORISE_PAYMENT
        return self._dice.choice((_RELEASED, _STAGING))


def _payment(tags: document.Tags) -> Payment:
    amount, kind = Decimal(tags["PAYMENT_AMOUNT"]), int(tags["PAYMENT_TYPE"])
    return Payment(amount, kind, tags.get("AUTH_CODE", ""), tags.get("PREAUTH") == "-1", tags)


def _imported(order: Order) -> Struct:
    return Struct(
        "TOrderImport",
        {
            "SalesOrderCode": order.sorder_code,
            "AssociatedRef": order.ref,
            "Msg": "Order imported",
            "URN": order.customer.code,
            "OtherRef": order.customer.other_ref,
        },
    )
