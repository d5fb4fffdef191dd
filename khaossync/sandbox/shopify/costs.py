"""What a query costs: asked for before it runs, used after it ran.

Shopify publishes only a part of the rules (https://shopify.dev/docs/api/usage/limits): an object is 1, a scalar or enum
0, an interface or union the dearest of its selections, a mutation 10. The rest is fitted to costs that were measured on
real shops (https://github.com/microsoft/BCApps/pull/5926 and
https://community.shopify.dev/t/unexpectedly-low-graphql-query-cost-in-shopify-admin-api-seeking-clarification/23101):
a connection is 2 + floor(2 · ln first), at least 3, times what one node costs; a plain list counts once; `edges`,
`pageInfo` and amounts of money (MoneyBag, MoneyV2) are free.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)
from graphql.utilities import type_from_ast, value_from_ast_untyped

from khaossync.sandbox.shopify.paging import LARGEST_PAGE

MOST_PER_QUERY = 1000
MUTATION = 10
_FREE = ("MoneyBag", "MoneyV2", "CashRoundingAdjustment", "PageInfo", "UserError")


@dataclass(slots=True)
class Plan:
    """What one selected field adds. `window` holds the arguments of a connection; `on` limits it to one type."""

    key: str
    own: int
    on: str | None = None
    window: tuple[Any, ...] = ()
    is_connection: bool = False
    children: list["Plan"] = field(default_factory=list)


def growth(nodes: int) -> int:
    """How many times a connection of so many nodes counts what one node costs."""
    return max(1, math.floor(2 * math.log(nodes))) if nodes else 0


class Planner:
    """Makes the plan of an operation once; costs are then read off it for any variables and answers."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments

    def plan(self, operation: OperationDefinitionNode) -> list[Plan]:
        """The plans of the root fields."""
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            raise GraphQLError("Schema is not configured for this operation.")
        plans = list(self._selected(operation.selection_set, root))
        if root is self._schema.mutation_type:
            for each in plans:
                each.own, each.children = MUTATION, []
        return plans

    def _selected(self, selected: SelectionSetNode, on: Any, limit: str | None = None) -> Iterator[Plan]:
        for node in selected.selections:
            if isinstance(node, FieldNode):
                plan = self._field(node, on)
                if plan is not None:
                    plan.on = limit
                    yield plan
            elif isinstance(node, InlineFragmentNode | FragmentSpreadNode):
                yield from self._fragment(node, on, limit)

    def _fragment(self, node: InlineFragmentNode | FragmentSpreadNode, on: Any, limit: str | None) -> Iterator[Plan]:
        inner = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        condition = inner.type_condition
        target = type_from_ast(self._schema, condition) if condition is not None else on
        narrower = target.name if isinstance(target, GraphQLObjectType) and target is not on else limit
        yield from self._selected(inner.selection_set, target, narrower)

    def _field(self, node: FieldNode, on: Any) -> Plan | None:
        name = node.name.value
        if name.startswith("__") or node.selection_set is None:
            return None
        returns: GraphQLOutputType = on.fields[name].type
        kind = get_named_type(returns)
        if is_leaf_type(kind) or kind.name in _FREE:
            return None
        connection = kind.name.endswith("Connection")
        plan = Plan(
            key=(node.alias or node.name).value,
            own=0 if connection or kind.name.endswith("Edge") else 1,
            is_connection=connection,
            window=_window(node) if connection else (),
        )
        plan.children = list(self._selected(node.selection_set, kind))
        return plan


def _window(node: FieldNode) -> tuple[Any, ...]:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    return tuple(given.get(name) for name in ("first", "last"))


def requested(plans: list[Plan], variables: Mapping[str, Any]) -> int:
    """The points to set aside before the query runs. Raises GraphQLError for a connection without a usable size."""
    return _dearest((plan.on, _requested(plan, variables)) for plan in plans)


def _dearest(costs: Any) -> int:
    """What is selected on every type, and the dearest of what is selected on one of several types."""
    shared, narrow = 0, dict[str, int]()
    for on, cost in costs:
        if on is None:
            shared += cost
        else:
            narrow[on] = narrow.get(on, 0) + cost
    return shared + max(narrow.values(), default=0)


def _requested(plan: Plan, variables: Mapping[str, Any]) -> int:
    if not plan.is_connection:
        return plan.own + _dearest((each.on, _requested(each, variables)) for each in plan.children)
    node = max((_requested(each, variables) for each in plan.children), default=0)
    return 2 + growth(_size(plan, variables)) * node


def _size(plan: Plan, variables: Mapping[str, Any]) -> int:
    first, last = (None if node is None else value_from_ast_untyped(node, dict(variables)) for node in plan.window)
    if isinstance(first, int) and isinstance(last, int):
        raise _bad_window(plan, "providing both first and last is not supported")
    size = first if isinstance(first, int) else last
    if not isinstance(size, int):
        raise _bad_window(plan, "you must provide one of first or last")
    if not 0 <= size <= LARGEST_PAGE:
        raise _bad_window(plan, f"first and last must be from 0 to {LARGEST_PAGE}, not {size}")
    return size


def _bad_window(plan: Plan, message: str) -> GraphQLError:
    return GraphQLError(message, path=[plan.key], extensions={"code": "BAD_REQUEST"})


def used(plans: list[Plan], data: Any) -> int:
    """The points that an answer really took."""
    if not isinstance(data, dict):
        return 0
    return sum(_used(plan, data.get(plan.key)) for plan in plans if plan.key in data)


def _used(plan: Plan, value: Any) -> int:
    if isinstance(value, list):
        return max((_used(plan, each) for each in value), default=plan.own)
    if not isinstance(value, dict):
        return plan.own
    found = [(each, value[each.key]) for each in plan.children if each.key in value]
    if not plan.is_connection:
        return plan.own + sum(_used(each, inner) for each, inner in found)
    return 2 + max((growth(len(inner)) * _used(each, inner) for each, inner in found if inner), default=0)
