"""What an order comes to: its lines, what is taken off them, its deliveries, and the sum."""

from collections.abc import Sequence
from typing import Any

from khaossync.sandbox.shopware.prices import Price, Rule, Terms, cart, price, shares, total
from khaossync.sandbox.shopware.store import Row


def reckon(lines: Sequence[Row], deliveries: Sequence[Row], terms: Terms) -> Price:
    """Write the price of every line and delivery, and give that of the order.

    Only lines without a parent count; one without a price of its own repeats what its children come to.
    """
    roots = [line for line in lines if line["parentId"] is None]
    for line in roots:
        _plain(line, lines, terms)
    for line in roots:
        if line["priceDefinition"] and line["priceDefinition"]["type"] != "quantity":
            _set(line, _off(line, roots, terms))
    for delivery in deliveries:
        bearing = [line["price"] for line in roots if line["price"]["totalPrice"]]
        unit = delivery["shippingCosts"]["unitPrice"]
        delivery["shippingCosts"] = price(unit, 1, shares(bearing, otherwise=20.0), terms)
    return cart([line["price"] for line in roots], [each["shippingCosts"] for each in deliveries], terms)


def order_fields(bill: Price, deliveries: Sequence[Row]) -> Row:
    """The fields of an order that follow from its price."""
    shipping = total(each["shippingCosts"] for each in deliveries)
    return {
        "price": bill,
        "amountTotal": bill["totalPrice"],
        "amountNet": bill["netPrice"],
        "positionPrice": bill["positionPrice"],
        "taxStatus": bill["taxStatus"],
        "shippingCosts": shipping,
        "shippingTotal": shipping["totalPrice"],
    }


def terms_of(order: Row) -> Terms:
    """How an order that there is was reckoned."""
    vertical = order.get("taxCalculationType") == "vertical"
    return Terms(order["taxStatus"], order["itemRounding"]["decimals"], vertical)


def definition(unit: float, quantity: int, rules: Sequence[Rule]) -> dict[str, Any]:
    """What the price of a plain line is worked out from."""
    shown = [
        {"taxRate": rate, "percentage": part, "extensions": [], "apiAlias": "cart_tax_rule"} for rate, part in rules
    ]
    plain = {"type": "quantity", "price": unit, "quantity": quantity, "taxRules": shown, "isCalculated": True}
    return {**plain, "listPrice": None, "regulationPrice": None, "referencePriceDefinition": None}


def _plain(line: Row, lines: Sequence[Row], terms: Terms) -> None:
    """The price of a line by its own definition, after its children's."""
    children = [each for each in lines if each["parentId"] == line["id"]]
    for child in children:
        _plain(child, lines, terms)
    told = line["priceDefinition"]
    if told is None:
        repeated = total(child["price"] for child in children)
        whole = {"quantity": line["quantity"], "unitPrice": repeated["totalPrice"] / line["quantity"]}
        _set(line, {**repeated, **whole})
    elif told["type"] == "quantity":
        rules = [(rule["taxRate"], rule["percentage"]) for rule in told["taxRules"]]
        _set(line, price(told["price"], line["quantity"], rules, terms))
    else:
        _set(line, price(0.0, 1, [], terms))


def _off(line: Row, roots: Sequence[Row], terms: Terms) -> Price:
    """What is taken off, spread over every rate of what it is taken from."""
    told = line["priceDefinition"]
    chosen = {each["id"] for each in (line["payload"] or {}).get("composition", ())}
    from_lines = [each for each in roots if each["price"]["totalPrice"] > 0 and (not chosen or each["id"] in chosen)]
    prices = [each["price"] for each in from_lines]
    if told["type"] == "percentage":
        amount = sum(each["totalPrice"] for each in prices) * told["percentage"] / 100
    else:
        amount = told["price"]
    # Nothing takes off more than there is.
    amount = max(amount, -sum(each["totalPrice"] for each in prices))
    return price(amount, 1, shares(prices, otherwise=20.0), terms)


def _set(line: Row, found: Price) -> None:
    line["price"] = found
    line["unitPrice"], line["totalPrice"] = found["unitPrice"], found["totalPrice"]
