"""A simulated Shopware shop with state, strict where Shopware is strict; `ShopwareShop` is the whole of it."""

from khaossync.sandbox.shopware.people import Address, Company, Person
from khaossync.sandbox.shopware.purchase import Discount, Extra
from khaossync.sandbox.shopware.records import FulfilmentRecord, LineRecord, OrderRecord, RefundRecord, Tracking
from khaossync.sandbox.shopware.shop import ShopwareShop
from khaossync.sandbox.shopware.state import Mail
from khaossync.sandbox.shopware.stock import OutOfStock
from khaossync.sandbox.shopware.webhooks import Delivery, Mischief

__all__ = [
    "Address",
    "Company",
    "Delivery",
    "Discount",
    "Extra",
    "FulfilmentRecord",
    "LineRecord",
    "Mail",
    "Mischief",
    "OrderRecord",
    "OutOfStock",
    "Person",
    "RefundRecord",
    "ShopwareShop",
    "Tracking",
]
