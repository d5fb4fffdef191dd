"""Calls about the shop itself: its stores, its modules, its tokens."""

from typing import Any

from khaossync.sandbox.adobe.doors.calls import Call, Route

_STORES = ((0, "admin", "Admin", 0), (1, "default", "Default Store View", 1))
_MSI = ("Magento_Inventory", "Magento_InventoryApi", "Magento_InventoryCatalog", "Magento_InventorySales")
_MODULES = ("Magento_Store", "Magento_Catalog", "Magento_CatalogInventory", "Magento_Sales", "Magento_Tax")


def _configs(call: Call) -> list[dict[str, Any]]:
    addresses = ("base", "base_link", "base_static", "base_media")
    urls = {f"{secure}{name}_url": "http://shop.example/" for secure in ("", "secure_") for name in addresses}
    shop = {
        "id": 1,
        "code": "default",
        "website_id": 1,
        "locale": "en_GB",
        "base_currency_code": call.state.currency,
        "default_display_currency_code": call.state.currency,
        "timezone": "Europe/London",
        "weight_unit": "kgs",
    }
    return [shop | urls]


def _views(_: Call) -> list[dict[str, Any]]:
    return [
        {"id": number, "code": code, "name": name, "website_id": site, "store_group_id": site, "is_active": 1}
        for number, code, name, site in _STORES
    ]


def _websites(_: Call) -> list[dict[str, Any]]:
    names = ((0, "admin", "Admin"), (1, "base", "Main Website"))
    return [{"id": number, "code": code, "name": name, "default_group_id": number} for number, code, name in names]


def _modules(call: Call) -> list[str]:
    return [*_MODULES, *(_MSI if call.state.inventory.msi else ())]


ROUTES = (
    Route("GET", "store/storeConfigs", "Magento_Backend::store", _configs),
    Route("GET", "store/storeViews", "Magento_Backend::store", _views),
    Route("GET", "store/websites", "Magento_Backend::store", _websites),
    Route("GET", "modules", "Magento_Backend::admin", _modules),
)
