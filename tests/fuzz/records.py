"""Honest records to be spoilt: of both systems, each with all that its reader looks at."""

from typing import Any

from channels.shopify import answers
from examples import NOON
from fuzz.nonsense import Json, replaced

from khaossync.channels.shopify.documents import listing_document, order_document, refund_document
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.listing_mapping import read_listing
from khaossync.domain.documents import Document

ORDER: Json = answers.order(
    total="13.00",
    tax="3.00",
    lineItems=answers.nodes(answers.line(taxLines=[answers.tax("2.00")], discountAllocations=[answers.off("5.00")])),
    shippingLines=answers.nodes(answers.shipping(taxLines=[answers.tax("1.00")])),
    refunds=[answers.refunded(MUG=1)],
    transactions=[
        answers.transaction(),
        answers.transaction("CHANGE", "1.00", 2, parentTransaction={"id": "gid://shopify/OrderTransaction/1"}),
    ],
)
REFUND: Json = answers.refund()
LISTING: Json = replaced(answers.item(5, "MUG"), ("inventoryLevels", "nodes", 0, "location", "id"), "loc-1")


def read_shop(kind: str, record: Any) -> Document:
    """A record of the shop as a document; raises MalformedError."""
    node = Node.of(record, kind)
    match kind:
        case "order":
            return order_document(node, "shop")
        case "refund":
            return refund_document(node, "shop")
    return listing_document(node, read_listing(node, ()), "shop", NOON)


SHOP: dict[str, Json] = {"order": ORDER, "refund": REFUND, "listing": LISTING}

STATE = (
    '<ORDER_STATUS SORDER_CODE="SO1" ASSOCIATED_REF="S5001" CURRENCY_CODE="GBP"><ORDER_TYPE TYPE_ID="1">Sales'
    "</ORDER_TYPE><COURIER>RM48</COURIER><DATE_CREATED>02/11/2026</DATE_CREATED><COMPLETE>-1</COMPLETE>"
    '<ITEMS_TOTAL NET_VALUE="10.00">12.00</ITEMS_TOTAL><DELIVERY_TOTAL NET_VALUE="5.00">6.00</DELIVERY_TOTAL>'
    '<CANCELLED CANCELLED_DATE_TIME="30/12/1899"><REASON/></CANCELLED><INVOICES><INVOICE INVOICE_CODE="I1" '
    'INVOICE_STAGE_ID="14" SHIP_DATE="01/11/2026" CONSIGNMENT_REF="T1" QTY_SENT="2" ISSUE_DATE="2026-11-01T10:00:00" '
    'TRACKING_URL="https://track.example/1"><INVOICE_ITEMS><INVOICE_ITEM STOCK_CODE="MUG" QTY_SENT="2"/>'
    '</INVOICE_ITEMS><BOX SHIPPED="-1" SHIP_DATE="01/11/2026" CONSIGNMENT_REF="T1"><BOX_ITEM STOCK_CODE="MUG" '
    'QTY_SENT="2"/></BOX></INVOICE></INVOICES></ORDER_STATUS>'
)
STATUS = '<STOCK_ITEM CODE="MUG" LEVEL="10" STATUS="1" BUILD_POTENTIAL_CHILDREN="2"/>'
ITEM = (
    "<STOCK_ITEM><STOCK_CODE>MUG</STOCK_CODE><STOCK_DESC>Mug</STOCK_DESC><DISCONTINUED>0</DISCONTINUED>"
    '<STOCK_CONTROLLED>-1</STOCK_CONTROLLED><LINKED_ITEMS><LINK_ITEM LINK_TYPE="3" STOCK_CODE="TEA" LINK_VALUE="2"/>'
    '</LINKED_ITEMS><SCS><STYLE><SCS_ITEM STOCK_CODE="MUG-R" RUN_TO_ZERO="0"/></STYLE></SCS></STOCK_ITEM>'
)
