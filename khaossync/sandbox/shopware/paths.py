"""Names such as `deliveries.stateMachineState.technicalName`: what they lead to, and the values found there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from khaossync.sandbox.shopware.entities import ENTITIES, Association, Entity, Field
from khaossync.sandbox.shopware.errors import refusal
from khaossync.sandbox.shopware.state import Setup
from khaossync.sandbox.shopware.store import Row, Rows


@dataclass(frozen=True)
class Path:
    """The way to a value: over associations to a field, and into it where the field is a structure."""

    told: str
    steps: Sequence[Association]
    field: Field
    inside: Sequence[str] = ()

    def values(self, rows: Rows, row: Row) -> list[Any]:
        """Everything that this leads to; over a list it is several."""
        found = [row]
        for step in self.steps:
            found = [each for one in found for each in related(rows, one, step)]
        return [_into(each.get(self.field.name), self.inside) for each in found]


def resolve(setup: Setup, entity: Entity, told: str) -> Path:
    """What a name leads to from an entity; the entity's own name may stand before it. Refuses an unknown one."""
    names = told.removeprefix(f"{entity.name}.").split(".")
    steps: list[Association] = []
    here = entity
    for position, name in enumerate(names):
        field = here.fields.get(name)
        rest = names[position + 1 :]
        if field is not None and setup.has(field.since) and (not rest or field.kind == "json"):
            return Path(told, steps, field, rest)
        step = association(setup, here, name)
        if step is None:
            break
        steps.append(step)
        here = ENTITIES[step.entity]
    raise refusal(
        400,
        "FRAMEWORK__UNMAPPED_FIELD",
        f'Field "{told}" in entity "{entity.name}" was not found.',
        field=told,
        entity=entity.name,
    )


def association(setup: Setup, entity: Entity, name: str) -> Association | None:
    """An association by name, if this shop has it."""
    found = entity.associations.get(name)
    return found if found is not None and setup.has(found.since, extra=found.extra) else None


def related(rows: Rows, row: Row, step: Association) -> list[Row]:
    """The rows that an association leads to."""
    if step.kind == "many":
        return rows.children(step.entity, step.key, row["id"])
    keys = row.get(step.key) or () if step.kind == "listed" else [row.get(step.key)]
    return [found for found in (rows.get(step.entity, key) for key in keys) if found is not None]


def _into(told: Any, names: Sequence[str]) -> Any:
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    return told
