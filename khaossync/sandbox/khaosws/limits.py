"""What SALES_ORDERS may hold: the tags of each section, which are compulsory, and how long their text may be."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Tag:
    """One tag; a `length` of 0 is unlimited. `kind` is text, number, integer, flag, date or free (any content)."""

    kind: str = "text"
    length: int = 0
    required: bool = False


def _section(text: str) -> dict[str, Tag]:
    """`NAME`, `NAME:kind` and `NAME:length` words; an exclamation mark makes the tag compulsory."""
    words = ((*word.rstrip("!").partition(":"), word.endswith("!")) for word in text.split())
    return {
        name: Tag("text", int(rest), required) if rest.isdigit() else Tag(rest or "text", 0, required)
        for name, _, rest, required in words
    }


CUSTOMER = _section(
    "IS_NEW_CUSTOMER:flag! COMPANY_CODE:10 OTHER_REF:30 OTHER_REF_TYPE WEB_USER:50 COMPANY_CLASS COMPANY_TYPE "
    "COMPANY_NAME:50 WEB_SITE SOURCE_CODE MAILING_STATUS:integer OPTIN_NEWSLETTER:flag TAX_REFERENCE:20 UDA:free "
    "GIFT_AID:flag VAT_RELIEF_QUALIFIED:flag ADDRESSES:free! CUSTOM:free"
)
ADDRESS = _section(
    "ADDRESS_ID ADDRESS1:35! ADDRESS2:35 ADDRESS3:35 TOWN:35! COUNTY:35 POSTCODE:10! COUNTRY_CODE COUNTRY_NAME "
    "CONTACT_ID TITLE:20 FORENAME:50 SURNAME:50! TEL FAX MOBILE EMAIL:50 EMAIL_SUBSCRIBER:flag DOB:date ORGANISATION "
    "PREFERRED_COMMUNICATION_METHOD"
)
PAYMENT = _section(
    "PAYMENT_AMOUNT:number! PAYMENT_TYPE:integer! CARD_TYPE CARD_NUMBER CARD_HOLDER CARD_ISSUE CARD_START CARD_EXPIRE "
    "PREAUTH:flag AUTH_CODE TRANSACTION_ID PSP_CODE PREAUTH_REF SECURITY_REF SECURITY_COMMENT ACCOUNT_NUMBER "
    "ACCOUNT_NAME CREDIT_SCORE TRANSACTION_TIMESTAMP:date CHARGE_AMOUNT:number"
)
HEADER = _section(
    "ORDER_DATE:date DELIVERY_DATE:date ORDER_AMOUNT:number ORDER_CURRENCY_CODE SITE ASSOCIATED_REF! AGENT "
    "ORDER_NOTE:2000 INVOICE_NOTE:2000 DELIVERY_NET:number DELIVERY_TAX:number DELIVERY_GRS:number COURIER_CODE "
    "COURIER_DESC PO_NUMBER:30 KEYCODE_CODE BRAND SALES_SOURCE COURIER_NOTE:255 INV_PRIORITY GIFT_AID:flag "
    "MANUAL_RECEIVED:flag REQUIRED_BY_DATE:date CLIENT_NAME CUSTOM:free COMM_LOGS:free WEBSITE_NAME "
    "CHANNEL_ID:integer SHIP_DATE:date CONSIGNMENT_REF"
)
ITEM = _section(
    "STOCK_CODE:50! MAPPING_TYPE:integer! STOCK_DESC:250 EXTENDED_DESC ORDER_QTY:number! PRICE_NET:number "
    "PRICE_GRS:number TAX_RATE:integer OPTION_REF1 OPTION_REF2 OPTION_REF3 CUSTOM:free FREEITEM_REASON IMPORT_REF "
    "WEBITEM_REF KSD_DISCOUNT:number PACK_SORT_ORDER SITE"
)
EXTENDED_LINE = 150

_FORMS: Mapping[str, re.Pattern[str]] = {
    "number": re.compile(r"-?\d+(\.\d+)?", re.ASCII),
    "integer": re.compile(r"-?\d+", re.ASCII),
    "flag": re.compile(r"-1|0", re.ASCII),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2})?", re.ASCII),
}


def complaint(name: str, tag: Tag, text: str) -> str:
    """What is wrong with a tag's text, empty if nothing is."""
    if not text:
        return f"{name} is compulsory" if tag.required else ""
    if tag.length and len(text) > tag.length:
        return f"{name} is {len(text)} characters long, the field holds {tag.length}"
    form = _FORMS.get(tag.kind)
    return "" if form is None or form.fullmatch(text) else f"'{text}' is not a valid {tag.kind} for {name}"
