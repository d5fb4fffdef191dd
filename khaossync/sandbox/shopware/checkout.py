"""A basket becomes an order: lines, deliveries, customer, addresses, payment, stock."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from khaossync.sandbox.shopware import furnishing, stock
from khaossync.sandbox.shopware.furnishing import CHANNEL, SALUTATION
from khaossync.sandbox.shopware.ids import LIVE, SYSTEM_LANGUAGE, named
from khaossync.sandbox.shopware.lines import discount, extra, goods, product_of
from khaossync.sandbox.shopware.machines import state_id
from khaossync.sandbox.shopware.moments import written
from khaossync.sandbox.shopware.people import Address
from khaossync.sandbox.shopware.prices import Price, Terms, price, total
from khaossync.sandbox.shopware.purchase import Purchase
from khaossync.sandbox.shopware.reckoning import order_fields, reckon
from khaossync.sandbox.shopware.state import State
from khaossync.sandbox.shopware.store import Row

_PAYMENTS = {"paid": "paid", "authorized": "authorized", "pending": "open", "unconfirmed": "unconfirmed"}
_PAYMENTS |= {"failed": "failed"}


def place(state: State, bought: Purchase) -> str:
    """Take an order; its id. Raises OutOfStock, and KeyError for a SKU that is not for sale."""
    key = state.ids.new()
    currency = state.live.get("currency", furnishing.currency_id(bought.currency))
    if currency is None:
        raise KeyError(f"this shop does not sell in {bought.currency}")
    status = bought.tax_status or state.setup.tax_status
    terms = Terms(status, currency["itemRounding"]["decimals"], bought.vertical)
    lines = _lines(state, key, bought, terms)
    stock.demand(state, stock.units(lines))
    addresses = _addresses(state, key, bought)
    deliveries = _deliveries(state, key, bought, addresses[-1]["id"] if addresses else "")
    bill = reckon(lines, deliveries, terms)
    _provide(bought.taxes_on, bill, lines)
    order = _order(state, key, bought, currency, terms, bill, deliveries)
    _keep(state, order, bought, addresses, deliveries, lines)
    stock.sold(state, stock.units(lines))
    state.tell("checkout.order.placed", "order", [key])
    return key


def _provide(taxes_on: str, bill: Price, lines: Sequence[Row]) -> None:
    """A tax provider tells the taxes of the lines alone, or of the order alone, and Shopware keeps it so."""
    if taxes_on == "lines":
        bill["calculatedTaxes"] = []
    if taxes_on == "order":
        for line in lines:
            line["price"] = {**line["price"], "calculatedTaxes": []}


def _lines(state: State, order: str, bought: Purchase, terms: Terms) -> list[Row]:
    lines = [goods(state, order, product_of(state, sku), units, terms) for sku, units in bought.basket]
    for told in bought.extras:
        lines += extra(state, order, told, terms)
    lines += [discount(state, order, told, lines) for told in bought.discounts]
    for position, row in enumerate(lines, 1):
        row["position"] = position
    return lines


def _addresses(state: State, order: str, bought: Purchase) -> list[Row]:
    """Where the bill goes, and where the goods go, which may be the same."""
    told = list(dict.fromkeys(each for each in (bought.billing or bought.address, bought.address) if each))
    return [{"id": state.ids.new(), "orderId": order, **shown(each, bought)} for each in told]


def shown(address: Address, bought: Purchase | None = None) -> dict[str, Any]:
    """The fields of an address on an order."""
    company = bought.company if bought else None
    customer = bought.customer if bought else None
    return {
        "versionId": LIVE,
        "orderVersionId": LIVE,
        "countryId": named("country", address.country_code_v2 or "GB"),
        "countryStateId": None,
        "salutationId": SALUTATION,
        "firstName": address.first_name or "",
        "lastName": address.last_name or "",
        "company": address.company or (company.name if company else None),
        "street": address.address1 or "",
        "additionalAddressLine1": address.address2,
        "zipcode": address.zip,
        "city": address.city or "",
        "phoneNumber": address.phone or (customer.phone if customer else None),
    }


def _deliveries(state: State, order: str, bought: Purchase, address: str) -> list[Row]:
    """The delivery; and for everything taken off it, a second one that costs less than nothing."""
    if bought.delivery is None:
        return []
    name, cost = bought.delivery
    method = furnishing.shipping_method(state, name)["id"]
    made = [_delivery(state, order, method, address, cost)]
    left = cost
    for told in bought.discounts:
        if told.shipping:
            off = told.amount if told.percentage is None else round(cost * told.percentage / 100, 2)
            taken = min(off, left)
            left -= taken
            made.append(_delivery(state, order, method, address, -taken))
    return made


def _delivery(state: State, order: str, method: str, address: str, cost: Decimal) -> Row:
    now = state.now()
    return {
        "id": state.ids.new(),
        "versionId": LIVE,
        "orderId": order,
        "orderVersionId": LIVE,
        "shippingOrderAddressId": address,
        "shippingOrderAddressVersionId": LIVE,
        "shippingMethodId": method,
        "stateId": state_id("order_delivery", "open"),
        "trackingCodes": [],
        "shippingDateEarliest": written(now + timedelta(days=1)),
        "shippingDateLatest": written(now + timedelta(days=3)),
        "shippingCosts": {"unitPrice": float(cost)},
        "customFields": None,
    }


def _order(
    state: State,
    key: str,
    bought: Purchase,
    currency: Row,
    terms: Terms,
    bill: Price,
    deliveries: Sequence[Row],
) -> Row:
    now = written(state.now())
    number = state.live.count("order") + 1
    return {
        "id": key,
        "versionId": LIVE,
        "orderNumber": str(10000 + number),
        "autoIncrement": number,
        "currencyId": currency["id"],
        "currencyFactor": currency["factor"],
        "languageId": SYSTEM_LANGUAGE,
        "salesChannelId": CHANNEL,
        "orderDateTime": now,
        "orderDate": now[:10] + "T00:00:00.000+00:00",
        "stateId": state_id("order", "open"),
        "customerComment": bought.note,
        "customFields": dict(bought.custom_fields) or None,
        "tagIds": [furnishing.tag(state, name) for name in bought.tags],
        "itemRounding": terms.rounding,
        "totalRounding": terms.rounding,
        "taxCalculationType": "vertical" if terms.vertical else "horizontal",
        "deepLinkCode": state.ids.new(),
        "ruleIds": [],
        "orderCustomerId": state.ids.new(),
        "primaryOrderDeliveryId": deliveries[0]["id"] if deliveries else None,
        "primaryOrderDeliveryVersionId": LIVE if deliveries else None,
        "primaryOrderTransactionVersionId": LIVE,
        "boughtTotal": bill["totalPrice"],
        **order_fields(bill, deliveries),
    }


def _keep(
    state: State,
    order: Row,
    bought: Purchase,
    addresses: Sequence[Row],
    deliveries: Sequence[Row],
    lines: Sequence[Row],
) -> None:
    """File the order with everything that belongs to it."""
    transaction = _transaction(state, order, bought)
    order["primaryOrderTransactionId"] = transaction["id"]
    order["billingAddressId"] = addresses[0]["id"] if addresses else ""
    order["billingAddressVersionId"] = LIVE
    state.live.add("order", order)
    state.live.add("order_customer", _customer(order, bought))
    state.live.add("order_transaction", transaction)
    for entity, rows in (("order_address", addresses), ("order_delivery", deliveries), ("order_line_item", lines)):
        for row in rows:
            state.live.add(entity, row)
    if deliveries:
        for line in lines:
            if line["good"]:
                state.live.add("order_delivery_position", position(state, deliveries[0]["id"], line))


def position(state: State, delivery: str, line: Row) -> Row:
    """A line on a delivery: it mirrors the order, whatever is really in the parcel."""
    taken = {field: line[field] for field in ("price", "unitPrice", "totalPrice", "quantity")}
    ends = {"orderDeliveryId": delivery, "orderDeliveryVersionId": LIVE, "orderLineItemVersionId": LIVE}
    return {"id": state.ids.new(), "versionId": LIVE, **ends, "orderLineItemId": line["id"], **taken}


def _transaction(state: State, order: Row, bought: Purchase) -> Row:
    amount = price(order["amountTotal"], 1, [], Terms("tax-free"))
    amount |= {"calculatedTaxes": total([order["price"]])["calculatedTaxes"], "taxRules": order["price"]["taxRules"]}
    return {
        "id": state.ids.new(),
        "versionId": LIVE,
        "orderId": order["id"],
        "orderVersionId": LIVE,
        "paymentMethodId": furnishing.payment_method(state, bought.gateway)["id"],
        "amount": amount,
        "stateId": state_id("order_transaction", _PAYMENTS[bought.payment]),
    }


def _customer(order: Row, bought: Purchase) -> Row:
    person, company = bought.customer, bought.company
    email = (person.email if person else None) or ""
    return {
        "id": order["orderCustomerId"],
        "versionId": LIVE,
        "orderId": order["id"],
        "orderVersionId": LIVE,
        "customerId": named("customer", email) if email else None,
        "customerNumber": str(int(named("customer", email)[:5], 16)) if email else None,
        "email": email,
        "salutationId": SALUTATION,
        "firstName": person.first_name if person else "",
        "lastName": person.last_name if person else "",
        "company": company.name if company else None,
        "vatIds": [company.vat_id] if company and company.vat_id else None,
    }
