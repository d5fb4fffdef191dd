"""The calls of the Admin API that change something: records, batches, states."""

from typing import Any

from khaossync.sandbox.shopware import transitions, writing
from khaossync.sandbox.shopware.api import Asked, Told, entity_of
from khaossync.sandbox.shopware.encoding import scalars
from khaossync.sandbox.shopware.entities import ENTITIES
from khaossync.sandbox.shopware.errors import refusal
from khaossync.sandbox.shopware.ids import is_id, named
from khaossync.sandbox.shopware.state import State

INTEGRATION = named("integration", "khaossync")


def patch(state: State, asked: Asked) -> Told:
    """`PATCH /api/{entity}/{id}`: nothing comes back but that it was done."""
    entity, key, body = entity_of(state, asked), asked.named["id"], _object(asked)
    if state.live.get(entity.name, key) is None:
        detail = f"The {entity.name} resource with the following primary key was not found: id({key})"
        raise refusal(404, "FRAMEWORK__RESOURCE_NOT_FOUND", detail)
    row = {**body, "id": key}
    writing.check(state, entity, [row])
    writing.write(state, entity, row)
    return Told(204)


def sync(state: State, asked: Asked) -> Told:
    """`POST /api/_action/sync`."""
    return Told(200, writing.sync(state, asked.body, asked.headers))


def move(state: State, asked: Asked) -> Told:
    """`POST /api/_action/{entity}/{id}/state/{transition}`, and the same under `state-machine`.

    Only `sendMail: false` keeps the customer's mail back.
    """
    entity, key, body = asked.named["entity"], asked.named["id"], _object(asked)
    entity = entity.replace("-", "_")
    writing.permit(state, entity, "update")
    writing.permit(state, "state_machine_history", "create")
    _state_field(body.get("stateFieldName", "stateId"))
    comment = body.get("internalComment") if state.setup.release >= (6, 7) else None
    after = transitions.move(
        state,
        entity,
        key,
        asked.named["transition"],
        mail=body.get("sendMail", True) is not False,
        flows="sw-skip-trigger-flow" not in asked.headers,
        comment=comment,
        integration=INTEGRATION,
    )
    return Told(200, scalars(state.setup, ENTITIES["state_machine_state"], after))


def possible(state: State, asked: Asked) -> Told:
    """`GET /api/_action/state-machine/{entity}/{id}/state`."""
    entity, key = asked.named["entity"].replace("-", "_"), asked.named["id"]
    found = transitions.possible(state, entity, key)
    base = f"/api/_action/state-machine/{asked.named['entity']}/{key}/state"
    listed = [
        {
            "name": target.replace("_", " ").capitalize(),
            "technicalName": target,
            "actionName": action,
            "fromStateName": origin,
            "toStateName": target,
            "url": f"{base}/{action}",
        }
        for action, origin, target in found
    ]
    return Told(200, {"transitions": listed})


def _object(asked: Asked) -> dict[str, Any]:
    if "id" in asked.named and not is_id(asked.named["id"]):
        key = asked.named["id"]
        raise refusal(400, "FRAMEWORK__INVALID_UUID", f"Value is not a valid UUID: {key}", input=key)
    body = asked.body or {}
    if not isinstance(body, dict):
        raise refusal(400, "FRAMEWORK__API_BAD_REQUEST", "The body of this call is an object.")
    return body


def _state_field(told: Any) -> None:
    if told != "stateId":
        detail = f'Field "{told}" does not exists or isn\'t of type StateMachineStateField.'
        raise refusal(400, "SYSTEM__STATE_MACHINE_INVALID_STATE_FIELD", detail, fieldName=told)
