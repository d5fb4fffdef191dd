"""What the customer chose among a product's custom options: another SKU, a note, or something nobody has mapped.

Magento tells ids only, so titles and SKUs are read from the product, where the option may have been deleted since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.rows import chosen

Products = Mapping[str, Node]
"""Product id → the product, of those that still exist."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that was chosen: `name` is id/value, or the id alone where the customer wrote the value."""

    option: str
    name: str
    title: str
    value: str
    sku: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A line with its choices: the SKU that it stands for, and what people are to read."""

    sku: str
    notes: tuple[str, ...] = ()


def read_options(item: Node, sku: str, products: Products, settings: Settings) -> Chosen:
    """What the choices of an item mean. Raises MalformedError.

    A choice that no setting maps and that has no SKU of its own, which Magento would have added to the item's, makes
    the SKU one that nobody knows: so the order waits, and says for which choice.
    """
    notes: list[str] = []
    unknown: list[str] = []
    for choice in _choices(item, products):
        mapped = settings.option_skus.get(choice.name) or settings.option_skus.get(choice.option)
        noted = {choice.name, choice.option} & set(settings.option_notes)
        if mapped:
            sku = mapped
        if noted:
            notes.append(f"{choice.title}: {choice.value}")
        if not mapped and not noted and not (choice.sku and choice.sku in sku):
            unknown.append(f"{choice.name} {choice.title}".strip())
    return Chosen(f"{sku} [option {'; '.join(unknown)}]"[:255] if unknown else sku, tuple(notes))


def _choices(item: Node, products: Products) -> Iterator[Choice]:
    product = products.get(item.ident_or("product_id"))
    known = {each.ident("option_id"): each for each in product.items("options")} if product else {}
    for each in chosen(item):
        option, told = each.ident("option_id"), str(each.value.get("option_value") or "").strip()
        found = known.get(option, Node({}))
        values = {value.ident("option_type_id"): value for value in found.items("values")}
        title = found.text_or("title", f"option {option}")
        if not values:
            yield Choice(option, option, title, told, found.text_or("sku"))
            continue
        for value in filter(None, told.split(",")):
            one = values.get(value, Node({}))
            name = one.text_or("title", value)
            yield Choice(option, f"{option}/{value}", title, name, one.text_or("sku"))
