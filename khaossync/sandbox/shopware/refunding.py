"""Money goes back, told by one of the four sources that a shop may have, none of which knows everything.

`capture`: a payment plugin writes a refund of a capture, and the payment's state. `return`: the returns of the paid
plans. `credit`: staff type a credit line and make a credit note. `state`: only the payment's state says so.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from khaossync.sandbox.shopware import editing, transitions
from khaossync.sandbox.shopware.ids import LIVE, named
from khaossync.sandbox.shopware.machines import state_id
from khaossync.sandbox.shopware.moments import written
from khaossync.sandbox.shopware.prices import NET, Price, Terms, cart, price
from khaossync.sandbox.shopware.reckoning import terms_of
from khaossync.sandbox.shopware.state import Refund, State
from khaossync.sandbox.shopware.store import Row

SOURCES = ("capture", "return", "credit", "state")
_PENNY = Decimal("0.01")


def refund(
    state: State,
    order: Row,
    units: Mapping[str, int],
    *,
    shipping: Decimal,
    amount: Decimal | None,
    note: str | None,
    source: str,
    pending: bool,
) -> Refund:
    """Give back `units` by line id. Raises ValueError for more money than is left, or a source that is not there."""
    if source not in SOURCES or (source == "return" and not state.setup.commercial):
        raise ValueError(f"this shop cannot refund by {source}")
    worth = sum((_worth(state, order, key, count) for key, count in units.items()), Decimal(0)) + shipping
    given = worth if amount is None else amount
    if given > (there := left(state, order)):
        raise ValueError(f"{given} cannot be refunded of order {order['orderNumber']}, of which {there} is left")
    number = _SOURCES[source](state, order, units, given, note, pending)
    skus = tuple((_line(state, key)["payload"].get("productNumber", ""), count) for key, count in units.items())
    told = Refund(number, order["id"], state.now(), given, worth, shipping, skus, source, settled=not pending)
    state.refunds[number] = told
    return told


def give_everything_back(state: State, order: Row, amount: Decimal) -> None:
    """All that is left of an order goes back, and is worth what it cost."""
    told = refund(state, order, {}, shipping=Decimal(0), amount=amount, note=None, source="capture", pending=False)
    told.worth = amount


def settle(state: State, told: Refund, *, succeeded: bool) -> None:
    """The bank tells what became of a pending refund."""
    transitions.move(state, "order_transaction_capture_refund", told.number, "complete" if succeeded else "fail")
    told.settled = succeeded
    if succeeded:
        _payment_state(state, state.live.get("order", told.order) or {}, Decimal(0))
    else:
        del state.refunds[told.number]


def back(state: State, order: str) -> Decimal:
    """What went back of an order, or is on its way."""
    return sum((told.amount for told in state.refunds.values() if told.order == order), Decimal(0))


def left(state: State, order: Row) -> Decimal:
    """What can still go back of an order."""
    return max(money(order["boughtTotal"]), money(order["amountTotal"])) - back(state, order["id"])


def units_of(state: State, order: str, wanted: Mapping[str, int]) -> dict[str, int]:
    """Lines to take units of, by id; more than one line may carry a SKU."""
    units: dict[str, int] = {}
    for sku, count in wanted.items():
        missing = count
        for row in state.live.children("order_line_item", "orderId", order):
            part = min(missing, row["quantity"]) if row["payload"].get("productNumber") == sku else 0
            if part:
                units[row["id"]] = part
                missing -= part
        if missing:
            raise ValueError(f"this order has {missing} fewer of {sku} than {count}")
    return units


def money(told: float) -> Decimal:
    """A float of Shopware to the penny."""
    return Decimal(repr(told)).quantize(_PENNY, ROUND_HALF_UP)


def worth_of(state: State, order: Row) -> Decimal:
    """The share of their prices that the positive lines of an order cost after everything that is taken off."""
    lines = [row for row in state.live.children("order_line_item", "orderId", order["id"]) if row["parentId"] is None]
    whole = sum((money(row["totalPrice"]) for row in lines if row["totalPrice"] > 0), Decimal(0))
    off = sum((money(row["totalPrice"]) for row in lines if row["type"] in ("promotion", "discount")), Decimal(0))
    return (whole + off) / whole if whole else Decimal(0)


def _worth(state: State, order: Row, key: str, count: int) -> Decimal:
    line = _line(state, key)
    if not 0 < count <= line["quantity"]:
        raise ValueError(f"there are {line['quantity']} of {line['label']}, not {count}")
    each: Decimal = Decimal(repr(line["totalPrice"]))
    if order["taxStatus"] == NET:
        each += sum((Decimal(repr(tax["tax"])) for tax in line["price"]["calculatedTaxes"]), Decimal(0))
    share = Decimal(count) / Decimal(line["quantity"]) * worth_of(state, order)
    return (each * share).quantize(_PENNY, ROUND_HALF_UP)


def _line(state: State, key: str) -> Row:
    return state.live.get("order_line_item", key) or {}


def _amount(given: Decimal) -> Price:
    return price(float(given), 1, [], Terms("tax-free"))


def _by_capture(
    state: State, order: Row, units: Mapping[str, int], given: Decimal, note: str | None, pending: bool
) -> str:
    capture = captured(state, order)
    fields = {"captureId": capture["id"], "captureVersionId": LIVE, "versionId": LIVE, "amount": _amount(given)}
    place = state_id("order_transaction_capture_refund", "in_progress" if pending else "completed")
    row = {"id": state.ids.new(), **fields, "reason": note, "stateId": place, "externalReference": None}
    key = str(state.live.add("order_transaction_capture_refund", row)["id"])
    for line, count in units.items():
        worth = _amount(_worth(state, order, line, count))
        ends = {"refundId": key, "refundVersionId": LIVE, "orderLineItemId": line, "orderLineItemVersionId": LIVE}
        position = {"id": state.ids.new(), "versionId": LIVE, **ends, "quantity": count, "amount": worth}
        state.live.add("order_transaction_capture_refund_position", position)
    if not pending:
        _payment_state(state, order, given)
    return key


def captured(state: State, order: Row) -> Row:
    """The capture of an order's payment, written by the plugin when it is first needed."""
    transaction = payment(state, order["id"])
    for row in state.live.children("order_transaction_capture", "orderTransactionId", transaction["id"]):
        return row
    fields = {"orderTransactionId": transaction["id"], "orderTransactionVersionId": LIVE, "versionId": LIVE}
    done = {"stateId": state_id("order_transaction_capture", "completed"), "amount": transaction["amount"]}
    return state.live.add("order_transaction_capture", {"id": state.ids.new(), **fields, **done})


