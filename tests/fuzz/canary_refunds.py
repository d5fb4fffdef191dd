"""Refunds with canaries in every text that their reader does not need, well and spoilt in many ways."""

from typing import Any

from channels.shopify import answers, rest, test_published_samples
from fuzz.canaries import CANARY, everywhere
from fuzz.nonsense import Json, paths, replaced
from fuzz.records import REFUND

# What the shop knows of a refund besides, should an answer ever tell more than was asked for:
# https://shopify.dev/docs/api/admin-graphql/latest/objects/Refund
MORE: Json = {
    "staffMember": {"name": "", "firstName": "", "lastName": "", "email": "", "phone": ""},
    "return": {"name": "", "returnLineItems": [{"returnReason": "", "returnReasonNote": "", "customerNote": ""}]},
    "order": {
        "email": "",
        "phone": "",
        "note": "",
        "customer": {"displayName": "", "email": ""},
        "billingAddress": answers.address(),
        "shippingAddress": answers.address(),
        "customAttributes": [{"key": "", "value": ""}],
    },
    "orderAdjustments": [{"reason": ""}],
    "refundLineItems": [{"location": {"name": ""}, "lineItem": {"title": "", "customAttributes": [{"value": ""}]}}],
    "transactions": [
        {
            "gateway": "",
            "receiptJson": "",
            "errorCode": "",
            "authorizationCode": "",
            "accountNumber": "",
            "user": {"name": "", "email": ""},
            "paymentDetails": {"name": "", "company": "", "number": ""},
        }
    ],
}
MOVED = {"kind": "REFUND", "status": "SUCCESS"}
SPOILT: tuple[Json, ...] = (
    {},
    {"refundLineItems": answers.nodes()},
    {"refundLineItems": answers.nodes(CANARY)},
    {"refundLineItems": CANARY},
    {"refundShippingLines": answers.nodes({"subtotalAmountSet": CANARY})},
    {"transactions": answers.nodes()},
    {"transactions": answers.nodes(MOVED | {"amountSet": answers.money(CANARY)})},
    {"transactions": answers.nodes(MOVED | {"amountSet": answers.money("1.00", CANARY)})},
    {"transactions": answers.nodes(MOVED | {"status": CANARY})},
    {"updatedAt": CANARY},
    {"processedAt": CANARY},
    {"order": CANARY},
    {"id": None},
)
NAMES = ("id", "name", "sku")
"""By these a record is known, so they are told wherever it is."""

LISTED_BADLY: tuple[Any, ...] = (
    CANARY,
    {"id": 5, "note": CANARY},
    {"id": "gid://shopify/Order/1", "updatedAt": CANARY, "refunds": CANARY},
    {"id": "gid://shopify/Order/2", "refunds": [CANARY]},
    {"id": "gid://shopify/Order/3", "refunds": [{"id": None, "note": CANARY}]},
)
"""Orders, in the list of those that were refunded, whose refunds cannot even be asked for."""


def samples() -> list[Json]:
    """Our own refund and every published one, where they are at hand; the n-th is refund n of order n."""
    found = [beside(everywhere(MORE), REFUND)]
    if test_published_samples.SAMPLES.exists():
        orders = {each["id"]: each for each in test_published_samples.whole_orders()}
        for _, told in test_published_samples.refunds():
            found.append(beside(everywhere(told), rest.refund(told, orders.get(told["order_id"], {}))))
    return [numbered(each | {"note": CANARY}, number) for number, each in enumerate(found, 1)]


def beside(more: Any, asked: Any) -> Any:
    """What was asked for, with whatever else is told in the same places."""
    if isinstance(more, list) and isinstance(asked, dict):
        pairs = zip(more, asked["nodes"], strict=True)
        return asked | {"nodes": [beside(one, other) for one, other in pairs]}
    if isinstance(more, dict) and isinstance(asked, dict):
        return more | {name: beside(more.get(name), value) for name, value in asked.items()}
    return asked


def records() -> list[Json]:
    """Every sample, well and spoilt, and ours with a canary in each single place; numbered as they are."""
    ours, *_ = told = samples()
    each = [(sample, spoilt) for sample in told for spoilt in SPOILT]
    each += [(replaced(ours, path, CANARY), {}) for path in paths(REFUND) if path[-1] not in NAMES]
    return [numbered(record, number) | spoilt for number, (record, spoilt) in enumerate(each, 1)]


def numbered(record: Json, number: int) -> Json:
    """The refund as one of its own, of an order of its own."""
    order, name = record["order"], {"id": f"gid://shopify/Order/{number}", "name": f"#{number}"}
    named = order | name if isinstance(order, dict) else order
    return record | {"id": f"gid://shopify/Refund/{number}", "order": named}
