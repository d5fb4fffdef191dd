"""Every operation that is sent, with its cost as a function of its page sizes (a test holds it to the documents)."""

from collections.abc import Callable

from khaossync.channels.shopify.wire import Operation, Variables
from khaossync.domain.cases import CaseClass

_CHARGES = ("charge_fields", "money_fields")
_ORDER = (
    "order_fields",
    "line_fields",
    "shipping_fields",
    "refund_money",
    "refunded_units",
    "transaction_fields",
    "progress",
    *_CHARGES,
)


def _flat(points: float) -> Callable[[Variables], float]:
    return lambda _: points


def _by_first(around: float, each: float) -> Callable[[Variables], float]:
    return lambda sizes: around + each * float(sizes["first"])


LISTED_ORDERS = Operation("ListedOrders", ("listed_orders", "progress"), _by_first(2, 2))
ORDERS = Operation("Orders", ("orders", *_ORDER), lambda sizes: len(sizes["ids"]) * (136 + 10.0 * sizes["lines"]))
ORDER_LINES = Operation("OrderLines", ("order_lines", "line_fields", "progress", *_CHARGES), _by_first(3, 10))
ORDER_SHIPPING_LINES = Operation(
    "OrderShippingLines", ("order_shipping_lines", "shipping_fields", "progress", *_CHARGES), _by_first(3, 14)
)
ORDER_TRANSACTIONS = Operation(
    "OrderTransactions", ("order_transactions", "transaction_fields", "money_fields"), _by_first(1, 4)
)
ORDER_REFUNDS = Operation("OrderRefunds", ("order_refunds", "refund_money"), _by_first(1, 8))
REFUND_UNITS = Operation("RefundUnits", ("refund_units", "refunded_units", "progress"), _by_first(3, 2))

REFUNDED_ORDERS = Operation("RefundedOrders", ("refunded_orders", "progress"), _by_first(2, 6))
REFUND = Operation(
    "Refund",
    ("refund", "refund_fields", "refund_shipping_fields", "refund_transaction_fields", "progress", "money_fields"),
    _flat(183),
)
REFUND_LINES = Operation("RefundLines", ("refund_lines", "refund_fields", "progress", "money_fields"), _by_first(3, 6))
REFUND_SHIPPING_LINES = Operation(
    "RefundShippingLines",
    ("refund_shipping_lines", "refund_shipping_fields", "progress", "money_fields"),
    _by_first(3, 5),
)
REFUND_TRANSACTIONS = Operation(
    "RefundTransactions",
    ("refund_transactions", "refund_transaction_fields", "progress", "money_fields"),
    _by_first(3, 3),
)

LISTINGS = Operation("Listings", ("listings", "listing_fields", "level_fields", "progress"), _by_first(2, 21))
NAMED_LISTINGS = Operation(
    "NamedListings",
    ("named_listings", "listing_fields", "level_fields", "progress"),
    lambda sizes: 21.0 * len(sizes["ids"]),
)
LISTING_LEVELS = Operation("ListingLevels", ("listing_levels", "level_fields", "progress"), _by_first(3, 3))

SHOWN_QUANTITIES = Operation(
    "ShownQuantities", ("shown_quantities",), lambda sizes: 3.0 * len(sizes["ids"]), refused=CaseClass.STOCK_REFUSED
)
# Sending it twice does no harm: the key makes Shopify answer a repetition with the first result.
SET_QUANTITIES = Operation("SetQuantities", ("set_quantities",), _flat(13), refused=CaseClass.STOCK_REFUSED)

FULFILMENTS = Operation("Fulfilments", ("fulfilments",), _by_first(1, 3))
FULFILMENT_LINES = Operation("FulfilmentLines", ("fulfilment_lines", "progress"), _by_first(3, 2))
FULFILMENT_ORDERS = Operation(
    "FulfilmentOrders", ("fulfilment_orders", "remaining_fields", "progress"), _by_first(3, 48)
)
FULFILMENT_ORDER_LINES = Operation(
    "FulfilmentOrderLines", ("fulfilment_order_lines", "remaining_fields", "progress"), _by_first(3, 2)
)
CREATE_FULFILMENT = Operation(
    "CreateFulfilment", ("create_fulfilment",), _flat(13), safe=False, refused=CaseClass.DESPATCH_REFUSED
)
CHANGE_TRACKING = Operation(
    "ChangeTracking", ("change_tracking",), _flat(13), safe=False, refused=CaseClass.DESPATCH_REFUSED
)

SHOP = Operation("Shop", ("shop",), _flat(2))
INSTALLATION = Operation("Installation", ("installation",), _flat(3))
LOCATIONS = Operation("Locations", ("locations", "progress"), _by_first(2, 1))
SUBSCRIPTIONS = Operation("Subscriptions", ("subscriptions", "progress"), _by_first(2, 1))
# Sending it twice does no harm: Shopify refuses a second subscription of a topic for the same address.
SUBSCRIBE = Operation("Subscribe", ("subscribe",), _flat(12))