def _by_return(
    state: State, order: Row, units: Mapping[str, int], given: Decimal, note: str | None, _pending: bool
) -> str:
    key, count = state.ids.new(), state.live.count("order_return") + 1
    ends = {"orderId": order["id"], "orderVersionId": LIVE, "versionId": LIVE, "internalComment": note}
    shown = {"returnNumber": str(20000 + count), "requestedAt": written(state.now()), "shippingCosts": None}
    total = float(given)
    prices = [_part(state, order, line, quantity) for line, quantity in units.items()]
    bill = cart(prices, [], terms_of(order))
    net = total * bill["netPrice"] / bill["totalPrice"] if bill["totalPrice"] else total
    sums = {"amountTotal": total, "amountNet": net, "price": bill, "stateId": state_id("order_return", "open")}
    state.live.add("order_return", {"id": key, **ends, **shown, **sums})
    for (line, quantity), part in zip(units.items(), prices, strict=True):
        worth = _worth(state, order, line, quantity)
        ends = {"orderReturnId": key, "orderReturnVersionId": LIVE, "orderLineItemId": line, "versionId": LIVE}
        told = {"quantity": quantity, "refundAmount": float(worth), "restockQuantity": 0, "price": part}
        rest = {"reasonId": named("reason", "unknown"), "stateId": state_id("order_return", "done")}
        state.live.add("order_return_line_item", {"id": state.ids.new(), **ends, **told, **rest})
    transitions.move(state, "order_return", key, "complete")
    return key


def _part(state: State, order: Row, key: str, quantity: int) -> Price:
    """The price of some units of a line."""
    line = _line(state, key)
    rules = [(rule["taxRate"], rule["percentage"]) for rule in line["price"]["taxRules"]]
    return price(line["unitPrice"], quantity, rules, terms_of(order))


def _by_credit(
    state: State, order: Row, _units: Mapping[str, int], given: Decimal, note: str | None, _pending: bool
) -> str:
    key = editing.add_credit(state, order["id"], note or "Credit", given)
    document(state, order, "credit_note")
    return key


def _by_state(
    state: State, order: Row, _units: Mapping[str, int], given: Decimal, _note: str | None, _pending: bool
) -> str:
    _payment_state(state, order, given)
    return state.ids.new()


_SOURCES = {"capture": _by_capture, "return": _by_return, "credit": _by_credit, "state": _by_state}


def _payment_state(state: State, order: Row, more: Decimal) -> None:
    action = "refund_partially" if left(state, order) > more else "refund"
    transitions.move(state, "order_transaction", payment(state, order["id"])["id"], action)


def payment(state: State, order: str) -> Row:
    """The newest payment of an order."""
    return state.live.children("order_transaction", "orderId", order)[-1]


def document(state: State, order: Row, kind: str) -> str:
    """A paper about an order; its number."""
    number = str(1000 + state.live.count("document"))
    row = {"id": state.ids.new(), "orderId": order["id"], "orderVersionId": LIVE, "sent": False, "static": False}
    told = {"documentNumber": number, "config": {"documentNumber": number, "name": f"{kind}_{number}"}}
    ends = {"documentTypeId": named("document_type", kind), "deepLinkCode": state.ids.new()}
    state.live.add("document", {**row, **told, **ends})
    return number
