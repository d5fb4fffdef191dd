"""Calls about stock: sources and their items, what is salable, and legacy stock items."""

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from khaossync.sandbox.adobe.bodies import SOURCE_ITEMS, STOCK_ITEM
from khaossync.sandbox.adobe.doors.calls import Call, Route
from khaossync.sandbox.adobe.doors.catalogue import product_of
from khaossync.sandbox.adobe.errors import Refusal, no_such
from khaossync.sandbox.adobe.inventory import STOCK_ID, WEBSITE, Inventory, Source, StockItem
from khaossync.sandbox.adobe.wire import products
from khaossync.sandbox.adobe.wire.values import number

_SOURCES = "Magento_InventoryApi::source"
_STOCKS = "Magento_InventoryApi::stock"
_WRITE = "Magento_InventoryApi::stock_source_item_assign"
_SALES = "Magento_InventorySalesApi::stock"
_LEGACY = "Magento_CatalogInventory::cataloginventory"


def _sources(call: Call) -> dict[str, Any]:
    every = list(call.state.inventory.sources.values())
    return call.found(every, lambda told, field: _source_shown(told)[field], _source_shown)


def _source(call: Call) -> dict[str, Any]:
    found = call.state.inventory.sources.get(call.path["code"])
    if found is None:
        raise Refusal(404, 'Source with code "%value" does not exist.', {"value": call.path["code"]})
    return _source_shown(found)


def _source_shown(told: Source) -> dict[str, Any]:
    return {
        "source_code": told.code,
        "name": told.name,
        "enabled": told.enabled,
        "country_id": "GB",
        "postcode": "TE1 1ST",
        "use_default_carrier_config": True,
        "carrier_links": [],
    }


def _stocks(call: Call) -> dict[str, Any]:
    return call.found([_stock_shown()], lambda told, field: told[field], lambda told: told)


def _stock_shown() -> dict[str, Any]:
    channels = [{"type": "website", "code": WEBSITE}]
    return {"stock_id": STOCK_ID, "name": "Default Stock", "extension_attributes": {"sales_channels": channels}}


def _links(call: Call) -> dict[str, Any]:
    every = [
        {"stock_id": STOCK_ID, "source_code": code, "priority": at}
        for at, code in enumerate(call.state.inventory.sources, 1)
    ]
    return call.found(every, lambda told, field: told[field], lambda told: told)


def _resolve(call: Call) -> dict[str, Any]:
    if (call.path["type"], call.path["code"]) != ("website", WEBSITE):
        raise Refusal(404, "No linked stock found")
    return _stock_shown()


def _source_items(call: Call) -> dict[str, Any]:
    every = list(call.state.inventory.items.values())
    return call.found(every, products.source_item_column, products.source_item)


def _write(call: Call) -> list[Any]:
    """All rows or none; that a SKU is known is not asked.

    https://developer.adobe.com/commerce/webapi/rest/inventory/manage-source-items/
    """
    inventory, rows = call.state.inventory, call.body["sourceItems"]
    if not rows:
        raise Refusal(400, "Input data is empty")
    if call.state.habits.limits and len(rows) > 20:
        raise Refusal(400, 'Maximum items of type "%type" is %max', {"type": "SourceItemInterface", "max": 20})
    wrong = [text for at, row in enumerate(rows) if (text := _problem(row))]
    if wrong:
        raise Refusal(400, "Validation Failed: " + "; ".join(wrong))
    if any(row["source_code"] not in inventory.sources for row in rows):
        raise Refusal(400, "Could not save Source Item")
    for row in rows:
        inventory.set(_known_as(call, row["sku"]), row["source_code"], Decimal(str(row["quantity"])), row["status"])
    return []


def _known_as(call: Call, sku: str) -> str:
    found = call.state.catalogue.find(sku)
    return found.sku if found else sku


def _problem(row: dict[str, Any]) -> str:
    sku = row.get("sku") or ""
    if not sku.strip():
        return '"sku" can not be empty.'
    if sku != sku.strip():
        return '"sku" can not contain leading or trailing spaces.'
    if not (row.get("source_code") or "").strip():
        return '"source_code" can not be empty.'
    if row.get("quantity") is None:
        return '"quantity" should be numeric.'
    return "" if row.get("status") in (0, 1) else '"status" should be a known status.'


def _salable(call: Call) -> int | float:
    inventory, sku = call.state.inventory, unquote(call.path["sku"])
    _check_stock(call.path["stock"])
    if not inventory.is_kept(sku):
        raise Refusal(404, "The product that was requested doesn't exist. Verify the product and try again.")
    return number(inventory.salable(sku))


def _check_stock(told: str | None) -> None:
    if told != str(STOCK_ID):
        raise no_such("stock_id", told)


def _are_salable(call: Call) -> list[dict[str, Any]]:
    inventory = call.state.inventory
    _check_stock(call.parameter("stockId"))
    skus = [value for name, value in call.query if name.partition("[")[0] == "skus"]
    return [
        {"sku": sku, "stock_id": STOCK_ID, "salable": inventory.is_kept(sku) and inventory.salable(sku) > 0}
        for sku in skus
    ]


def _export(call: Call) -> dict[str, Any]:
    _resolve(call)
    inventory = call.state.inventory
    kept = [each for each in call.state.catalogue.by_number.values() if inventory.is_kept(each.sku)]
    return call.found(kept, products.product_column, lambda told: _exported(inventory, told.sku))


def _exported(inventory: Inventory, sku: str) -> dict[str, Any]:
    salable = inventory.salable(sku)
    return {"sku": sku, "qty": number(salable), "is_salable": salable > 0}


def _legacy(call: Call) -> dict[str, Any]:
    told = product_of(call)
    return products.stock_item(told, call.state.inventory.legacy.get(told.sku, StockItem(in_stock=False)))


def _set_legacy(call: Call) -> int:
    """With MSI on this writes the default source too."""
    told, wish, inventory = product_of(call), call.body["stockItem"], call.state.inventory
    if call.path["item"] != str(told.number):
        raise no_such("item_id", call.path["item"])
    kept = inventory.legacy.setdefault(told.sku, StockItem())
    if wish.get("qty") is not None:
        kept.qty = Decimal(str(wish["qty"]))
    kept.in_stock = bool(wish.get("is_in_stock", kept.in_stock))
    if inventory.msi:
        inventory.set(told.sku, inventory.default, kept.qty, int(kept.in_stock))
    return told.number


ROUTES = (
    Route("GET", "inventory/sources", _SOURCES, _sources, msi=True),
    Route("GET", "inventory/sources/{code}", _SOURCES, _source, msi=True),
    Route("GET", "inventory/stocks", _STOCKS, _stocks, msi=True),
    Route("GET", "inventory/stock-source-links", _STOCKS, _links, msi=True),
    Route("GET", "inventory/stock-resolver/{type}/{code}", _SALES, _resolve, msi=True),
    Route("GET", "inventory/source-items", _SOURCES, _source_items, msi=True),
    Route("POST", "inventory/source-items", _WRITE, _write, SOURCE_ITEMS, msi=True, bulk=True),
    Route("GET", "inventory/get-product-salable-quantity/{sku}/{stock}", _SALES, _salable, msi=True),
    Route("GET", "inventory/are-products-salable", _SALES, _are_salable, msi=True),
    Route("GET", "inventory/export-stock-salable-qty/{type}/{code}", _SALES, _export, msi=True),
    Route("GET", "stockItems/{sku}", _LEGACY, _legacy),
    Route("PUT", "products/{sku}/stockItems/{item}", _LEGACY, _set_legacy, STOCK_ITEM, bulk=True),
)
