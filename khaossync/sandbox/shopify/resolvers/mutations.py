"""What may be changed through the API."""

from typing import Any

from graphql import GraphQLError
from graphql.language import StringValueNode, VariableNode

from khaossync.sandbox.shopify import despatch, ids, inventory, notes, refunds, subscriptions
from khaossync.sandbox.shopify.errors import UserError
from khaossync.sandbox.shopify.fulfilments import Fulfilment, Hold
from khaossync.sandbox.shopify.resolvers.lookup import find
from khaossync.sandbox.shopify.schema import As, Table
from khaossync.sandbox.shopify.state import Job, State

_KEY_NEEDED_FROM = "2026-04"
_ANYWHERE_FROM = "2026-10"


def _bad_request(message: str, info: Any) -> GraphQLError:
    return GraphQLError(message, path=info.path.as_list(), extensions={"code": "BAD_REQUEST"})


def _idempotency_key(info: Any) -> str | None:
    for directive in info.field_nodes[0].directives or ():
        if directive.name.value == "idempotent":
            value = directive.arguments[0].value
            if isinstance(value, VariableNode):
                return str(_variables(info).get(value.name.value, ""))
            return value.value if isinstance(value, StringValueNode) else None
    return None


def _variables(info: Any) -> Any:
    return getattr(info.variable_values, "coerced", info.variable_values)


def _set_quantities(_root: Any, info: Any, told: dict[str, Any]) -> dict[str, Any]:
    """https://shopify.dev/changelog says that key and changeFromQuantity are mandatory from 2026-04 on."""
    context, key = info.context, _idempotency_key(info)
    if key is not None and not key.strip():
        raise _bad_request("The idempotency key cannot be empty.", info)
    if context.version >= _KEY_NEEDED_FROM:
        if key is None:
            raise _bad_request("The @idempotent directive is required for this mutation but was not provided.", info)
        if any("changeFromQuantity" not in line for line in told["quantities"]):
            raise _bad_request("The changeFromQuantity argument is required; pass null to opt out of the check.", info)
    outcome = context.once.replay(key, told) if key else None
    if outcome is None:
        outcome = inventory.set_quantities(context.state, told, anywhere=context.version >= _ANYWHERE_FROM)
        if key:
            context.once.keep(key, told, outcome)
    if isinstance(outcome, list):
        return {"inventoryAdjustmentGroup": None, "userErrors": outcome}
    return {"inventoryAdjustmentGroup": outcome, "userErrors": []}


def _changes(
    group: inventory.AdjustmentGroup,
    _info: Any,
    inventory_item_ids: list[str] | None = None,
    location_ids: list[str] | None = None,
    quantity_names: list[str] | None = None,
) -> list[inventory.Change]:
    return [
        each
        for each in group.changes
        if (inventory_item_ids is None or each.item.id in inventory_item_ids)
        and (location_ids is None or each.location.id in location_ids)
        and (quantity_names is None or each.name in quantity_names)
    ]


def _fulfilled(outcome: Fulfilment | list[UserError]) -> dict[str, Any]:
    if isinstance(outcome, list):
        return {"fulfillment": None, "userErrors": outcome}
    return {"fulfillment": outcome, "userErrors": []}


def _create(_root: Any, info: Any, fulfillment: dict[str, Any]) -> dict[str, Any]:
    return _fulfilled(despatch.create(info.context.state, fulfillment))


def _change_tracking(
    _root: Any,
    info: Any,
    fulfillment_id: str,
    tracking_info_input: dict[str, Any],
    notify_customer: bool | None = None,
) -> dict[str, Any]:
    done = despatch.change_tracking(info.context.state, fulfillment_id, tracking_info_input, bool(notify_customer))
    return _fulfilled(done)


def _hold(_root: Any, info: Any, gid: str, fulfillment_hold: dict[str, Any]) -> dict[str, Any]:
    state: State = info.context.state
    asked = despatch.find(state, gid)
    if asked is None or not asked.actions:
        error = UserError("Fulfillment order does not exist.", ("id",), "FULFILLMENT_ORDER_NOT_FOUND")
        return {"userErrors": [error]}
    outcome = despatch.hold(state, asked, fulfillment_hold, by_app=True)
    if isinstance(outcome, Hold):
        return {"fulfillmentHold": outcome, "fulfillmentOrder": asked, "userErrors": []}
    return {"fulfillmentOrder": asked, "userErrors": outcome}


