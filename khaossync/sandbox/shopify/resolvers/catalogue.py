"""Products, variants, inventory items, levels and locations."""

from typing import Any

from khaossync.sandbox.shopify import ids
from khaossync.sandbox.shopify.catalogue import Item, Level, Location
from khaossync.sandbox.shopify.paging import Connection, listed, page
from khaossync.sandbox.shopify.schema import As, Table

PREMISES = {"address1": "1 Test Yard", "city": "Testham", "countryCode": "GB", "zip": "TE1 1ST"}
"""Where every location of the simulated shop is."""


def product(item: Item) -> As:
    """An item as its product."""
    return As("Product", item, item.number)


def variant(item: Item) -> As:
    """An item as its variant."""
    return As("ProductVariant", item, item.number)


def _of(name: str) -> Any:
    return lambda source, _info: getattr(source.record, name)


def _total(item: Item) -> int:
    return sum(level.available for level in item.levels.values())


def _components(source: As, info: Any, **window: Any) -> Connection:
    found = info.context.state.catalogue.components(source.record)
    return listed([As("ProductVariantComponent", pair, pair[0].number) for pair in found], **window)


def _duplicates(item: Item, info: Any) -> int:
    return len(info.context.state.catalogue.by_sku[item.sku]) - 1


def _level_at(item: Item, _info: Any, location_id: str) -> Level | None:
    parsed = ids.parse(location_id)
    return item.levels.get(parsed[1]) if parsed else None


def _level_of(place: Location, info: Any, inventory_item_id: str) -> Level | None:
    parsed = ids.parse(inventory_item_id)
    item = info.context.state.catalogue.by_number.get(parsed[1]) if parsed else None
    return item.levels.get(place.number) if item else None


def _item_levels(item: Item, _info: Any, **window: Any) -> Connection:
    levels = sorted(item.levels.values(), key=lambda level: level.location.number)
    return page(levels, lambda level: (level.location.number,), **window)


def _place_levels(place: Location, _info: Any, **window: Any) -> Connection:
    return page(place.levels, lambda level: (level.item.number,), **window)


def _quantities(level: Level, _info: Any, names: list[str]) -> list[As]:
    held = {"available": level.available, "committed": level.committed, "on_hand": level.on_hand}
    return [As("InventoryQuantity", (level, name, held.get(name, 0)), level.item.number) for name in names]


_PRODUCT: Table = {
    "Product.createdAt": _of("created_at"),
    "Product.handle": lambda source, _: source.record.title.casefold().replace(" ", "-"),
    "Product.hasVariantsThatRequiresComponents": lambda source, _: bool(source.record.bundle_of),
    "Product.isGiftCard": _of("gift_card"),
    "Product.productType": lambda _source, _: "",
    "Product.status": lambda _source, _: "ACTIVE",
    "Product.tags": _of("tags"),
    "Product.title": _of("title"),
    "Product.totalInventory": lambda source, _: _total(source.record),
    "Product.tracksInventory": _of("requires_shipping"),
    "Product.updatedAt": _of("updated_at"),
    "Product.variants": lambda source, _, **window: listed([variant(source.record)], **window),
    "Product.vendor": lambda _source, _: "Test Brand",
    "ProductVariant.availableForSale": lambda source, _: source.record.oversell or _total(source.record) > 0,
    "ProductVariant.barcode": lambda _source, _: None,
    "ProductVariant.createdAt": _of("created_at"),
    "ProductVariant.displayName": _of("title"),
    "ProductVariant.inventoryItem": lambda source, _: source.record,
    "ProductVariant.inventoryPolicy": lambda source, _: "CONTINUE" if source.record.oversell else "DENY",
    "ProductVariant.inventoryQuantity": lambda source, _: _total(source.record),
    "ProductVariant.position": lambda _source, _: 1,
    "ProductVariant.price": lambda source, _: f"{source.record.price:.2f}",
    "ProductVariant.product": lambda source, _: product(source.record),
    "ProductVariant.productVariantComponents": _components,
    "ProductVariant.requiresComponents": lambda source, _: bool(source.record.bundle_of),
    "ProductVariant.sku": _of("sku"),
    "ProductVariant.taxable": lambda source, _: bool(source.record.tax_rate),
    "ProductVariant.title": lambda _source, _: "Default Title",
    "ProductVariant.updatedAt": _of("updated_at"),
    "ProductVariantComponent.productVariant": lambda source, _: variant(source.record[0]),
    "ProductVariantComponent.quantity": lambda source, _: source.record[1],
}

_STOCK: Table = {
    "InventoryItem.duplicateSkuCount": _duplicates,
    "InventoryItem.inventoryLevel": _level_at,
    "InventoryItem.inventoryLevels": _item_levels,
    "InventoryItem.locationsCount": lambda item, _: {"count": len(item.levels), "precision": "EXACT"},
    "InventoryItem.tracked": lambda item, _: item.requires_shipping,
    "InventoryItem.variants": lambda item, _, **window: listed([variant(item)], **window),
    "InventoryLevel.id": lambda level, _: level.id,
    "InventoryLevel.isActive": lambda _level, _: True,
    "InventoryLevel.quantities": _quantities,
    "InventoryQuantity.id": lambda source, _: (
        f"{ids.gid('InventoryQuantity', source.record[0].location.number)}"
        f"?inventory_item_id={source.number}&name={source.record[1]}"
    ),
    "InventoryQuantity.name": lambda source, _: source.record[1],
    "InventoryQuantity.quantity": lambda source, _: source.record[2],
    "InventoryQuantity.updatedAt": lambda source, _: source.record[0].updated_at,
    "Location.address": lambda place, _: {
        **PREMISES,
        "country": "United Kingdom",
        "formatted": [place.name, "Testham"],
    },
    "Location.fulfillsOnlineOrders": lambda _place, _: True,
    "Location.hasActiveInventory": lambda place, _: bool(place.levels),
    "Location.inventoryLevel": _level_of,
    "Location.inventoryLevels": _place_levels,
    "Location.isActive": lambda _place, _: True,
    "Location.isFulfillmentService": lambda _place, _: False,
    "Location.shipsInventory": lambda _place, _: True,
}

TABLE: Table = {**_PRODUCT, **_STOCK}
