"""Putting goods up for sale, variants included."""

from collections.abc import Sequence
from decimal import Decimal

from khaossync.sandbox.shopware import furnishing, stock
from khaossync.sandbox.shopware.ids import LIVE, SYSTEM_CURRENCY, named
from khaossync.sandbox.shopware.lines import product_of
from khaossync.sandbox.shopware.state import State
from khaossync.sandbox.shopware.store import Row


def list_product(
    state: State, sku: str, title: str, price: Decimal, tax_rate: Decimal, *, units: int, closeout: bool
) -> Row:
    """A product; its net price is as unrounded as Shopware keeps it."""
    gross = float(price)
    row = _bare(state, sku, units) | {
        "name": title,
        "taxId": furnishing.tax(state, tax_rate)["id"],
        "price": [
            {
                "currencyId": SYSTEM_CURRENCY,
                "net": gross / (1 + float(tax_rate)),
                "gross": gross,
                "linked": True,
                "listPrice": None,
                "percentage": None,
                "regulationPrice": None,
                "apiAlias": "price",
                "extensions": [],
            }
        ],
        "isCloseout": closeout,
        "minPurchase": 1,
    }
    return _kept(state, row)


def list_variant(state: State, sku: str, parent: str, options: Sequence[tuple[str, str]], *, units: int) -> Row:
    """A variant of a product: name, price, tax and whether it is a closeout are its parent's."""
    owner = product_of(state, parent)
    keys = [_option(state, group, option) for group, option in options]
    kept = _kept(state, _bare(state, sku, units) | {"parentId": owner["id"], "optionIds": keys})
    state.live.change("product", owner["id"], childCount=(owner.get("childCount") or 0) + 1)
    return kept


def _bare(state: State, sku: str, units: int) -> Row:
    return {
        "id": state.ids.new(),
        "versionId": LIVE,
        "numberId": named("product", sku),
        "productNumber": sku,
        "autoIncrement": state.live.count("product") + 1,
        "stock": units,
        "active": True,
        "parentId": None,
        "name": None,
        "taxId": None,
        "price": None,
        "isCloseout": None,
        "minPurchase": None,
        "optionIds": None,
        "sales": 0,
        "childCount": 0,
        "states": ["is-physical"],
    }


def _kept(state: State, row: Row) -> Row:
    if state.live.children("product", "numberId", row["numberId"]):
        raise ValueError(f"there is a product {row['productNumber']} already")
    kept = state.live.add("product", row)
    stock.index(state, [row["id"]])
    kept["updatedAt"] = None
    return kept


def delete_product(state: State, sku: str) -> None:
    """Take a product away; lines that sold it keep the number in their payload and lose the link, untouched else."""
    key = product_of(state, sku)["id"]
    for line in state.live.children("order_line_item", "productId", key):
        state.live.change("order_line_item", line["id"], productId=None, updatedAt=line["updatedAt"])
    state.live.remove("product", key)


def _option(state: State, group: str, option: str) -> str:
    owner, key = named("property_group", group), named("property_group_option", f"{group}/{option}")
    if state.live.get("property_group", owner) is None:
        state.live.add("property_group", {"id": owner, "name": group, "displayType": "text", "sortingType": "position"})
    if state.live.get("property_group_option", key) is None:
        state.live.add("property_group_option", {"id": key, "groupId": owner, "name": option, "position": 1})
    return key
