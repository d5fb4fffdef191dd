"""A simulated Adobe Commerce (Magento 2) shop with state, strict where Magento is; `AdobeShop` is the whole of it."""

from khaossync.sandbox.adobe.catalogue import Choice, CustomOption, CustomValue
from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.inventory import OutOfStock
from khaossync.sandbox.adobe.people import Address, Person
from khaossync.sandbox.adobe.purchase import Discount
from khaossync.sandbox.adobe.records import FulfilmentRecord, LineRecord, OrderRecord, RefundRecord, Tracking
from khaossync.sandbox.adobe.shop import AdobeShop
from khaossync.sandbox.adobe.state import Habits, Mail
from khaossync.sandbox.adobe.taxes import Algorithm, Rate, Taxation
from khaossync.sandbox.adobe.ways import WAYS, Way

__all__ = [
    "WAYS",
    "Address",
    "AdobeShop",
    "Algorithm",
    "Choice",
    "CustomOption",
    "CustomValue",
    "Discount",
    "FulfilmentRecord",
    "Habits",
    "LineRecord",
    "Mail",
    "OrderRecord",
    "OutOfStock",
    "Person",
    "Rate",
    "RefundRecord",
    "Refusal",
    "Taxation",
    "Tracking",
    "Way",
]
