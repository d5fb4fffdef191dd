"""Cases: business exceptions that await a person, each class with its owner, its urgency and its recipe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from khaossync.domain.owners import Owner


class CaseClass(StrEnum):
    """Every reason for which a document can wait for a person."""

    UNREADABLE_DOCUMENT = "unreadable_document"
    UNMAPPED_SKU = "unmapped_sku"
    DUPLICATE_SKU = "duplicate_sku"
    DISCONTINUED_ITEM = "discontinued_item"
    UNMAPPED_DELIVERY_METHOD = "unmapped_delivery_method"
    UNMAPPED_TAX_RATE = "unmapped_tax_rate"
    UNKNOWN_MONEY = "unknown_money"
    TOTAL_MISMATCH = "total_mismatch"
    TAX_MISMATCH = "tax_mismatch"
    FOREIGN_CURRENCY = "foreign_currency"
    ADDRESS_DOES_NOT_FIT = "address_does_not_fit"
    REFERENCE_TOO_LONG = "reference_too_long"
    ORDER_REFUSED = "order_refused"
    CREDIT_NOTE_TO_KEY = "credit_note_to_key"
    ORDER_TO_CANCEL = "order_to_cancel"
    ORDER_TO_AMEND = "order_to_amend"
    CANCELLED_IN_ERP = "cancelled_in_erp"
    ORPHANED_DESPATCH = "orphaned_despatch"
    UNALLOCATED_DESPATCH = "unallocated_despatch"
    DESPATCH_REFUSED = "despatch_refused"
    STOCK_REFUSED = "stock_refused"
    UNMAPPED_LISTING = "unmapped_listing"
    NEGATIVE_STOCK = "negative_stock"
    OVERSOLD = "oversold"
    STOCK_CHANGED_IN_SHOP = "stock_changed_in_shop"
    CLOSEOUT_LEFT = "closeout_left"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    EXPIRED = "expired"
    NO_ROUTE = "no_route"
    ORDER_HELD = "order_held"
    UNMAPPED_CUSTOMER = "unmapped_customer"
    REFERENCE_TAKEN = "reference_taken"


@dataclass(frozen=True, slots=True)
class Playbook:
    """What a person needs besides the record: who acts, how soon, and the steps."""

    owner: Owner
    urgent: bool
    title: str
    recipe: str


@dataclass(frozen=True, slots=True)
class Case:
    """One business exception.

    `subject` is the record in the words of the person who looks for it (an order key, a SKU);
    two cases with the same class, source and subject are the same case while it is open.
    """

    case_class: CaseClass
    source: str
    subject: str
    detail: str
    evidence: Mapping[str, str] = field(default_factory=dict)

    @property
    def playbook(self) -> Playbook:
        """The default owner, urgency, title and recipe of this class."""
        return PLAYBOOKS[self.case_class]


_RETRY = "then run `khaossync cases retry <case>`"
_RESTART = "restart khaossync, for it reads its configuration only then; what waits goes on by itself"
_READ_AGAIN = "once the shop shows it so, the order goes on by itself"

PLAYBOOKS: Mapping[CaseClass, Playbook] = {
    CaseClass.UNREADABLE_DOCUMENT: Playbook(
        Owner.PLATFORM,
        False,
        "A document could not be read",
        "Read the kept raw text with `khaossync cases show <case>`; the reason names the field. "
        "When the sender has mended the record it is read again by itself; a message that waits with this case goes "
        f"on when you {_RETRY[5:]}.",
    ),
    CaseClass.UNMAPPED_SKU: Playbook(
        Owner.OPERATIONS,
        True,
        "An ordered SKU has no stock code",
        "Create the stock code in Khaos Control: with the next reading of its catalogue the order goes on by itself "
        f"(sooner: `khaossync cases retry <case>`); or map the SKU in the channel's [skus] table and {_RESTART}.",
    ),
    CaseClass.DUPLICATE_SKU: Playbook(
        Owner.ECOMMERCE,
        False,
        "Several listings share one SKU",
        "Give each variant in the shop its own SKU; until then its stock is not pushed, for a guess would oversell.",
    ),
    CaseClass.DISCONTINUED_ITEM: Playbook(
        Owner.CUSTOMER_SERVICE,
        True,
        "An ordered item is discontinued or run to zero in the ERP",
        f"Offer the customer another item or a refund in the shop ({_READ_AGAIN}), or reopen the stock item in Khaos "
        "Control, and the order goes on with the next reading of its catalogue.",
    ),
    CaseClass.UNMAPPED_DELIVERY_METHOD: Playbook(
        Owner.OPERATIONS,
        True,
        "A delivery method has no courier",
        f"Add the method to the channel's [couriers] table, {_RESTART}.",
    ),
    CaseClass.UNMAPPED_TAX_RATE: Playbook(
        Owner.FINANCE,
        False,
        "A tax rate has no tax code",
        f"Add the rate to the channel's [tax_codes] table, {_RESTART}.",
    ),
    CaseClass.UNKNOWN_MONEY: Playbook(
        Owner.FINANCE,
        False,
        "An order carries money that no rule maps",
        f"Decide which stock code books it, add it to the channel's [money_codes] table, {_RESTART}.",
    ),
    CaseClass.TOTAL_MISMATCH: Playbook(
        Owner.FINANCE,
        True,
        "An order's parts do not add up to its total",
        "Compare the figures in the evidence with the order in the shop; key the order by hand or correct it there.",
    ),
    CaseClass.TAX_MISMATCH: Playbook(
        Owner.FINANCE,
        False,
        "The VAT that the ERP will compute differs from what the customer paid",
        "Check the VAT rate of each item on both sides; correct the wrong one, " + _RETRY + ".",
    ),
    CaseClass.FOREIGN_CURRENCY: Playbook(
        Owner.FINANCE,
        False,
        "An order is in a currency that the channel does not accept",
        f"Add the currency to the channel's `currencies` when Khaos Control has customers in it, {_RESTART}.",
    ),
    CaseClass.ADDRESS_DOES_NOT_FIT: Playbook(
        Owner.CUSTOMER_SERVICE,
        True,
        "An address does not fit the ERP's fields",
        f"Shorten the named field in the shop's order so that nothing is lost; {_READ_AGAIN}. What the shop "
        "does not let you change (an e-mail address of more than 50 characters) leaves one way: key the order in Khaos "
        "Control by hand and close this case with `khaossync cases ignore <case> --reason 'keyed by hand'`.",
    ),
    CaseClass.REFERENCE_TOO_LONG: Playbook(
        Owner.PLATFORM,
        False,
        "An order reference is longer than the ERP takes",
        "Shorten the channel's `prefix` (only before go-live: a changed prefix changes every reference) "
        "or raise the ERP's `reference_limit` if your Khaos Control allows it; restart khaossync, and change the order "
        "in the shop (a tag will do) so that it is read again.",
    ),
    CaseClass.ORDER_REFUSED: Playbook(
        Owner.OPERATIONS,
        True,
        "The ERP refused an order",
        f"Read the ERP's own words in the detail, mend what they name, {_RETRY}.",
    ),
    CaseClass.CREDIT_NOTE_TO_KEY: Playbook(
        Owner.FINANCE,
        False,
        "A refund awaits its credit note",
        "In Khaos Control open the sales order in the evidence, create the return with exactly these lines and "
        "figures, then run `khaossync cases ignore <case> --reason 'credit note <number>'`.",
    ),
    CaseClass.ORDER_TO_CANCEL: Playbook(
        Owner.WAREHOUSE,
        True,
        "A cancelled order is already in the ERP",
        "Stop the sales order in the evidence before it is picked and cancel it in Khaos Control, then close this "
        "case with `khaossync cases ignore <case> --reason cancelled`.",
    ),
    CaseClass.ORDER_TO_AMEND: Playbook(
        Owner.WAREHOUSE,
        True,
        "An order was edited after it reached the ERP",
        "Hold the sales order in the evidence, amend it to the lines shown, then close this case with "
        "`khaossync cases ignore <case> --reason amended`.",
    ),
    CaseClass.CANCELLED_IN_ERP: Playbook(
        Owner.CUSTOMER_SERVICE,
        True,
        "The ERP cancelled an order that the shop still holds open",
        "Tell the customer, refund and cancel the order in the shop.",
    ),
    CaseClass.ORPHANED_DESPATCH: Playbook(
        Owner.OPERATIONS,
        True,
        "A despatch belongs to no order that we sent",
        "Find the order in the shop by the reference in the evidence and fulfil it there by hand.",
    ),
    CaseClass.UNALLOCATED_DESPATCH: Playbook(
        Owner.OPERATIONS,
        True,
        "Despatched items do not match the order's lines",
        "Compare the despatch with the order; fulfil the lines in the shop by hand with the tracking in the evidence.",
    ),
    CaseClass.DESPATCH_REFUSED: Playbook(
        Owner.OPERATIONS,
        True,
        "The shop refused a fulfilment",
        f"Read the shop's words in the detail (a hold? a moved location?), mend it in the shop, {_RETRY}.",
    ),
    CaseClass.STOCK_REFUSED: Playbook(
        Owner.OPERATIONS,
        False,
        "The shop refused a stock level",
        f"Read the shop's words in the detail; stop selling the item until it is mended, {_RETRY}.",
    ),
    CaseClass.UNMAPPED_LISTING: Playbook(
        Owner.ECOMMERCE,
        False,
        "Something is for sale that the ERP does not know",
        "Create the stock code in Khaos Control, correct the SKU in the shop, or map it in the channel's [skus] or "
        "[bundles] table, before the first order of it comes and has to wait. The case closes by itself. What needs no "
        "stock code: `khaossync cases ignore <case>`, and it is not told again until the listing changes.",
    ),
    CaseClass.NEGATIVE_STOCK: Playbook(
        Owner.OPERATIONS,
        False,
        "The ERP has less than none of an item free",
        "Find out in Khaos Control what took it below zero (a miscount, a sale from another channel, goods not booked "
        "in) and correct it there. The shops show none left meanwhile; the case closes by itself.",
    ),
    CaseClass.OVERSOLD: Playbook(
        Owner.CUSTOMER_SERVICE,
        True,
        "More was sold than there is",
        "The newest orders of the item cannot be sent: tell the customers, offer another item or a refund, or buy in. "
        "The case closes by itself when what was sold is covered.",
    ),
    CaseClass.STOCK_CHANGED_IN_SHOP: Playbook(
        Owner.ECOMMERCE,
        False,
        "A quantity was changed in the shop",
        "Khaos Control is the master of stock, so the quantity has been set back. Somebody changed it in the shop, or "
        "the shop put returned goods back: book that in Khaos Control, and it reaches the shop by itself. The case "
        "closes when the quantity is next seen to agree.",
    ),
    CaseClass.CLOSEOUT_LEFT: Playbook(
        Owner.ECOMMERCE,
        False,
        "A closeout item is sold out in the shop and not in the ERP",
        "Sell what is left in another way, write it off in Khaos Control, or give the SKU a buffer of 0 in the table "
        f"[buffers], {_RESTART}. The case closes by itself.",
    ),
    CaseClass.ATTEMPTS_EXHAUSTED: Playbook(
        Owner.PLATFORM,
        True,
        "A message was tried as often as allowed",
        f"Read the last error; when its cause is gone, {_RETRY[5:]}.",
    ),
    CaseClass.EXPIRED: Playbook(
        Owner.PLATFORM,
        True,
        "A message waited longer than it may",
        f"Find out why the system was away so long, {_RETRY}.",
    ),
    CaseClass.NO_ROUTE: Playbook(
        Owner.PLATFORM,
        False,
        "The destination cannot take this kind of work",
        "Do it there by hand with the figures in the evidence, then close this case with `khaossync cases ignore`.",
    ),
    CaseClass.ORDER_HELD: Playbook(
        Owner.CUSTOMER_SERVICE,
        True,
        "The shop's fraud screening advises against an order",
        "Look at the risk analysis of the order in the shop. If it is good, give it the tag that the evidence names; "
        "if not, cancel and refund it there. Either way this case closes by itself.",
    ),
    CaseClass.UNMAPPED_CUSTOMER: Playbook(
        Owner.ECOMMERCE,
        True,
        "A business customer has no customer in the ERP",
        "Find or create the customer in Khaos Control. Write its code (URN) into the external id of the company or of "
        f"its location in the shop, {_RETRY}; or add the company to the channel's [companies] table and {_RESTART}.",
    ),
    CaseClass.REFERENCE_TAKEN: Playbook(
        Owner.PLATFORM,
        True,
        "Another order has this order's reference in the ERP",
        "`khaossync trace <reference>` shows the other order. If the two are one order (a channel was renamed), it is "
        "in Khaos Control already: close this case with `khaossync cases ignore <case>`. If they are two, key this one "
        "by hand, close the case likewise, and give the channels prefixes of their own before more orders meet.",
    ),
}
