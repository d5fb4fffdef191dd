"""Which right each root field needs.

https://shopify.dev/docs/api/usage/access-scopes
"""

from collections.abc import Collection

_ORDERS = ("order", "orders", "ordersCount", "refund", "fulfillment")
_PRODUCTS = ("product", "products", "productVariant", "productVariants", "productVariantsCount")
_FULFILMENT = ("fulfillmentOrder", "fulfillmentOrders")
_SHIPPING = (
    "fulfillmentCreate",
    "fulfillmentCancel",
    "fulfillmentTrackingInfoUpdate",
    "fulfillmentOrderHold",
    "fulfillmentOrderReleaseHold",
)

_NEEDED = {
    **dict.fromkeys(_ORDERS, "read_orders"),
    **dict.fromkeys(_PRODUCTS, "read_products"),
    **dict.fromkeys(_FULFILMENT, "read_merchant_managed_fulfillment_orders"),
    **dict.fromkeys(_SHIPPING, "write_merchant_managed_fulfillment_orders"),
    **dict.fromkeys(("inventoryItem", "inventoryItems", "inventoryLevel"), "read_inventory"),
    **dict.fromkeys(("location", "locations", "locationsCount"), "read_locations"),
    **dict.fromkeys(("company", "companyLocation"), "read_companies"),
    "customer": "read_customers",
    "inventorySetQuantities": "write_inventory",
    "orderCancel": "write_orders",
}


def missing_scope(root_field: str, granted: Collection[str]) -> str | None:
    """The right that is needed and not granted, or None."""
    needed = _NEEDED.get(root_field)
    return needed if needed and missing(needed, granted) else None


def missing(needed: str, granted: Collection[str]) -> bool:
    """Whether a right was not granted. Who may write may read."""
    return needed not in granted and needed.replace("read_", "write_", 1) not in granted
