"""Turns the REST shape, in which Shopify publishes its samples, into the GraphQL shape that we ask for."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def order(told: Json) -> Json:
    """A whole REST order as the answer to the order query."""
    currency = told["currency"]
    total = told.get("current_total_price") or told["total_price"]
    taxes = told.get("current_total_tax") or told.get("total_tax") or "0"
    return {
        "id": gid(told, "Order"),
        "name": told["name"],
        "createdAt": told["created_at"],
        "updatedAt": told["updated_at"],
        "cancelledAt": told.get("cancelled_at"),
        "currencyCode": currency,
        "taxesIncluded": told["taxes_included"],
        "dutiesIncluded": told.get("duties_included"),
        "confirmed": told.get("confirmed", True),
        "test": told["test"],
        "displayFinancialStatus": (told.get("financial_status") or "").upper() or None,
        "email": told.get("email") or None,
        "phone": told.get("phone"),
        "note": told.get("note"),
        "poNumber": told.get("po_number"),
        "tags": [tag for tag in (told.get("tags") or "").split(", ") if tag],
        "risk": {"recommendation": "NONE"},
        "paymentTerms": None,
        "purchasingEntity": {},
        "customer": customer(told.get("customer")),
        "billingAddress": address(told.get("billing_address")),
        "shippingAddress": address(told.get("shipping_address")),
        "currentTotalPriceSet": money(total, currency),
        "currentTotalTaxSet": money(taxes, currency),
        "currentTotalDutiesSet": bag(told.get("current_total_duties_set")),
        "currentTotalAdditionalFeesSet": bag(told.get("current_total_additional_fees_set")),
        "totalTipReceivedSet": money(told.get("total_tip_received") or "0", currency),
        "totalCashRoundingAdjustment": {"paymentSet": bag(told.get("total_cash_rounding_payment_adjustment_set"))},
        "lineItems": nodes(line(each, told, currency) for each in told["line_items"]),
        "shippingLines": nodes(shipping(each, told, currency) for each in told["shipping_lines"]),
        "refunds": [
            {
                "id": gid(each, "Refund"),
                "transactions": nodes(transaction(move, currency) for move in each["transactions"]),
                "refundLineItems": nodes(units(back) for back in each["refund_line_items"]),
            }
            for each in told.get("refunds", [])
        ],
        "transactions": [],
    }


def refund(told: Json, of: Json) -> Json:
    """A whole REST refund of an order as the answer to the refund query."""
    currency = of.get("currency", "USD")
    return {
        "id": gid(told, "Refund"),
        "createdAt": told["created_at"],
        "updatedAt": told.get("processed_at") or told["created_at"],
        "processedAt": told.get("processed_at"),
        "note": told.get("note"),
        "order": {
            "id": f"gid://shopify/Order/{told['order_id']}",
            "name": of.get("name", "#1001"),
            "createdAt": of.get("created_at", told["created_at"]),
            "currencyCode": currency,
            "taxesIncluded": of.get("taxes_included", False),
        },
        "refundLineItems": nodes(
            units(each)
            | {
                "restockType": (each.get("restock_type") or "no_restock").upper(),
                "subtotalSet": money(each.get("subtotal", each["line_item"]["price"]), currency),
                "totalTaxSet": money(each.get("total_tax", "0"), currency),
            }
            for each in told["refund_line_items"]
        ),
        "refundShippingLines": nodes(
            {"subtotalAmountSet": bag(each["subtotal_amount_set"]), "taxAmountSet": tax_of(each, currency)}
            for each in told.get("refund_shipping_lines", [])
        ),
        "transactions": nodes(transaction(each, currency) for each in told["transactions"]),
    }


def transactions(told: Iterable[Json], currency: str) -> list[Json]:
    """The REST transactions of an order, as the order query lists them."""
    return [transaction(each, currency) for each in told]


def transaction(told: Json, currency: str) -> Json:
    parent = told.get("parent_id")
    return {
        "id": gid(told, "OrderTransaction"),
        "kind": told["kind"].upper(),
        "status": told["status"].upper(),
        "gateway": told["gateway"],
        "paymentId": told.get("payment_id"),
        "amountSet": money(told["amount"] or "0", told.get("currency") or currency),
        "parentTransaction": {"id": f"gid://shopify/OrderTransaction/{parent}"} if parent else None,
    }


def line(told: Json, of: Json, currency: str) -> Json:
    given = [back for refund in of.get("refunds", []) for back in refund["refund_line_items"]]
    gone = sum(back["quantity"] for back in given if back["line_item_id"] == told["id"])
    return {
        "id": gid(told, "LineItem"),
        "sku": told.get("sku"),
        "name": told.get("name") or told["title"],
        "quantity": told["quantity"],
        "currentQuantity": told.get("current_quantity", told["quantity"] - gone),
        "isGiftCard": told.get("gift_card"),
        "requiresShipping": told.get("requires_shipping"),
        "originalUnitPriceSet": money(told["price"], currency),
        "discountAllocations": allocations(told, of, currency),
        "taxLines": taxes(told, currency),
    }


def shipping(told: Json, of: Json, currency: str) -> Json:
    discounts = allocations(told, of, currency)
    off = sum((Decimal(each["allocatedAmountSet"]["shopMoney"]["amount"]) for each in discounts), Decimal(0))
    discounted = money(Decimal(told["price"]) - off, currency)
    current = told.get("current_discounted_price_set")
    return {
        "title": told["title"],
        "code": told.get("code"),
        "originalPriceSet": money(told["price"], currency),
        "discountedPriceSet": discounted,
        "currentDiscountedPriceSet": bag(current) or discounted,
        "discountAllocations": discounts,
        "taxLines": taxes(told, currency),
    }


def allocations(told: Json, of: Json, currency: str) -> list[Json]:
    applications = of.get("discount_applications", [])
    return [
        {
            "allocatedAmountSet": money(each["amount"], currency),
            "discountApplication": {
                name: applications[each["discount_application_index"]][name]
                for name in ("code", "title")
                if name in applications[each["discount_application_index"]]
            },
        }
        for each in told.get("discount_allocations", [])
    ]


def taxes(told: Json, currency: str) -> list[Json]:
    return [
        {
            "rate": each.get("rate"),
            "channelLiable": each.get("channel_liable"),
            "priceSet": money(each["price"], currency),
        }
        for each in told.get("tax_lines", [])
    ]


def units(told: Json) -> Json:
    item = told.get("line_item") or {}
    return {
        "quantity": told["quantity"],
        "lineItem": {"id": f"gid://shopify/LineItem/{told['line_item_id']}", "sku": item.get("sku")},
    }


def tax_of(shipping: Json, currency: str) -> Json | None:
    """REST tells the tax of a refunded delivery as tax lines, or leaves it out where there is none."""
    return bag(shipping.get("tax_amount_set")) or money("0.00", currency)


def customer(told: Json | None) -> Json | None:
    if not told:
        return None
    return {
        "id": gid(told, "Customer"),
        "firstName": told.get("first_name"),
        "lastName": told.get("last_name"),
        "defaultEmailAddress": {"emailAddress": told["email"]} if told.get("email") else None,
        "defaultPhoneNumber": {"phoneNumber": told["phone"]} if told.get("phone") else None,
    }


def address(told: Json | None) -> Json | None:
    if not told:
        return None
    names = {"first_name": "firstName", "last_name": "lastName", "country_code": "countryCodeV2"}
    plain = ("company", "address1", "address2", "city", "province", "zip", "phone")
    return {names.get(name, name): told.get(name) for name in (*names, *plain)}


def money(amount: object, currency: str) -> Json:
    return {"shopMoney": {"amount": str(amount), "currencyCode": currency}}


def bag(told: Json | None) -> Json | None:
    return money(told["shop_money"]["amount"], told["shop_money"]["currency_code"]) if told else None


def nodes(entries: Iterable[Json]) -> Json:
    return {"nodes": list(entries), "pageInfo": {"hasNextPage": False, "endCursor": None}}


def gid(told: Json, kind: str) -> str:
    return str(told.get("admin_graphql_api_id") or f"gid://shopify/{kind}/{told['id']}")
