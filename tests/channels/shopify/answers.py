"""Answers of the Admin API that tests start from; each takes the fields that the test is about."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def money(amount: str | int | Decimal, currency: str = "GBP") -> Json:
    """A money bag, as far as it is asked for."""
    return {"shopMoney": {"amount": str(amount), "currencyCode": currency}}


def nodes(*entries: object) -> Json:
    """A connection that ends here."""
    return {"nodes": list(entries), "pageInfo": {"hasNextPage": False, "endCursor": None}}


def tax(amount: str, rate: str = "0.2", currency: str = "GBP", **changes: Any) -> Json:
    """A tax line; its rate is a JSON number."""
    return {"rate": Decimal(rate), "channelLiable": False, "priceSet": money(amount, currency)} | changes


def off(amount: str, code: str = "SAVE", currency: str = "GBP") -> Json:
    """A discount allocation of a code."""
    return {"allocatedAmountSet": money(amount, currency), "discountApplication": {"code": code}}


def line(sku: str = "MUG", quantity: int = 1, price: str = "12.00", currency: str = "GBP", **changes: Any) -> Json:
    """A line without discount or tax, all of it still wanted."""
    return {
        "id": f"gid://shopify/LineItem/{sku}",
        "sku": sku,
        "name": sku.title(),
        "quantity": quantity,
        "currentQuantity": quantity,
        "isGiftCard": False,
        "requiresShipping": True,
        "originalUnitPriceSet": money(price, currency),
        "discountAllocations": [],
        "taxLines": [],
    } | changes


def shipping(price: str = "6.00", currency: str = "GBP", **changes: Any) -> Json:
    """An untouched delivery charge without tax."""
    return {
        "title": "Standard",
        "code": "STD",
        "originalPriceSet": money(price, currency),
        "discountedPriceSet": money(price, currency),
        "currentDiscountedPriceSet": money(price, currency),
        "discountAllocations": [],
        "taxLines": [],
    } | changes


def transaction(kind: str = "SALE", amount: str = "18.00", number: int = 1, **changes: Any) -> Json:
    """A successful movement of money."""
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "paymentId": f"c{number}",
        "amountSet": money(amount),
        "parentTransaction": None,
    } | changes


def address(**changes: Any) -> Json:
    """A postal address in the UK."""
    return {
        "firstName": "Test",
        "lastName": "Customer",
        "company": None,
        "address1": "1 High Street",
        "address2": "",
        "city": "Leeds",
        "province": "West Yorkshire",
        "zip": "LS1 1AA",
        "countryCodeV2": "GB",
        "phone": None,
    } | changes


def order(total: str = "18.00", tax: str = "0.00", currency: str = "GBP", **changes: Any) -> Json:
    """A paid order of one mug at 12.00 and delivery at 6.00, taxes (of none) included."""
    return {
        "id": "gid://shopify/Order/5001",
        "name": "#1001",
        "createdAt": "2026-11-02T12:00:00Z",
        "updatedAt": "2026-11-02T12:00:05Z",
        "cancelledAt": None,
        "currencyCode": currency,
        "taxesIncluded": True,
        "dutiesIncluded": False,
        "confirmed": True,
        "test": False,
        "displayFinancialStatus": "PAID",
        "email": "test@example.com",
        "phone": None,
        "note": None,
        "poNumber": None,
        "tags": [],
        "risk": {"recommendation": "ACCEPT"},
        "paymentTerms": None,
        "purchasingEntity": {},
        "customer": {
            "id": "gid://shopify/Customer/7",
            "firstName": "Test",
            "lastName": "Customer",
            "defaultEmailAddress": {"emailAddress": "other@example.com"},
            "defaultPhoneNumber": None,
        },
        "billingAddress": address(),
        "shippingAddress": address(),
        "currentTotalPriceSet": money(total, currency),
        "currentTotalTaxSet": money(tax, currency),
        "currentTotalDutiesSet": None,
        "currentTotalAdditionalFeesSet": None,
        "totalTipReceivedSet": money("0.0", currency),
        "totalCashRoundingAdjustment": {"paymentSet": money("0.0", currency)},
        "lineItems": nodes(line(currency=currency)),
        "shippingLines": nodes(shipping(currency=currency)),
        "refunds": [],
        "transactions": [transaction()],
    } | changes


def refunded(number: int = 1, status: str = "SUCCESS", **units: int) -> Json:
    """A refund inside an order: units by SKU, and what came of giving the money back."""
    moves = nodes({"kind": "REFUND", "status": status})
    entries = [{"quantity": n, "lineItem": {"id": f"gid://shopify/LineItem/{sku}"}} for sku, n in units.items()]
    return {"id": f"gid://shopify/Refund/{number}", "transactions": moves, "refundLineItems": nodes(*entries)}


def refund(**changes: Any) -> Json:
    """The mug came back and its 12.00 (2.00 of it VAT) were returned."""
    return {
        "id": "gid://shopify/Refund/9001",
        "createdAt": "2026-11-04T12:00:00Z",
        "updatedAt": "2026-11-04T12:00:01Z",
        "processedAt": "2026-11-04T12:00:00Z",
        "note": "broken",
        "order": {
            "id": "gid://shopify/Order/5001",
            "name": "#1001",
            "createdAt": "2026-11-02T12:00:00Z",
            "currencyCode": "GBP",
            "taxesIncluded": True,
        },
        "refundLineItems": nodes(
            {
                "quantity": 1,
                "restockType": "RETURN",
                "subtotalSet": money("12.00"),
                "totalTaxSet": money("2.00"),
                "lineItem": {"id": "gid://shopify/LineItem/MUG", "sku": "MUG"},
            }
        ),
        "refundShippingLines": nodes(),
        "transactions": nodes({"kind": "REFUND", "status": "SUCCESS", "amountSet": money("12.00")}),
    } | changes


def item(number: int, sku: str | None, shown: Mapping[str, int] | None = None, **changes: Any) -> Json:
    """An inventory item that shows 5 at one location."""
    levels: Sequence[Json] = [
        {"location": {"id": f"gid://shopify/Location/{place}"}, "quantities": [{"quantity": count}]}
        for place, count in (shown or {"1": 5}).items()
    ]
    return {
        "id": f"gid://shopify/InventoryItem/{number}",
        "sku": sku,
        "tracked": True,
        "duplicateSkuCount": 0,
        "updatedAt": "2026-11-02T12:00:00Z",
        "variants": {"nodes": [{"displayName": f"Item {number}", "requiresComponents": False}]},
        "inventoryLevels": nodes(*levels),
    } | changes
