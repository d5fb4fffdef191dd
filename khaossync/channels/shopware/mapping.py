"""An order of the Admin API as an Order: its money at what the customer owes now, to the penny."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from khaossync.channels.shopware import deliveries
from khaossync.channels.shopware.buyer import address, company, customer
from khaossync.channels.shopware.charges import Charge, Portion, Rates, lay, portions, settle, taxes, untaxed
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.fields import MalformedError, Node
from khaossync.channels.shopware.payments import on_terms, payment_state, payments
from khaossync.channels.shopware.structure import Chosen, chosen, sku, total
from khaossync.domain.money import ZERO, minor_unit
from khaossync.domain.orders import Extra, Order, OrderLine

ROUNDING = "cash_rounding"
"""The name of what a total was rounded by, as the channel's money codes map it."""

_AT_ONCE = timedelta(seconds=10)
"""A credit that is so much younger than its order was not ordered with it: money goes back by it."""

_STATUSES = ("gross", "net", "tax-free")


def read_order(node: Node, channel: str, settings: Settings) -> Order:
    """The order. Raises MalformedError for a field that is missing or wrong.

    `taxStatus` decides what every amount means: with tax, without it, or free of it. What the lines do not explain
    is left to the order's own proof, which makes it a case.
    """
    price, currency = node.node("price"), _currency(node)
    digits, gross = digits_of(node), tax_status(node) == "gross"
    bought = chosen(node.items("lineItems"))
    goods = [line for line in bought.lines if total(line) >= 0]
    charges = [_charge(line, digits) for line in goods]
    sent = deliveries.charged(node, digits)
    every = [*charges, *(charge for _, charge in sent)]
    unborne = _take_off(bought, charges, currency, digits)
    told = taxes(price, digits)
    untaxed(every, told, currency)
    settle(every, told, minor_unit(currency))
    transactions, delivery = node.items("transactions"), deliveries.real(node)
    billing = address(_billing(node))
    shipping = address(delivery.node_or_none("shippingOrderAddress")) if delivery else None
    changed = last_change(node)
    return Order(
        channel=channel,
        order_id=node.short("id"),
        serial=str(node.integer("autoIncrement")),
        number=node.short("orderNumber"),
        placed_at=node.instant("orderDateTime"),
        updated_at=changed,
        currency=currency,
        gross=gross,
        payment=payment_state(transactions),
        confirmed=True,
        test=False,
        cancelled_at=_own_change(node) if node.state() == "cancelled" else None,
        customer=customer(node, (billing.telephone if billing else "") or (shipping.telephone if shipping else "")),
        billing=billing,
        shipping=shipping,
        lines=tuple(_line(line, charge, settings) for line, charge in zip(goods, charges, strict=True)),
        deliveries=deliveries.told(sent),
        payments=payments(transactions, digits),
        extras=(*_extras(unborne), *_rounding(price, digits)),
        tax=_tax(told, every),
        total=price.amount("totalPrice", digits),
        refund_ids=tuple(line.text("id") for line in money_back(node)),
        note="\n".join(text for text in (node.text_or("customerComment").strip(), *bought.texts) if text),
        tags=tuple(tag.text("name") for tag in node.items("tags")),
        company=company(node, settings.company_accounts),
        on_terms=on_terms(transactions, settings.terms_methods),
    )


def tax_status(node: Node) -> str:
    """What the order's amounts mean: gross, net or tax-free."""
    status = node.node("price").text("taxStatus")
    if status not in _STATUSES:
        raise MalformedError(f"{node.path}.price.taxStatus is {status[:40]!r}, of which nobody knows what it means")
    return status


def digits_of(node: Node) -> int:
    """Decimal places of the order's amounts: those of its currency, and more where the shop reckons in more."""
    own = -int(minor_unit(_currency(node)).as_tuple().exponent)
    rounding = node.node_or_none("itemRounding")
    return min(max(own, rounding.integer("decimals") if rounding else own), 6)


def money_back(node: Node) -> tuple[Node, ...]:
    """The lines by which money goes back: credits that staff have added since the order was placed.

    One that came with the order is a discount. The order's figures hold them all.
    """
    placed = node.instant("createdAt")
    lines = (line for line in node.items("lineItems") if line.text_or("type") == "credit" and total(line) < 0)
    return tuple(line for line in lines if line.instant("createdAt") - placed > _AT_ONCE)


def last_change(node: Node) -> datetime:
    """When anything of it was last written; the order's own `updatedAt` tells only of its own row."""
    found = [_own_change(node), *(_own_change(each) for name in _PARTS for each in node.items(name))]
    for one in (node.node_or_none("orderCustomer"), _billing(node)):
        found += [_own_change(one)] if one else []
    for delivery in node.items("deliveries"):
        if place := delivery.node_or_none("shippingOrderAddress"):
            found.append(_own_change(place))
    return max(found)


_PARTS = ("lineItems", "deliveries", "transactions")


def _own_change(node: Node) -> datetime:
    return node.instant("updatedAt") if node.has("updatedAt") else node.instant("createdAt")


def _currency(node: Node) -> str:
    code = node.node("currency").text("isoCode")
    if not (len(code) == 3 and code.isascii() and code.isupper()):
        raise MalformedError(f"{node.path}.currency.isoCode is {code[:10]!r}, which is no code of a currency")
    return code


def _billing(node: Node) -> Node | None:
    return node.node_or_none("billingAddress")


def _charge(line: Node, digits: int) -> Charge:
    price = line.node("price")
    return Charge(price.amount("totalPrice", digits), taxes(price, digits))


def _line(line: Node, charge: Charge, settings: Settings) -> OrderLine:
    quantity = line.integer("quantity")
    return OrderLine(
        line_id=line.text("id"),
        sku=sku(line, settings.typed_sku),
        title=line.text_or("label"),
        quantity=quantity,
        ordered=quantity,
        unit_price=_unit_price(line, charge, quantity),
        discounts=charge.told_discounts,
        taxes=charge.told_taxes,
    )


def _unit_price(line: Node, charge: Charge, quantity: int) -> Decimal:
    exponent = charge.price.as_tuple().exponent
    return line.node("price").amount("unitPrice", -int(exponent)) if quantity != 1 else charge.price


def _take_off(bought: Chosen, charges: Sequence[Charge], currency: str, digits: int) -> list[Portion]:
    """Lay every negative line on the goods of its rates; given back is what there are no goods for."""
    off = [line for line in bought.lines if total(line) < 0]
    cut = [part for line in off for part in portions(_reason(line), line.node("price"), currency, digits)]
    return [left for part in cut if (left := lay(part, charges, currency))]


def _reason(line: Node) -> str:
    payload = line.node_or_none("payload")
    return (payload.text_or("code") if payload else "") or line.text_or("label") or line.text_or("type", "discount")


def _extras(unborne: Sequence[Portion]) -> tuple[Extra, ...]:
    return tuple(Extra(part.name, -part.amount) for part in unborne)


def _rounding(price: Node, digits: int) -> tuple[Extra, ...]:
    """What the total was rounded by for payment in cash, where the shop does so."""
    if not price.has("rawTotal"):
        return ()
    amount = price.amount("totalPrice", digits) - price.amount("rawTotal", digits)
    return (Extra(ROUNDING, amount),) if amount else ()


def _tax(told: Rates, charges: Sequence[Charge]) -> Decimal:
    """The order's tax; a tax provider may leave it on the lines alone."""
    if told:
        return sum(told.values(), ZERO)
    return sum((tax for charge in charges for tax in charge.taxes.values()), ZERO)
