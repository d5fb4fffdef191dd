"""Fulfilment orders, fulfilments, tracking and holds."""

from typing import Any

from khaossync.sandbox.shopify.fulfilments import Fulfilment, FulfilmentOrder, Shipped
from khaossync.sandbox.shopify.ids import gid
from khaossync.sandbox.shopify.paging import listed, numbered
from khaossync.sandbox.shopify.resolvers.catalogue import PREMISES, variant
from khaossync.sandbox.shopify.schema import As, Table


def _assigned(asked: FulfilmentOrder, _info: Any) -> dict[str, Any]:
    return {**PREMISES, "location": asked.location, "name": asked.location.name}


def _destination(asked: FulfilmentOrder, _info: Any) -> Any:
    address = asked.order.shipping_address
    return As("FulfillmentOrderDestination", (address, asked.order), asked.number) if address else None


def _method(asked: FulfilmentOrder, _info: Any) -> dict[str, Any]:
    charge = next(iter(asked.order.shipping_lines), None)
    title = charge.title if charge else None
    return {
        "id": gid("DeliveryMethod", asked.number),
        "methodType": asked.order.delivery_method,
        "presentedName": title,
        "serviceCode": title,
    }


def _of(name: str) -> Any:
    return lambda source, _info: getattr(source.record[0], name)


def _ours(asked: FulfilmentOrder) -> list[Fulfilment]:
    return [done for done in asked.order.fulfilments if asked in done.fulfilment_orders]


def _worth(shipped: Shipped) -> Any:
    line = shipped.fulfilment_line.line
    return line.amount(line.quantity) - line.amount(line.quantity - shipped.quantity)


TABLE: Table = {
    "FulfillmentOrder.assignedLocation": _assigned,
    "FulfillmentOrder.deliveryMethod": _method,
    "FulfillmentOrder.destination": _destination,
    "FulfillmentOrder.fulfillAt": lambda asked, _: asked.created_at,
    "FulfillmentOrder.fulfillBy": lambda _asked, _: None,
    "FulfillmentOrder.fulfillmentHolds": lambda asked, _: asked.holds,
    "FulfillmentOrder.fulfillments": lambda asked, _, **window: numbered(_ours(asked), **window),
    "FulfillmentOrder.lineItems": lambda asked, _, **window: numbered(asked.lines, **window),
    "FulfillmentOrder.orderId": lambda asked, _: gid("Order", asked.order.number),
    "FulfillmentOrder.orderName": lambda asked, _: asked.order.name,
    "FulfillmentOrder.orderProcessedAt": lambda asked, _: asked.order.created_at,
    "FulfillmentOrder.requestStatus": lambda _asked, _: "UNSUBMITTED",
    "FulfillmentOrder.supportedActions": lambda asked, _: [{"action": action} for action in asked.actions],
    "FulfillmentOrderLineItem.inventoryItemId": lambda part, _: part.line.item.id,
    "FulfillmentOrderLineItem.lineItem": lambda part, _: part.line,
    "FulfillmentOrderLineItem.productTitle": lambda part, _: part.line.item.title,
    "FulfillmentOrderLineItem.remainingQuantity": lambda part, _: part.remaining,
    "FulfillmentOrderLineItem.requiresShipping": lambda part, _: part.line.item.requires_shipping,
    "FulfillmentOrderLineItem.sku": lambda part, _: part.line.item.sku,
    "FulfillmentOrderLineItem.totalQuantity": lambda part, _: part.total,
    "FulfillmentOrderLineItem.variant": lambda part, _: variant(part.line.item),
    "FulfillmentOrderLineItem.variantTitle": lambda _part, _: None,
    "FulfillmentOrderLineItem.vendor": lambda _part, _: "Test Brand",
    "FulfillmentOrderDestination.address1": _of("address1"),
    "FulfillmentOrderDestination.address2": _of("address2"),
    "FulfillmentOrderDestination.city": _of("city"),
    "FulfillmentOrderDestination.company": _of("company"),
    "FulfillmentOrderDestination.countryCode": _of("country_code_v2"),
    "FulfillmentOrderDestination.email": lambda source, _: source.record[1].email,
    "FulfillmentOrderDestination.firstName": _of("first_name"),
    "FulfillmentOrderDestination.lastName": _of("last_name"),
    "FulfillmentOrderDestination.phone": _of("phone"),
    "FulfillmentOrderDestination.province": _of("province"),
    "FulfillmentOrderDestination.zip": _of("zip"),
    "FulfillmentHold.displayReason": lambda hold, _: hold.reason.replace("_", " ").capitalize(),
    "FulfillmentHold.heldByRequestingApp": lambda hold, _: hold.by_app,
    "FulfillmentHold.reasonNotes": lambda hold, _: hold.notes,
    "Fulfillment.deliveredAt": lambda _done, _: None,
    "Fulfillment.displayStatus": lambda done, _: "FULFILLED" if done.status == "SUCCESS" else "CANCELED",
    "Fulfillment.fulfillmentLineItems": lambda done, _, **window: numbered(done.lines, **window),
    "Fulfillment.fulfillmentOrders": lambda done, _, **window: listed(done.fulfilment_orders, **window),
    "Fulfillment.name": lambda done, _: f"{done.order.name}.{done.position}",
    "Fulfillment.requiresShipping": lambda _done, _: True,
    "Fulfillment.totalQuantity": lambda done, _: sum(each.quantity for each in done.lines),
    "Fulfillment.trackingInfo": lambda done, _, first=None: done.tracking[:first],
    "FulfillmentLineItem.discountedTotalSet": lambda shipped, _: _worth(shipped),
    "FulfillmentLineItem.lineItem": lambda shipped, _: shipped.fulfilment_line.line,
    "FulfillmentLineItem.originalTotalSet": lambda shipped, _: shipped.fulfilment_line.line.price * shipped.quantity,
}
