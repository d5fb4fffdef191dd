"""The rows of an order for one position of a basket: what a shopper takes and what Magento writes down differ."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from khaossync.sandbox.adobe.catalogue import Choice, CustomValue, OptionRecord, Product
from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.orders import Item
from khaossync.sandbox.adobe.state import State


def rows_of(state: State, told: tuple[str, int] | Choice) -> list[Item]:
    """The rows of a position: one, or a parent and its children, or one per member of a group."""
    choice = told if isinstance(told, Choice) else Choice(*told)
    if choice.units < 1:
        raise ValueError(f"a basket cannot hold {choice.units} × {choice.sku}")
    product, units = state.catalogue.sold_as(choice.sku), Decimal(choice.units)
    if product.type == "grouped":
        return [_row(state, member, each * units, "grouped") for member, each in parts(state, product)]
    if product.parent is not None:
        return _configured(state, product, product.parent, units, choice)
    if product.type == "bundle":
        return _bundled(state, product, units)
    row = _row(state, product, units, product.type)
    _choose(row, product, choice)
    return [row]


def parts(state: State, product: Product) -> list[tuple[Product, int]]:
    """The products inside a bundle or a group, with how many of each."""
    return [(state.catalogue.sold_as(sku), each) for sku, each in product.parts.items()]


def _row(state: State, product: Product, units: Decimal, kind: str, parent: Item | None = None) -> Item:
    row = Item(state.next("order item"), product, product.sku, product.title, kind, units, parent)
    row.unit_price = product.price
    return row


def _configured(state: State, variant: Product, parent: Product, units: Decimal, choice: Choice) -> list[Item]:
    """The parent's row has the money and the child's SKU; the child's row tells which product it is."""
    top = _row(state, parent, units, "configurable")
    top.sku, top.unit_price = variant.sku, variant.price
    _choose(top, parent, choice)
    chosen = {"option_id": str(parent.attribute_value), "option_value": variant.attribute_value}
    top.options = {**top.options, "configurable_item_options": [chosen]}
    child = _row(state, variant, units, "simple", top)
    child.unit_price = NOTHING
    return [top, child]


def _bundled(state: State, bundle: Product, units: Decimal) -> list[Item]:
    """With a dynamic price the parts have prices and the parent repeats their sum; else only the parent has one."""
    top = _row(state, bundle, units, "bundle")
    top.hollow = bundle.dynamic
    members = parts(state, bundle)
    children = [_row(state, member, each * units, member.type, top) for member, each in members]
    if bundle.dynamic:
        top.sku = "-".join([bundle.sku, *(member.sku for member, _ in members)])
    else:
        for child in children:
            child.unit_price = NOTHING
    top.options = {"bundle_options": [_selected(bundle, member, each) for member, each in members]}
    return [top, *children]


def _selected(bundle: Product, member: Product, each: int) -> dict[str, Any]:
    number = bundle.part_options[member.sku]
    return {"option_id": number, "option_qty": each, "option_selections": [number]}


def _choose(row: Item, product: Product, choice: Choice) -> None:
    """Custom options change the price and the SKU; the row keeps ids only. Raises KeyError for an unknown title."""
    titles = {record.told.title: record for record in product.options}
    told = []
    for title, wanted in choice.options.items():
        record = titles[title]
        value, prices, skus = _value(record, wanted)
        row.unit_price += sum(prices, NOTHING)
        row.sku = "-".join([row.sku, *(sku for sku in skus if sku)])
        told.append({"option_id": str(record.number), "option_value": value})
    if told:
        row.options = {"custom_options": told}


def _value(record: OptionRecord, wanted: str | Sequence[str]) -> tuple[str, list[Decimal], list[str]]:
    """What is written down for a choice: ids, joined by commas, or the text; with prices and SKUs."""
    if not record.values:
        return str(wanted), [record.told.price], [record.told.sku]
    titles = [wanted] if isinstance(wanted, str) else list(wanted)
    found = [_find(record.values, title) for title in titles]
    return ",".join(str(number) for number, _ in found), [one.price for _, one in found], [one.sku for _, one in found]


def _find(values: Mapping[int, CustomValue], title: str) -> tuple[int, CustomValue]:
    return next((number, value) for number, value in values.items() if value.title == title)
