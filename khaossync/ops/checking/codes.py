"""The stock codes that a channel's table itself names must be in the ERP, and of the right sort."""

from collections.abc import Iterator, Mapping

from khaossync.domain.findings import Finding
from khaossync.domain.rules import ChannelRules
from khaossync.domain.stock import StockItem

Items = Mapping[str, StockItem]


def codes(rules: ChannelRules, items: Items) -> Iterator[Finding]:
    """Codes of money, codes of goods under another SKU, and parts of bundles."""
    money = {
        "discount_code": rules.discount_code,
        **{f"money_codes.{key}": code for key, code in rules.money_codes.items()},
    }
    for key, code in money.items():
        yield from _money(key, code, items)
    goods = set(rules.skus.values()) | {code for parts in rules.bundles.values() for code in parts}
    strange = sorted(goods - items.keys())
    if strange:
        detail = f"stock codes of [skus] or [bundles] that {rules.erp} does not have: {len(strange)}"
        yield Finding.fail("skus", detail, "correct the table, or create the items first", items=strange)
    if not strange and goods:
        yield Finding.ok("skus", f"all {len(goods)} stock codes of [skus] and [bundles] are in {rules.erp}")


def _money(key: str, code: str, items: Items) -> Iterator[Finding]:
    item = items.get(code)
    remedy = f"create {code} in the ERP as an item that is not stock controlled, or name another code"
    if item is None or item.deleted:
        yield Finding.fail(key, f"the ERP has no stock code {code}: orders that need it are refused", remedy)
    elif item.controlled:
        yield Finding.fail(key, f"{code} is stock controlled, so the ERP would wait for its stock", remedy)
    elif item.discontinued:
        yield Finding.fail(key, f"{code} is discontinued", remedy)
    else:
        yield Finding.ok(key, f"{code} is there and holds no stock")
