"""An inventory item of the Admin API as a Listing: the SKU, its handle for stock writes, and what it shows."""

from khaossync.channels.shopify.fields import Node
from khaossync.domain.stock import Listing


def read_listing(node: Node, handles: tuple[str, ...]) -> Listing:
    """The listing of a SKU; `handles` are all items with that SKU, in the order of their ids.

    Raises MalformedError for a field that is missing or wrong. A bundle's own stock follows from its parts and
    cannot be set (https://shopify.dev/docs/apps/build/product-merchandising/bundles).
    """
    item, variants = node.text("id"), node.nodes("variants")
    first, *others = handles or (item,)
    return Listing(
        sku=node.short("sku").strip(),
        listing_id=first,
        title=variants[0].text_or("displayName") if variants else "",
        shown=dict(shown for level in node.nodes("inventoryLevels") if (shown := _level(level))),
        tracked=node.flag("tracked"),
        bundle=any(variant.flag("requiresComponents", False) for variant in variants),
        duplicates=tuple(others),
    )


def shown_quantity(level: Node | None) -> int | None:
    """The available quantity of an inventory level; None where there is no level or it tells none."""
    quantities = level.items("quantities") if level else ()
    return quantities[0].integer("quantity") if quantities else None


def _level(level: Node) -> tuple[str, int] | None:
    quantity = shown_quantity(level)
    return None if quantity is None else (level.node("location").text("id"), quantity)
