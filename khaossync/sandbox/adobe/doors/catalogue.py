"""Calls about products."""

from typing import Any
from urllib.parse import unquote

from khaossync.sandbox.adobe.catalogue import Product
from khaossync.sandbox.adobe.doors.calls import Call, Route
from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.wire import products

_READ = "Magento_Catalog::products"


def product_of(call: Call) -> Product:
    """The product that the path names by its SKU. Raises Refusal."""
    found = call.state.catalogue.find(unquote(call.path["sku"]))
    if found is None:
        raise Refusal(404, "The product that was requested doesn't exist. Verify the product and try again.")
    return found


def _list(call: Call) -> dict[str, Any]:
    state = call.state
    every = list(state.catalogue.by_number.values())
    return call.found(every, products.product_column, lambda told: products.product(state, told))


def _one(call: Call) -> dict[str, Any]:
    return products.product(call.state, product_of(call))


def _options(call: Call) -> list[dict[str, Any]]:
    told = product_of(call)
    return [products.option(told, record) for record in told.options]


def _variants(call: Call) -> list[dict[str, Any]]:
    return [products.product(call.state, each) for each in product_of(call).variants]


def _parts(call: Call) -> list[dict[str, Any]]:
    shown = products.product(call.state, product_of(call))["extension_attributes"].get("bundle_product_options", [])
    return [link for option in shown for link in option["product_links"]]


ROUTES = (
    Route("GET", "products", _READ, _list),
    Route("GET", "products/{sku}", _READ, _one),
    Route("GET", "products/{sku}/options", _READ, _options),
    Route("GET", "configurable-products/{sku}/children", _READ, _variants),
    Route("GET", "bundle-products/{sku}/children", _READ, _parts),
)
