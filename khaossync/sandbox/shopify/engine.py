"""One GraphQL request from text to answer: parse, validate, price, throttle, run, give change."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)
from graphql.utilities import value_from_ast_untyped

from khaossync.sandbox.shopify import costs
from khaossync.sandbox.shopify.binding import for_version
from khaossync.sandbox.shopify.bucket import Bucket
from khaossync.sandbox.shopify.inventory import sizes
from khaossync.sandbox.shopify.schema import Context
from khaossync.sandbox.shopify.scopes import missing_scope

LARGEST_LIST = 250
_DOCS = "https://shopify.dev/api/usage/rate-limits"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request's text, read once. `errors` are what Shopify says of a query that its schema does not allow."""

    document: DocumentNode | None
    errors: list[dict[str, Any]]
    plans: Mapping[str, list[costs.Plan]]
    operations: Mapping[str, OperationDefinitionNode]

    def choose(self, name: str | None) -> tuple[OperationDefinitionNode, list[costs.Plan]] | None:
        """The operation meant, with its price plan."""
        if name is None and len(self.operations) == 1:
            name = next(iter(self.operations))
        found = self.operations.get(name or "")
        return None if found is None else (found, self.plans[name or ""])


@functools.lru_cache(maxsize=1024)
def prepare(version: str, text: str) -> Prepared:
    """Parse and validate a text against a version; the same text is read only once."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return Prepared(None, [_formatted(error)], {}, {})
    schema = for_version(version)
    errors = [_formatted(error) for error in validate(schema, document)]
    if errors:
        return Prepared(document, errors, {}, _operations(document))
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    planner = costs.Planner(schema, fragments)
    operations = _operations(document)
    return Prepared(document, [], {name: planner.plan(each) for name, each in operations.items()}, operations)


def _operations(document: DocumentNode) -> dict[str, OperationDefinitionNode]:
    found = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    return {each.name.value if each.name else "": each for each in found}


def root_field(version: str, text: str, name: str | None) -> str:
    """The name of the first thing a request asks for; "graphql" where it cannot be told."""
    prepared = prepare(version, text)
    wanted = next((each for key, each in prepared.operations.items() if name in (None, key)), None)
    for node in wanted.selection_set.selections if wanted else ():
        if isinstance(node, FieldNode):
            return node.name.value
    return "graphql"


_SHAPES = (
    (
        re.compile(r"Cannot query field '(\w+)' on type '(\w+)'"),
        "undefinedField",
        "Field '{0}' doesn't exist on type '{1}'",
    ),
    (
        re.compile(r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'"),
        "argumentNotAccepted",
        "Field '{2}' doesn't accept argument '{0}'",
    ),
    (
        re.compile(r"Argument '\w+\.(\w+)\((\w+):\)' of type"),
        "missingRequiredArguments",
        "Field '{0}' is missing required arguments: {1}",
    ),
    (re.compile(r"Unknown type '(\w+)'"), "undefinedType", "No such type {0}, so it can't be a fragment condition"),
    (re.compile(r"Unknown directive '@(\w+)'"), "undefinedDirective", "Directive @{0} is not defined"),
)


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as Shopify words it."""
    answer: dict[str, Any] = {"message": error.message}
    for pattern, code, wording in _SHAPES:
        found = pattern.search(error.message)
        if found:
            answer["message"] = wording.format(*found.groups())
            answer["extensions"] = {"code": code}
    if error.locations:
        answer["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        answer["path"] = error.path
    if error.extensions:
        answer["extensions"] = dict(error.extensions)
    return answer


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may run: its points are set aside."""

    document: DocumentNode
    operation: OperationDefinitionNode
    plans: list[costs.Plan]
    wanted: int
    variables: Mapping[str, Any]


class Engine:
    """Answers the requests of one app on one shop: `admit` takes the points, `run` gives back the change."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def admit(
        self, context: Context, text: str, variables: Mapping[str, Any], name: str | None
    ) -> Admitted | dict[str, Any]:
        """What may run, or the JSON of the answer that says why not."""
        prepared = prepare(context.version, text)
        if prepared.errors or prepared.document is None:
            return {"errors": prepared.errors}
        chosen = prepared.choose(name)
        if chosen is None:
            return {"errors": [{"message": "An operation name is required"}]}
        operation, plans = chosen
        try:
            wanted = costs.requested(plans, {**_defaults(operation), **variables})
            _check_sizes(operation, variables)
        except GraphQLError as error:
            return {"errors": [_formatted(error)]}
        refusal = _too_dear(wanted) or _denied(context, operation) or self._throttled(wanted)
        return refusal or Admitted(prepared.document, operation, plans, wanted, variables)

    def _throttled(self, wanted: int) -> dict[str, Any] | None:
        if self.bucket.take(wanted):
            return None
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": _DOCS}}
        return {"errors": [error], "extensions": {"cost": self._cost(wanted, None)}}

    def run(self, context: Context, admitted: Admitted) -> dict[str, Any]:
        """The JSON of the answer."""
        operation = admitted.operation
        result = execute_sync(
            for_version(context.version),
            admitted.document,
            context_value=context,
            variable_values=dict(admitted.variables),
            operation_name=operation.name.value if operation.name else None,
        )
        actual = min(costs.used(admitted.plans, result.data), admitted.wanted)
        self.bucket.give_back(admitted.wanted - actual)
        answer: dict[str, Any] = {"data": result.data} if result.data is not None or not result.errors else {}
        if result.errors:
            answer["errors"] = [_formatted(error) for error in result.errors]
        answer["extensions"] = {"cost": self._cost(admitted.wanted, actual)}
        if context.warnings:
            answer["extensions"]["search"] = context.warnings
        return answer

    def _cost(self, wanted: int, actual: int | None) -> dict[str, Any]:
        return {
            "requestedQueryCost": wanted,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        }


def _too_dear(wanted: int) -> dict[str, Any] | None:
    if wanted <= costs.MOST_PER_QUERY:
        return None
    message = f"Query cost is {wanted}, which exceeds the single query max cost limit ({costs.MOST_PER_QUERY})."
    extensions = {"code": "MAX_COST_EXCEEDED", "cost": wanted, "maxCost": costs.MOST_PER_QUERY}
    return {"errors": [{"message": message, "extensions": {**extensions, "documentation": _DOCS}}]}


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }


def _check_sizes(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
    """https://shopify.dev/docs/api/usage/limits: input lists hold 250 at most."""
    literals = [
        value_from_ast_untyped(argument.value, dict(variables))
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode)
        for argument in node.arguments or ()
    ]
    largest = max((size for value in [*variables.values(), *literals] for size in sizes(value)), default=0)
    if largest > LARGEST_LIST:
        raise GraphQLError(
            f"The input array size of {largest} is greater than the maximum allowed of {LARGEST_LIST}.",
            extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
        )


def _denied(context: Context, operation: OperationDefinitionNode) -> dict[str, Any] | None:
    for node in operation.selection_set.selections:
        scope = missing_scope(node.name.value, context.state.scopes) if isinstance(node, FieldNode) else None
        if isinstance(node, FieldNode) and scope:
            field = node.name.value
            message = f"Access denied for {field} field. Required access: `{scope}` access scope."
            extensions = {"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."}
            return {"errors": [{"message": message, "path": [field], "extensions": extensions}], "data": None}
    return None
