"""Every ordered SKU stands for exactly one live stock code of the ERP, or the order waits for a person."""

from collections.abc import Mapping, Sequence

from khaossync.domain.bundles import sold_codes
from khaossync.domain.cases import CaseClass
from khaossync.domain.curing import STOCK_CODES
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import Order, OrderLine
from khaossync.domain.rules import ChannelRules
from khaossync.domain.stock import StockItem


def require_stock_codes(order: Order, rules: ChannelRules, stock_items: Mapping[str, StockItem]) -> None:
    """Each line of goods has a stock code that exists, that no other SKU shares, and that is still sold.

    All faulty lines are told at once, so that a person mends them in one go. A run-to-zero item passes: only the
    ERP knows at that moment whether its stock is gone. Raises RejectedError (UNMAPPED_SKU, DISCONTINUED_ITEM).
    """
    goods = [line for line in order.lines if line.quantity and not line.gift_card]
    unmapped = {line.sku: _unmapped(line.sku, rules, stock_items) for line in goods}
    _refuse(order, rules, goods, unmapped, CaseClass.UNMAPPED_SKU)
    withdrawn = {line.sku: _withdrawn(line.sku, rules, stock_items) for line in goods}
    _refuse(order, rules, goods, withdrawn, CaseClass.DISCONTINUED_ITEM)


def _unmapped(sku: str, rules: ChannelRules, stock_items: Mapping[str, StockItem]) -> str:
    if not sku:
        return "no SKU"
    codes = sold_codes(sku, rules)
    if sku not in rules.bundles and rules.sku(codes[0]) != sku:
        return f"stock code {codes[0]} already stands for the SKU {rules.sku(codes[0])}"
    missing = [code for code in codes if code not in stock_items]
    return f"the ERP has no stock code {', '.join(missing)}" if missing else ""


def _withdrawn(sku: str, rules: ChannelRules, stock_items: Mapping[str, StockItem]) -> str:
    gone = [item for code in sold_codes(sku, rules) if (item := stock_items[code]).deleted or item.discontinued]
    told = (f"stock code {one.stock_code} is {'deleted' if one.deleted else 'discontinued'}" for one in gone)
    return ", ".join(told)


def _refuse(
    order: Order, rules: ChannelRules, goods: Sequence[OrderLine], faults: Mapping[str, str], case_class: CaseClass
) -> None:
    faulty = [line for line in goods if faults[line.sku]]
    if not faulty:
        return
    told = [f"{line.sku or line.title!r}: {faults[line.sku]}" for line in faulty]
    evidence = {
        "skus": ", ".join(dict.fromkeys(line.sku or "(none)" for line in faulty)),
        "lines": "; ".join(f"{line.sku or '(no SKU)'} × {line.quantity} {line.title}" for line in faulty),
    }
    if codes := dict.fromkeys(code for line in faulty if line.sku for code in sold_codes(line.sku, rules)):
        evidence[STOCK_CODES] = ", ".join(codes)
    raise RejectedError(f"order {order.number}: {'; '.join(dict.fromkeys(told))}", case_class, evidence=evidence)
