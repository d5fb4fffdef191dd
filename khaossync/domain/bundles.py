"""Bundles: a SKU that only the channel knows, sold as one and kept in the ERP as its parts."""

from decimal import Decimal

from khaossync.domain.rules import ChannelRules
from khaossync.domain.stock import StockItem


def bundle_item(sku: str, rules: ChannelRules) -> StockItem | None:
    """The bundle as if the ERP knew it: a pack of its parts under the SKU itself; None for a SKU that is no bundle."""
    parts = rules.bundles.get(sku)
    if parts is None:
        return None
    return StockItem(sku, sku, pack={code: Decimal(units) for code, units in parts.items()})


def sold_codes(sku: str, rules: ChannelRules) -> tuple[str, ...]:
    """The stock codes under which the ERP keeps what a SKU sells: one, or the parts of a bundle."""
    parts = rules.bundles.get(sku)
    return (rules.stock_code(sku),) if parts is None else tuple(parts)
