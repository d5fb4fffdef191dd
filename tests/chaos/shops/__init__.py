"""The platforms that chaos plays: one file for each."""

from collections.abc import Mapping
from types import MappingProxyType

from chaos.shops.adobe import Adobe
from chaos.shops.shop import Shop
from chaos.shops.shopify import Shopify
from chaos.shops.shopware import Shopware

SHOPS: Mapping[str, type[Shop]] = MappingProxyType({"shopify": Shopify, "adobe": Adobe, "shopware": Shopware})

__all__ = ["SHOPS", "Shop", "Shopify"]
