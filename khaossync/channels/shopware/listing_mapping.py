"""A product of the Admin API as a Listing: its number, its id, and what it shows."""

from khaossync.channels.shopware.config import LOCATION
from khaossync.channels.shopware.fields import Node
from khaossync.domain.stock import Listing


def read_listing(node: Node) -> Listing:
    """The listing of a product number, which is unique in a shop. Raises MalformedError.

    `availableStock` is what can still be sold in every version: from 6.6 on it is the stock itself, before that the
    stock less what open orders wait for (https://developer.shopware.com/docs/guides/plugins/plugins/content/stock/).
    """
    translated = node.node_or_none("translated") or Node({})
    return Listing(
        sku=node.short("productNumber").strip(),
        listing_id=node.text("id"),
        title=translated.text_or("name") or node.text_or("name"),
        shown={LOCATION: available(node)},
        closeout=node.flag("isCloseout", False),
    )


def available(node: Node) -> int:
    """What can be sold; a product that nobody indexed yet has only its stock."""
    return node.integer("availableStock" if node.has("availableStock") else "stock")


def is_sold(node: Node) -> bool:
    """Whether it can be put into a basket: a product with variants only stands for them."""
    return not (node.has("childCount") and node.integer("childCount"))
