"""Every call that is made, by the names of the published schema."""

from khaossync.channels.adobe.wire import Operation
from khaossync.domain.cases import CaseClass

ORDERS = Operation("GET orders", "GET", "orders")
CREDITMEMOS = Operation("GET creditmemos", "GET", "creditmemos")
SHIPMENTS = Operation("GET shipments", "GET", "shipments")
PRODUCTS = Operation("GET products", "GET", "products")

SHIP = Operation("POST order/{id}/ship", "POST", "order/{id}/ship", safe=False, refused=CaseClass.DESPATCH_REFUSED)
TRACK = Operation("POST shipment/track", "POST", "shipment/track", safe=False, refused=CaseClass.DESPATCH_REFUSED)
SHIPMENT_MAIL = Operation(
    "POST shipment/{id}/emails", "POST", "shipment/{id}/emails", safe=False, refused=CaseClass.DESPATCH_REFUSED
)

SOURCE_ITEMS = Operation("GET inventory/source-items", "GET", "inventory/source-items")
SALABLE = Operation(
    "GET inventory/export-stock-salable-qty",
    "GET",
    "inventory/export-stock-salable-qty/website/{website}",
    refused=CaseClass.STOCK_REFUSED,
)
# The quantities are absolute, so sending them twice does no harm.
SET_SOURCE_ITEMS = Operation(
    "POST inventory/source-items", "POST", "inventory/source-items", refused=CaseClass.STOCK_REFUSED
)
SET_IN_BULK = Operation(
    "POST async/bulk/inventory/source-items",
    "POST",
    "inventory/source-items",
    refused=CaseClass.STOCK_REFUSED,
    kind="async/bulk/",
)
BULK_STATUS = Operation("GET bulk/{uuid}/detailed-status", "GET", "bulk/{uuid}/detailed-status")
STOCK_ITEM = Operation("GET stockItems/{sku}", "GET", "stockItems/{sku}", refused=CaseClass.STOCK_REFUSED)
SET_STOCK_ITEM = Operation(
    "PUT products/{sku}/stockItems/{item}", "PUT", "products/{sku}/stockItems/{item}", refused=CaseClass.STOCK_REFUSED
)

STORES = Operation("GET store/storeConfigs", "GET", "store/storeConfigs")
WEBSITES = Operation("GET store/websites", "GET", "store/websites")
MODULES = Operation("GET modules", "GET", "modules")
SOURCES = Operation("GET inventory/sources", "GET", "inventory/sources")
STOCK = Operation("GET inventory/stock-resolver", "GET", "inventory/stock-resolver/website/{website}")
STOCK_SOURCES = Operation("GET inventory/stock-source-links", "GET", "inventory/stock-source-links")
