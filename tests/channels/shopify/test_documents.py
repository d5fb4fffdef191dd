"""Every document that is sent is valid in the published schemas, deprecates nothing, and costs what we say."""

from functools import cache
from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    get_named_type,
    parse,
    validate,
)
from graphql.language import FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, IntValueNode, VariableNode
from graphql.validation import NoDeprecatedCustomRule, specified_rules

from khaossync.channels.shopify import operations
from khaossync.channels.shopify.wire import Operation, Variables

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType

ROOT = Path(__file__).resolve().parents[3]
PUBLISHED = ROOT.parent / "shared" / "schemas" / "shopify"
SIMULATED = ROOT / "khaossync" / "sandbox" / "shopify" / "admin.graphql"
OPERATIONS = [each for each in vars(operations).values() if isinstance(each, Operation)]
SIZES: Variables = {"first": 7, "lines": 9, "ids": ["a", "b", "c"]}


@cache
def schema(path: Path) -> GraphQLSchema:
    return build_schema(path.read_text(), assume_valid=True)


def named(operation: Operation) -> str:
    return operation.name


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published schemas do not lie beside this checkout")
@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_every_document_is_valid_in_the_published_schema_and_uses_nothing_deprecated(
    operation: Operation, version: str
) -> None:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    assert not validate(schema(PUBLISHED / f"admin-{version}.graphql"), parse(operation.document), rules)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_every_document_is_valid_in_the_simulated_schema(operation: Operation) -> None:
    assert not validate(schema(SIMULATED), parse(operation.document))


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_the_estimated_cost_follows_the_published_rule(operation: Operation) -> None:
    """SHO-3: a call is paced by what it will be charged at most."""
    document = parse(operation.document)
    assert operation.cost(SIZES) == Bill(schema(SIMULATED), document).total()


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_only_what_makes_shopify_write_to_a_customer_may_not_be_repeated(operation: Operation) -> None:
    assert operation.safe == (operation not in (operations.CREATE_FULFILMENT, operations.CHANGE_TRACKING))


def test_no_document_is_forgotten() -> None:
    """Every file under queries/ belongs to an operation, so that it is validated here."""
    folder = Path(operations.__file__).parent / "queries"
    used = {part for operation in OPERATIONS for part in operation.parts}
    assert used == {file.stem for file in folder.glob("*.graphql")}


class Bill:
    """The published rule, walked over a document: objects 1, connections 2 + first × children, mutations 10."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema = schema
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        (self.operation,) = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]

    def total(self) -> float:
        mutation = self.operation.operation is OperationType.MUTATION
        root = self.schema.mutation_type if mutation else self.schema.query_type
        assert root
        return (10 if mutation else 0) + self.selections(root, self.operation.selection_set)

    def selections(self, parent: Composite, chosen: SelectionSetNode) -> float:
        plain, dearest = 0.0, 0.0
        for each in chosen.selections:
            if isinstance(each, FieldNode):
                plain += self.field(parent, each)
            elif isinstance(each, FragmentSpreadNode):
                plain += self.selections(parent, self.fragments[each.name.value].selection_set)
            elif isinstance(each, InlineFragmentNode):
                assert each.type_condition
                kind = self.schema.type_map[each.type_condition.name.value]
                assert isinstance(kind, GraphQLObjectType)
                dearest = max(dearest, self.selections(kind, each.selection_set))
        return plain + dearest

    def field(self, parent: Composite, field: FieldNode) -> float:
        if not field.selection_set or field.name.value == "pageInfo":
            return 0
        assert not isinstance(parent, GraphQLUnionType)
        kind = get_named_type(parent.fields[field.name.value].type)
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        children = self.selections(kind, field.selection_set)
        sizes = {each.name.value: each.value for each in field.arguments or ()}
        if "ids" in sizes:
            return len(SIZES["ids"]) * (1 + children)
        if "first" not in sizes:
            return children if field.name.value == "nodes" else 1 + children
        count = self.size(sizes["first"])
        return 2 + count * (1 + children) if kind.name.endswith("Connection") else count * (1 + children)

    def size(self, value: object) -> float:
        if isinstance(value, VariableNode):
            return float(SIZES[value.name.value])
        assert isinstance(value, IntValueNode)
        return float(value.value)
