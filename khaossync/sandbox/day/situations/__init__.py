"""The situations of a day: each is one customer, with what follows; and its share of the day in a shop.

Each happens at least once where a shop has orders enough, the first ones first.
"""

from khaossync.sandbox.day.situations import adobe, everywhere, shopify, shopware

SHOPIFY = (*everywhere.SITUATIONS, *shopify.SITUATIONS)
ADOBE = (*everywhere.SITUATIONS, *adobe.SITUATIONS)
SHOPWARE = (*everywhere.SITUATIONS, *shopware.SITUATIONS)

__all__ = ["ADOBE", "SHOPIFY", "SHOPWARE"]