def _release(
    _root: Any,
    info: Any,
    gid: str,
    hold_ids: list[str] | None = None,
) -> dict[str, Any]:
    asked = despatch.find(info.context.state, gid)
    if asked is None:
        error = UserError("Fulfillment order does not exist.", ("id",), "FULFILLMENT_ORDER_NOT_FOUND")
        return {"userErrors": [error]}
    despatch.release(info.context.state, asked, hold_ids)
    return {"fulfillmentOrder": asked, "userErrors": []}


def _cancel(
    _root: Any,
    info: Any,
    order_id: str,
    reason: str,
    restock: bool,
    refund_method: dict[str, Any] | None = None,
    notify_customer: bool = False,
    staff_note: str | None = None,
) -> dict[str, Any]:
    state: State = info.context.state
    order = find(state, order_id) if order_id.startswith("gid://shopify/Order/") else None
    if order is None:
        return {"job": None, "orderCancelUserErrors": [UserError("Order does not exist", ("orderId",), "NOT_FOUND")]}
    give_back = bool(refund_method and refund_method.get("originalPaymentMethodsRefund"))
    try:
        refunds.cancel(
            state,
            order,
            restock=restock,
            give_back=give_back,
            reason=reason,
            notify=notify_customer,
            staff_note=staff_note,
        )
    except ValueError as error:
        return {"job": None, "orderCancelUserErrors": [UserError(str(error), ("orderId",), "INVALID")]}
    job = Job(state.numbers.next())
    state.jobs[job.number] = job
    answer = {"id": ids.gid("Job", job.number), "done": False}
    job.done = True
    return {"job": answer, "orderCancelUserErrors": []}


def _tags(field: str) -> Any:
    def resolve(_root: Any, info: Any, gid: str, tags: list[str]) -> dict[str, Any]:
        state: State = info.context.state
        found = find(state, gid)
        record = found.record if isinstance(found, As) else found
        if not hasattr(record, "tags"):
            return {"node": None, "userErrors": [UserError("The resource does not exist.", ("id",))]}
        notes.change_tags(state, record, **{field: tags})
        return {"node": found, "userErrors": []}

    return resolve


def _set_metafields(_root: Any, info: Any, metafields: list[dict[str, Any]]) -> dict[str, Any]:
    state: State = info.context.state
    owners = {each["ownerId"]: find(state, each["ownerId"]) for each in metafields}
    outcome = notes.set_metafields(state, metafields, owners)
    if outcome and isinstance(outcome[0], UserError):
        return {"metafields": None, "userErrors": outcome}
    return {"metafields": outcome, "userErrors": []}


def _subscribe(_root: Any, info: Any, topic: str, webhook_subscription: dict[str, Any]) -> dict[str, Any]:
    outcome = subscriptions.subscribe(info.context.state, topic, webhook_subscription, info.context.version)
    if isinstance(outcome, UserError):
        return {"webhookSubscription": None, "userErrors": [outcome]}
    return {"webhookSubscription": outcome, "userErrors": []}


def _unsubscribe(_root: Any, info: Any, gid: str) -> dict[str, Any]:
    parsed = ids.parse(gid)
    held = info.context.state.subscriptions.pop(parsed[1], None) if parsed else None
    if held is None:
        return {"userErrors": [UserError("Webhook subscription does not exist", ("id",))]}
    return {"deletedWebhookSubscriptionId": gid, "userErrors": []}


TABLE: Table = {
    "Mutation.fulfillmentCancel": lambda _root, info, gid: _fulfilled(despatch.undo(info.context.state, gid)),
    "Mutation.fulfillmentCreate": _create,
    "Mutation.fulfillmentOrderHold": _hold,
    "Mutation.fulfillmentOrderReleaseHold": _release,
    "Mutation.fulfillmentTrackingInfoUpdate": _change_tracking,
    "Mutation.inventorySetQuantities": _set_quantities,
    "Mutation.metafieldsSet": _set_metafields,
    "Mutation.orderCancel": _cancel,
    "Mutation.tagsAdd": _tags("add"),
    "Mutation.tagsRemove": _tags("drop"),
    "Mutation.webhookSubscriptionCreate": _subscribe,
    "Mutation.webhookSubscriptionDelete": _unsubscribe,
    "InventoryAdjustmentGroup.changes": _changes,
    "InventoryAdjustmentGroup.referenceDocumentUri": lambda group, _: group.document,
    "InventoryChange.ledgerDocumentUri": lambda _change, _: None,
    "InventoryChange.quantityAfterChange": lambda change, _: change.after,
}
