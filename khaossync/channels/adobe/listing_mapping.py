"""A product of the REST API as a Listing: the SKU, and what the shop shows of it at each location."""

from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.legacy_stock import shown
from khaossync.channels.adobe.shelves import shelf_of
from khaossync.domain.stock import Listing

_OF_PARTS = ("configurable", "bundle", "grouped")
_ENABLED = "1"


def is_sold(product: Node) -> bool:
    """Whether orders name its SKU: what is made of others is sold by theirs, and what is disabled is not sold."""
    return product.text_or("type_id") not in _OF_PARTS and product.ident_or("status", _ENABLED) == _ENABLED


def read_listing(record: object, settings: Settings) -> Listing:
    """The listing in `{product, source_items, salable}`, or `{product, stock_item}` of a shop without sources.

    Where the shop does not say what is salable of it, it does not count it. Raises MalformedError.
    """
    told = Node.of(record, "listing")
    product = told.node("product")
    sku = product.ident("sku")
    if "stock_item" in told.value:
        item = told.node_or_empty("stock_item")
        found = {settings.locations[0]: shown(item)} if item.value else {}
        counted = item.flag("manage_stock", True) or item.flag("use_config_manage_stock", True)
    else:
        shelf = shelf_of(sku, {name: told.listed(name) for name in ("source_items", "salable")}, settings)
        found = shelf.shown(settings.locations) if shelf else {}
        counted = shelf is not None and shelf.salable is not None
    return Listing(sku, product.ident("id"), product.text_or("name"), found, tracked=counted)
