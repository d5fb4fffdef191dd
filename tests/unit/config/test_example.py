"""The example file explains every key there is, and none that there is not."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from annotated_types import Ge, Le
from pydantic import BaseModel, SecretStr, TypeAdapter, create_model
from pydantic.fields import FieldInfo

from khaossync.config import Config, alerting, kinds, load
from khaossync.config.tables import ChannelTable, ErpTable

EXAMPLE = Path(__file__).resolve().parents[3] / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
# An explanation begins with "# "; a key that is left out begins with "#" alone.
EVERYTHING: dict[str, Any] = tomllib.loads(re.sub(r"(?m)^#(?=\S)", "", TEXT), parse_float=Decimal)
Table = Mapping[str, Any]
NAMED = ("erp", "channel", "alerts")


def tables() -> Iterator[tuple[str, type[BaseModel], Table]]:
    """Every table of the example with its dotted name and the model that reads it."""
    sections = {name: field for name, field in Config.model_fields.items() if name not in NAMED}
    for name, field in sections.items():
        yield from inside(name, field, EVERYTHING[name])
    for section, base in (("erp", ErpTable), ("channel", ChannelTable)):
        for place, (name, table) in enumerate(EVERYTHING[section].items()):
            model = shown(kinds.combined(base, table["kind"]), base, whole=place == 0)
            yield from below(f"{section}.{name}", model, table)
    for place, (name, table) in enumerate(EVERYTHING["alerts"].items()):
        model = shown(alerting.KINDS[table["kind"]], alerting.AlertTable, whole=place == 0)
        yield f"alerts.{name}", model, table


def shown(kind: type[BaseModel], base: type[BaseModel], *, whole: bool) -> type[BaseModel]:
    """What all kinds of a section have in common is explained in the first of their tables only."""
    if whole:
        return kind
    common = set(base.model_fields) - {"kind"}
    own: Any = {key: (field.annotation, field) for key, field in kind.model_fields.items() if key not in common}
    return create_model(kind.__name__, **own)


def below(name: str, model: type[BaseModel], table: Table) -> Iterator[tuple[str, type[BaseModel], Table]]:
    yield name, model, table
    for key, field in model.model_fields.items():
        yield from inside(f"{name}.{key}", field, table.get(key, {}))


def inside(name: str, field: FieldInfo, value: Any) -> Iterator[tuple[str, type[BaseModel], Table]]:
    """The tables of fixed keys in a field: the field itself, or the values of a table of free names."""
    annotation: Any = field.annotation
    if is_model(annotation):
        yield from below(name, annotation, value)
    for part in filter(is_model, get_args(annotation)):
        for free, table in value.items():
            yield from below(f"{name}.{free}", part, table)


def is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


TABLES = [pytest.param(*row, id=row[0]) for row in tables()]
KEYS = [
    pytest.param(name, key, field, table, id=f"{name}.{key}")
    for name, model, table in tables()
    for key, field in model.model_fields.items()
]


def paragraph(table: str, key: str) -> str:
    """The lines around a key up to the next empty ones: its explanation."""
    section = TEXT[re.search(rf"(?m)^#?\[{re.escape(table)}\]", TEXT).start() :]  # type: ignore[union-attr]
    wanted = re.compile(rf"(?m)^#?({key} =|\[{re.escape(table)}\.{key}[\].])")
    return next(part for part in section.split("\n\n") if wanted.search(part))


def test_it_is_accepted_as_it_is_once_the_secrets_are_there() -> None:
    config = load(EXAMPLE, environ={"KHAOSSYNC_CHANNEL__SHOP__ACCESS_TOKEN": "shpat_example"})
    assert set(config.rules().channels) == {"shop"}


def test_every_section_and_every_kind_has_a_table() -> None:
    assert set(EVERYTHING) == set(Config.model_fields)
    for section, base in (("erp", ErpTable), ("channel", ChannelTable)):
        assert {table["kind"] for table in EVERYTHING[section].values()} == set(kinds.names(base))
    assert {table["kind"] for table in EVERYTHING["alerts"].values()} == set(alerting.KINDS)


@pytest.mark.parametrize(("name", "model", "table"), TABLES)
def test_a_table_shows_every_key_of_its_model_and_no_other(name: str, model: type[BaseModel], table: Table) -> None:
    assert set(table) == set(model.model_fields)


@pytest.mark.parametrize(("name", "key", "field", "table"), KEYS)
def test_a_key_is_explained_with_its_bounds(name: str, key: str, field: FieldInfo, table: Table) -> None:
    explanation = paragraph(name, key)
    assert re.search(r"(?m)^# \S+ \S+", explanation), "there is no explanation"
    for rule in field.metadata:
        if isinstance(rule, Ge | Le):
            bound = rule.ge if isinstance(rule, Ge) else rule.le
            assert re.search(rf"(?<![\d.]){bound}(?![\d.]*\d)", explanation), f"the bound {bound} is not named"
    if "SecretStr" in str(field.annotation):
        assert "SECRET" in explanation


@pytest.mark.parametrize(("name", "key", "field", "table"), KEYS)
def test_a_key_that_is_left_out_shows_its_default_or_an_example(
    name: str, key: str, field: FieldInfo, table: Table
) -> None:
    default = field.get_default(call_default_factory=True)
    shown = table[key]
    if field.is_required() or default in (None, (), {}):
        assert shown not in (None, ())  # an example, for there is no default to show
        return
    annotation: Any = field.annotation
    value = TypeAdapter(annotation).validate_python(shown)
    secret = isinstance(value, SecretStr)
    assert (value.get_secret_value() if secret else value) == (default.get_secret_value() if secret else default)
