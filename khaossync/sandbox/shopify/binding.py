"""The executable schema of one version: a field has its own resolver, else it is an attribute of its record."""

import functools
import re
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, GraphQLUnionType, build_schema

from khaossync.sandbox.shopify.ids import gid
from khaossync.sandbox.shopify.resolvers import TABLE, typename_of
from khaossync.sandbox.shopify.schema import Resolver, Table, sdl

_OUT_NAMES = {"id": "gid", "ids": "gids", "input": "told"}
"""Arguments whose names are taken in Python; all others come in snake case."""


_OF_AN_ORDER = ("Order", "Refund", "OrderTransaction", "Fulfillment", "FulfillmentOrder")


@functools.cache
def for_version(version: str) -> GraphQLSchema:
    """The executable schema of a version."""
    schema = build_schema(sdl(version))
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            _bind(kind, TABLE)
        elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = typename_of
    return schema


def _bind(kind: GraphQLObjectType, table: Table) -> None:
    for name, found in kind.fields.items():
        resolve = table.get(f"{kind.name}.{name}") or _default(kind.name, name)
        found.resolve = _noting_the_order(resolve) if kind.name in _OF_AN_ORDER else resolve
        for argument_name, argument in found.args.items():
            argument.out_name = _OUT_NAMES.get(argument_name) or _snake(argument_name)


def _noting_the_order(resolve: Resolver) -> Resolver:
    """Sums know nothing of their order; a query runs depth first, so they belong to the order that was met last."""

    def noting(source: Any, info: Any, **arguments: Any) -> Any:
        info.context.order = getattr(source, "order", source)
        return resolve(source, info, **arguments)

    return noting


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _default(kind: str, name: str) -> Resolver:
    if name == "id":
        return lambda source, _info: source["id"] if type(source) is dict else gid(kind, source.number)
    if name == "legacyResourceId":
        return lambda source, _info: str(source.number)
    attribute = _snake(name)
    return lambda source, _info: source.get(name) if type(source) is dict else getattr(source, attribute)
