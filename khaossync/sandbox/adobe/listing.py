"""Putting products on sale."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypedDict

from khaossync.sandbox.adobe.catalogue import CustomOption, OptionRecord, Product
from khaossync.sandbox.adobe.state import State
from khaossync.sandbox.adobe.taxes import Rate
from khaossync.sandbox.adobe.ways import Way


class Listing(TypedDict, total=False):
    """What a product may be besides simple.

    `tax_rate` is 0.20 where nothing is told; `rates` are several taxes instead, and `store_rate` is what is in the
    price where customers of another place pay another. `variant_of` is the SKU of a `configurable`, which may be
    listed before (as one that has options is) or comes to be with the first of its variants. `bundle_of` and
    `group_of` are SKU → units; a bundle has its parts' prices (`dynamic`, unless told otherwise) and is sent as one
    (`ships_together`) or part by part. `oversell` allows backorders. A gift card is virtual and bears no tax.
    """

    tax_rate: Decimal
    store_rate: Decimal
    rates: Sequence[Rate]
    configurable: bool
    variant_of: str
    bundle_of: Mapping[str, int] | None
    dynamic: bool
    ships_together: bool
    group_of: Mapping[str, int]
    options: Sequence[CustomOption]
    oversell: bool
    gift_card: bool
    requires_shipping: bool
    weight: Decimal


def put_up(state: State, sku: str, title: str, price: Decimal, stock: Mapping[str, int], how: Listing) -> Product:
    """List a product, or change the one that has the SKU. Raises KeyError for parts or sources that there are not."""
    known, now = state.catalogue.find(sku), state.now()
    product = Product(
        number=known.number if known else state.next("product"),
        sku=sku,
        title=title,
        type=_type(how),
        price=price,
        rates=_rates(how),
        created_at=known.created_at if known else now,
        updated_at=now,
        store_percent=how["store_rate"] * 100 if "store_rate" in how else None,
        parts=how.get("bundle_of") or how.get("group_of") or {},
        dynamic=how.get("dynamic", True),
        ships_together=how.get("ships_together", True),
        backorders=how.get("oversell", False),
        weight=how.get("weight", Decimal(1)),
        options=[_option(state, told) for told in how.get("options", ())],
    )
    if known:
        product.parent, product.variants, product.attribute_value = known.parent, known.variants, known.attribute_value
    if product.type == "configurable" and not product.attribute_value:
        product.attribute_value = 90 + state.next("attribute")
    product.part_options = {state.catalogue.sold_as(part).sku: state.next("bundle option") for part in product.parts}
    state.catalogue.add(product)
    if stock:
        state.inventory.keep(sku, stock)
    if "variant_of" in how:
        _join(state, product, how["variant_of"])
    return product


def put_up_taxed(state: State, way: Way) -> list[tuple[str, int]]:
    """List the products of a way to be taxed, with stock for its cart. Returns the basket."""
    how = Listing(rates=way.rates)
    if way.store_rate is not None:
        how["store_rate"] = way.store_rate
    basket = [(f"TAXED-{at}", units) for at, (_, units) in enumerate(way.cart, 1)]
    for (sku, units), (price, _) in zip(basket, way.cart, strict=True):
        left = state.inventory.at(sku, state.inventory.default)
        put_up(state, sku, f"Article {sku}", Decimal(price), {state.inventory.default: int(left) + units}, how)
    return basket


def _type(how: Listing) -> str:
    if how.get("configurable"):
        return "configurable"
    if how.get("bundle_of"):
        return "bundle"
    if how.get("group_of"):
        return "grouped"
    return "virtual" if how.get("gift_card") or not how.get("requires_shipping", True) else "simple"


def _rates(how: Listing) -> tuple[Rate, ...]:
    if "rates" in how:
        return tuple(how["rates"])
    percent = Decimal(0) if how.get("gift_card") else how.get("tax_rate", Decimal("0.20")) * 100
    return (Rate(f"VAT {percent.normalize():f}%", percent),) if percent else ()


def _option(state: State, told: CustomOption) -> OptionRecord:
    values = {state.next("option value"): value for value in told.values}
    return OptionRecord(state.next("option"), told, values)


def _join(state: State, variant: Product, sku: str) -> None:
    """Make a product a variant of a configurable, which comes to be with its first if it is not there yet."""
    parent = state.catalogue.find(sku)
    if parent is None:
        title = variant.title.rpartition(" ")[0] or variant.title
        parent = put_up(state, sku, title, Decimal(0), {}, Listing(configurable=True, rates=variant.rates))
    variant.parent, variant.attribute_value = parent, 5000 + state.next("attribute value")
    parent.variants = [each for each in parent.variants if each.number != variant.number] + [variant]
