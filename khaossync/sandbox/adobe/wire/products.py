"""Products, their custom options and their stock as REST shows them."""

from typing import Any

from khaossync.sandbox.adobe.catalogue import OptionRecord, Product
from khaossync.sandbox.adobe.inventory import SourceItem, StockItem
from khaossync.sandbox.adobe.state import State
from khaossync.sandbox.adobe.wire.values import number, stamp

Told = dict[str, Any]


def product(state: State, told: Product) -> Told:
    """One product with what belongs to its type."""
    return {
        "id": told.number,
        "sku": told.sku,
        "name": told.title,
        "attribute_set_id": 4,
        "price": number(told.price),
        "status": 1 if told.enabled else 2,
        "visibility": 1 if told.parent else 4,
        "type_id": told.type,
        "created_at": stamp(told.created_at),
        "updated_at": stamp(told.updated_at),
        "weight": number(told.weight),
        "extension_attributes": _extension(state, told),
        "product_links": _links(state, told),
        "options": [option(told, each) for each in told.options],
        "media_gallery_entries": [],
        "tier_prices": [],
        "custom_attributes": [{"attribute_code": code, "value": value} for code, value in _attributes(told).items()],
    }


def _attributes(told: Product) -> dict[str, str]:
    found = {"tax_class_id": "2", "has_options": str(int(bool(told.options)))}
    if told.type == "bundle":
        found |= {
            "price_type": "0" if told.dynamic else "1",
            "sku_type": "0" if told.dynamic else "1",
            "shipment_type": "0" if told.ships_together else "1",
        }
    return found


def _extension(state: State, told: Product) -> Told:
    found: Told = {"website_ids": [1], "category_links": []}
    if told.type == "configurable":
        found["configurable_product_options"] = [_attribute(told)]
        found["configurable_product_links"] = [each.number for each in told.variants]
    if told.type == "bundle":
        found["bundle_product_options"] = [
            _bundle_option(state, told, sku, each, at) for at, (sku, each) in enumerate(told.parts.items(), 1)
        ]
    return found


def _attribute(told: Product) -> Told:
    values = [{"value_index": each.attribute_value} for each in told.variants]
    attribute = str(told.attribute_value)
    return {"id": told.number, "attribute_id": attribute, "label": "Kind", "position": 0, "values": values}


def _bundle_option(state: State, told: Product, sku: str, each: int, at: int) -> Told:
    member, own = state.catalogue.sold_as(sku), told.part_options[sku]
    link = {
        "id": str(own),
        "sku": member.sku,
        "option_id": own,
        "qty": each,
        "position": 1,
        "is_default": True,
        "price": 0,
        "price_type": 0,
        "can_change_quantity": 0,
    }
    shared = {"option_id": own, "title": member.title, "required": True, "type": "select", "position": at}
    return shared | {"sku": told.sku, "product_links": [link]}


def _links(state: State, told: Product) -> list[Told]:
    if told.type != "grouped":
        return []
    members = [(state.catalogue.sold_as(sku), each) for sku, each in told.parts.items()]
    return [
        {
            "sku": told.sku,
            "link_type": "associated",
            "linked_product_sku": member.sku,
            "linked_product_type": member.type,
            "position": at,
            "extension_attributes": {"qty": each},
        }
        for at, (member, each) in enumerate(members, 1)
    ]


def option(told: Product, record: OptionRecord) -> Told:
    """A custom option, with the ids that an order's row names."""
    shown: Told = {
        "product_sku": told.sku,
        "option_id": record.number,
        "title": record.told.title,
        "type": record.told.type,
        "sort_order": record.number,
        "is_require": False,
    }
    if not record.values:
        return shown | {"price": number(record.told.price), "price_type": "fixed", "sku": record.told.sku}
    shown["values"] = [
        {
            "title": value.title,
            "sort_order": at,
            "price": number(value.price),
            "price_type": "fixed",
            "sku": value.sku,
            "option_type_id": own,
        }
        for at, (own, value) in enumerate(record.values.items(), 1)
    ]
    return shown


def product_column(told: Product, field: str) -> Any:
    """One attribute of a product that can be searched. Raises KeyError."""
    return {
        "entity_id": told.number,
        "sku": told.sku,
        "name": told.title,
        "type_id": told.type,
        "status": 1 if told.enabled else 2,
        "visibility": 1 if told.parent else 4,
        "price": told.price,
        "created_at": stamp(told.created_at),
        "updated_at": stamp(told.updated_at),
    }[field]


def source_item(told: SourceItem) -> Told:
    """What lies at a source."""
    quantity = number(told.quantity)
    return {"sku": told.sku, "source_code": told.source, "quantity": quantity, "status": told.status}


def source_item_column(told: SourceItem, field: str) -> Any:
    """One column of a source item. Raises KeyError."""
    shown = {"sku": told.sku, "source_code": told.source, "quantity": told.quantity, "status": told.status}
    return shown[field]


def stock_item(told: Product, stock: StockItem) -> Told:
    """The legacy stock of a product."""
    return {
        "item_id": told.number,
        "product_id": told.number,
        "stock_id": 1,
        "qty": number(stock.qty),
        "is_in_stock": stock.in_stock,
        "is_qty_decimal": False,
        "show_default_notification_message": False,
        "use_config_min_qty": True,
        "min_qty": 0,
        "use_config_min_sale_qty": 1,
        "min_sale_qty": 1,
        "use_config_max_sale_qty": True,
        "max_sale_qty": 10000,
        "use_config_backorders": not told.backorders,
        "backorders": int(told.backorders),
        "use_config_notify_stock_qty": True,
        "notify_stock_qty": 1,
        "use_config_qty_increments": True,
        "qty_increments": 0,
        "use_config_enable_qty_inc": True,
        "enable_qty_increments": False,
        "use_config_manage_stock": stock.manage,
        "manage_stock": stock.manage,
        "low_stock_date": None,
        "is_decimal_divided": False,
        "stock_status_changed_auto": 0,
    }
