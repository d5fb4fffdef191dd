"""The faces of the simulated shops: one file for each platform."""

from khaossync.sandbox.day.faces.adobe import AdobeFace
from khaossync.sandbox.day.faces.shopify import ShopifyFace
from khaossync.sandbox.day.faces.shopware import ShopwareFace

__all__ = ["AdobeFace", "ShopifyFace", "ShopwareFace"]
