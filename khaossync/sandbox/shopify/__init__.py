"""A simulated Shopify shop with state, strict where Shopify is strict; `ShopifyShop` is the whole of it."""

from khaossync.sandbox.shopify.fulfilments import Mail, Tracking
from khaossync.sandbox.shopify.people import Address, Company, Person
from khaossync.sandbox.shopify.purchase import Discount
from khaossync.sandbox.shopify.records import FulfilmentRecord, LineRecord, OrderRecord, RefundRecord
from khaossync.sandbox.shopify.shop import ShopifyShop
from khaossync.sandbox.shopify.stock import OutOfStock
from khaossync.sandbox.shopify.webhooks import Delivery, Mischief

__all__ = [
    "Address",
    "Company",
    "Delivery",
    "Discount",
    "FulfilmentRecord",
    "LineRecord",
    "Mail",
    "Mischief",
    "OrderRecord",
    "OutOfStock",
    "Person",
    "RefundRecord",
    "ShopifyShop",
    "Tracking",
]
