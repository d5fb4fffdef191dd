"""Moves a record from one state to another: its history, the stock, the mails, and what is refused.

https://github.com/shopware/shopware/blob/trunk/src/Core/System/StateMachine/StateMachineRegistry.php
"""

from khaossync.sandbox.shopware import stock
from khaossync.sandbox.shopware.errors import refusal
from khaossync.sandbox.shopware.ids import LIVE
from khaossync.sandbox.shopware.machines import GOVERNED, Transition, machine_id, state_id, states, transitions
from khaossync.sandbox.shopware.state import Mail, Shipment, State
from khaossync.sandbox.shopware.store import Row

_SHIPPED = ("shipped", "shipped_partially")
_KINDS = {"order_delivery": "shipping_confirmation", "order": "order_cancelled"}


def record(state: State, entity: str, key: str) -> Row:
    """A record that has a state. Refuses what there is not."""
    found = state.live.get(entity, key) if entity in GOVERNED else None
    if found is None:
        detail = f'Unable to read entity "{entity}" with id "{key}".'
        raise refusal(400, "SYSTEM__STATE_MACHINE_INVALID_ENTITY_ID", detail, entityName=entity, entityId=key)
    return found


def possible(state: State, entity: str, key: str) -> list[Transition]:
    """What may happen to a record now, by action."""
    current = state.state_of(record(state, entity, key))
    return sorted(told for told in transitions(entity) if told[1] == current)


def move(
    state: State,
    entity: str,
    key: str,
    action: str,
    *,
    mail: bool = True,
    flows: bool = True,
    comment: str | None = None,
    integration: str | None = None,
) -> Row:
    """Do `action` and give the state that the record is in then. What is there already stays, silently."""
    row = record(state, entity, key)
    before, after = state.state_of(row), _target(state, entity, row, action)
    if after is not None:
        _remember(state, entity, row, action, after, comment, integration)
        state.live.change(entity, key, stateId=state_id(entity, after))
        _stock(state, entity, key, before, after)
        _ship(state, entity, row, after)
        _write_to_customer(state, entity, row, after, wanted=mail and flows)
        state.tell(f"state_enter.{entity}.state.{after}", entity, [key])
    return state.live.get("state_machine_state", row["stateId"]) or {}


def _target(state: State, entity: str, row: Row, action: str) -> str | None:
    """The state that an action leads to; None when nothing has to be done. Refuses what may not be."""
    current = state.state_of(row)
    if action == "cancel" and state.setup.release < (6, 7) and "cancelled" in states(entity):
        return "cancelled"
    for name, origin, target in transitions(entity):
        if name == action and target == current:
            return None
        if name == action and origin == current:
            return target
    allowed = [name for name, *_ in possible(state, entity, row["id"])]
    listed = ", ".join(allowed)
    raise refusal(
        400,
        "SYSTEM__ILLEGAL_STATE_TRANSITION",
        f'Illegal transition "{action}" from state "{row["stateId"]}". Possible transitions are: {listed}',
        transition=action,
        fromState=row["stateId"],
        possibleTransitionsString=listed,
        possibleTransitions=allowed,
    )


def _remember(
    state: State, entity: str, row: Row, action: str, after: str, comment: str | None, integration: str | None
) -> None:
    told = {"entityName": entity, "referencedId": row["id"], "referencedVersionId": LIVE}
    ends = {"fromStateId": row["stateId"], "toStateId": state_id(entity, after), "stateMachineId": machine_id(entity)}
    by = {"transitionActionName": action, "internalComment": comment, "integrationId": integration}
    state.live.add("state_machine_history", {"id": state.ids.new(), **told, **ends, **by})


def _stock(state: State, entity: str, key: str, before: str, after: str) -> None:
    """Only the order's own state moves stock, never that of its delivery or payment."""
    if entity != "order":
        return
    taken = stock.units(state.live.children("order_line_item", "orderId", key))
    back = {product: -count for product, count in taken.items()}
    if after == "cancelled" and before != "cancelled":
        stock.sold(state, back)
    elif before == "cancelled":
        stock.sold(state, taken)
    if after == "completed":
        stock.shelved(state, taken)
    elif before == "completed":
        stock.shelved(state, back)


def _ship(state: State, entity: str, row: Row, after: str) -> None:
    if entity == "order_delivery" and after in _SHIPPED:
        codes = tuple(row["trackingCodes"] or ())
        state.shipments.append(Shipment(state.ids.new(), row["id"], after, codes, state.now()))


def _write_to_customer(state: State, entity: str, row: Row, after: str, *, wanted: bool) -> None:
    """A mail goes out where an active flow says so; the answer tells nobody whether one did."""
    if not wanted or f"state_enter.{entity}.state.{after}" not in state.setup.flows:
        return
    order = row if entity == "order" else state.live.get("order", row.get("orderId"))
    if order is not None and entity in _KINDS:
        customer = state.live.get("order_customer", order["orderCustomerId"]) or {}
        codes = tuple(row.get("trackingCodes") or ())
        state.mails.append(Mail(order["orderNumber"], customer.get("email"), _KINDS[entity], codes))
