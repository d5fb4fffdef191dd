"""What every field of the schema shows: one table per part of the shop."""

from typing import Any

from khaossync.sandbox.shopify.catalogue import Item, Level, Location
from khaossync.sandbox.shopify.fulfilments import Fulfilment, FulfilmentLine, FulfilmentOrder, Hold, Shipped
from khaossync.sandbox.shopify.orders import (
    Adjustment,
    DiscountApplication,
    Line,
    LineGroup,
    Order,
    Refund,
    RefundShipping,
    Transaction,
)
from khaossync.sandbox.shopify.people import Address, CompanyRecord, Customer
from khaossync.sandbox.shopify.resolvers import (
    catalogue,
    fulfilments,
    lookup,
    mutations,
    orders,
    people,
    queries,
    refunds,
    shop,
)
from khaossync.sandbox.shopify.schema import As, Table
from khaossync.sandbox.shopify.state import Metafield, Subscription

TABLE: Table = {
    **lookup.TABLE,
    **queries.TABLE,
    **mutations.TABLE,
    **orders.TABLE,
    **refunds.TABLE,
    **fulfilments.TABLE,
    **catalogue.TABLE,
    **people.TABLE,
    **shop.TABLE,
}

_NAMES = {
    Address: "MailingAddress",
    Adjustment: "OrderAdjustment",
    CompanyRecord: "PurchasingCompany",
    Customer: "Customer",
    Fulfilment: "Fulfillment",
    FulfilmentLine: "FulfillmentOrderLineItem",
    FulfilmentOrder: "FulfillmentOrder",
    Hold: "FulfillmentHold",
    Item: "InventoryItem",
    Level: "InventoryLevel",
    Line: "LineItem",
    LineGroup: "LineItemGroup",
    Location: "Location",
    Metafield: "Metafield",
    Order: "Order",
    Refund: "Refund",
    RefundShipping: "RefundShippingLine",
    Shipped: "FulfillmentLineItem",
    Subscription: "WebhookSubscription",
    Transaction: "OrderTransaction",
}


def typename_of(record: Any, *_: Any) -> str:
    """The GraphQL type of a record where the schema leaves it open; a discount's value is always an amount."""
    if isinstance(record, As | DiscountApplication):
        return record.typename
    return _NAMES.get(type(record), "MoneyV2")
