"""A basket becomes an order: lines, bundles, discounts, delivery, payment, stock."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from khaossync.sandbox.shopify import figures, stock
from khaossync.sandbox.shopify.catalogue import Item, Location
from khaossync.sandbox.shopify.fulfilments import FulfilmentLine, FulfilmentOrder
from khaossync.sandbox.shopify.money import NOTHING, pence, spread
from khaossync.sandbox.shopify.orders import (
    Allocation,
    DiscountApplication,
    Duty,
    Exchange,
    Fee,
    Line,
    LineGroup,
    Order,
    ShippingLine,
)
from khaossync.sandbox.shopify.payments import open_payment
from khaossync.sandbox.shopify.people import Address, Company, CompanyRecord, Customer, Person
from khaossync.sandbox.shopify.purchase import Discount, Purchase
from khaossync.sandbox.shopify.state import State

KINDS = {
    "code": "DiscountCodeApplication",
    "automatic": "AutomaticDiscountApplication",
    "manual": "ManualDiscountApplication",
    "script": "ScriptDiscountApplication",
}


def place(state: State, bought: Purchase) -> Order:
    """Take an order. Raises OutOfStock, and KeyError for a SKU that is not for sale."""
    order = _new(state, bought)
    order.lines = [line for sku, units in bought.basket for line in lines_of(state, sku, units)]
    if bought.delivery:
        order.shipping_lines = [_shipping(state, order, *bought.delivery)]
    for discount in bought.discounts:
        apply(order, discount)
    _levy(state, order, bought.duties)
    place_at = state.catalogue.location(bought.location) if bought.location else None
    plan = stock.assign(state, units_of(order.lines), place_at)
    order.original_total = figures.whole(order).total
    open_payment(state, order, bought)
    state.file(order)
    route(state, order, order.lines, plan)
    return order


def _new(state: State, bought: Purchase) -> Order:
    now = state.now()
    customer = _customer(state, bought.customer, bought.address)
    company = _company(state, bought.company, customer, bought.address)
    return Order(
        number=state.numbers.next(),
        position=1001 + len(state.orders),
        created_at=now,
        updated_at=now,
        currency=state.currency,
        taxes_included=state.prices_include_tax,
        customer=customer,
        shipping_address=bought.address,
        billing_address=bought.billing or bought.address,
        company=company,
        test=bought.test,
        note=bought.note,
        po_number=bought.po_number,
        attributes=tuple(bought.attributes),
        tip=bought.tip,
        fees=[Fee(state.numbers.next(), name, price) for name, price in bought.fees],
        rounding=bought.rounding,
        exchange=Exchange(*bought.presentment) if bought.presentment else None,
        tags=sorted(bought.tags),
        delivery_method=bought.method,
        risk=bought.risk,
        net_days=bought.company.net_days if bought.company else None,
    )


def _customer(state: State, person: Person | None, address: Address | None) -> Customer | None:
    if person is None:
        return None
    known = state.by_email.get(person.email or "")
    if known is not None:
        return known
    now = state.now()
    customer = Customer(state.numbers.next(), person, address, now, now)
    state.customers[customer.number] = customer
    if person.email:
        state.by_email[person.email] = customer
    return customer


def _company(
    state: State, told: Company | None, customer: Customer | None, address: Address | None
) -> CompanyRecord | None:
    if told is None:
        return None
    if customer is None:
        raise ValueError("a company buys through a customer; tell which")
    for known in state.companies.values():
        if known.told == told:
            return known
    now, number = state.now(), state.numbers.next
    record = CompanyRecord(number(), number(), number(), told, customer, address, now, now)
    state.companies[record.number] = state.company_locations[record.location_number] = record
    return record


def lines_of(state: State, sku: str, units: int) -> list[Line]:
    """The line of one product, or the component lines of one bundle: its price rests on the first of them."""
    item = state.catalogue.sold_as(sku)
    if not item.bundle_of:
        return [_line(state, item, item.price, units)]
    group = LineGroup(state.numbers.next(), item, units)
    lines = []
    for position, (component, each) in enumerate(state.catalogue.components(item)):
        price = NOTHING if position else item.price / each
        line = _line(state, component, price, units * each)
        line.group = group
        lines.append(line)
    return lines


def _line(state: State, item: Item, price: Decimal, units: int) -> Line:
    if units < 1:
        raise ValueError(f"a basket cannot hold {units} × {item.sku}")
    return Line(state.numbers.next(), item, price, units, state.prices_include_tax)


def _shipping(state: State, order: Order, title: str, price: Decimal) -> ShippingLine:
    """Delivery is taxed like the dearest-taxed thing in the box."""
    rate = max((line.item.tax_rate for line in order.lines), default=Decimal(0))
    return ShippingLine(state.numbers.next(), title, price, rate, state.prices_include_tax)


def _levy(state: State, order: Order, duties: Decimal) -> None:
    """Spread what customs want over the lines."""
    shares = spread(duties, [line.amount(line.quantity) for line in order.lines])
    for line, amount in zip(order.lines, shares, strict=True):
        if amount:
            line.duties.append(Duty(state.numbers.next(), amount))


def apply(order: Order, discount: Discount) -> None:
    """Spread a discount over the lines (or charges) it is meant for, to the penny. Raises ValueError if too big."""
    if discount.shipping:
        targets: Sequence[Line | ShippingLine] = order.shipping_lines
        left = [each.discounted for each in order.shipping_lines]
    else:
        targets = chosen = [line for line in order.lines if discount.sku in (None, line.item.sku)]
        left = [line.amount(line.quantity) for line in chosen]
    whole = sum(left, NOTHING)
    taken = discount.amount if discount.percentage is None else pence(whole * discount.percentage / 100)
    if taken > whole:
        raise ValueError(f"discount {discount.name} of {taken} is more than what it is taken from")
    application = DiscountApplication(
        typename=KINDS[discount.kind],
        name=discount.name,
        amount=taken,
        percentage=discount.percentage,
        target_type="SHIPPING_LINE" if discount.shipping else "LINE_ITEM",
        index=len(order.applications),
        allocation_method="ACROSS" if discount.percentage is None else "EACH",
        target_selection="ENTITLED" if discount.sku else "ALL",
    )
    order.applications.append(application)
    for target, amount in zip(targets, spread(taken, left), strict=True):
        if amount:
            target.allocations.append(Allocation(application, amount))


def units_of(lines: Sequence[Line]) -> dict[int, int]:
    """What must come off a shelf: item number → units. Gift cards and downloads are on none."""
    wanted: dict[int, int] = {}
    for line in lines:
        if line.item.requires_shipping:
            wanted[line.item.number] = wanted.get(line.item.number, 0) + line.quantity
    return wanted


def route(state: State, order: Order, lines: Sequence[Line], plan: Mapping[int, Mapping[int, int]]) -> None:
    """Make a fulfilment order per location of the plan and reserve the stock."""
    left = {line.number: line.quantity for line in lines}
    for place, parts in plan.items():
        location = state.catalogue.locations[place]
        todo = [pair for number, units in parts.items() for pair in _share_out(lines, left, number, units)]
        open_fulfilment_order(state, order, location, todo)
        for line, units in todo:
            stock.reserve(state, line.item, location, units)


def _share_out(lines: Sequence[Line], left: dict[int, int], number: int, units: int) -> list[tuple[Line, int]]:
    pairs = []
    for line in lines:
        part = min(units, left[line.number]) if line.item.number == number else 0
        if part:
            left[line.number] -= part
            units -= part
            pairs.append((line, part))
    return pairs


def open_fulfilment_order(
    state: State, order: Order, location: Location, parts: Sequence[tuple[Line, int]]
) -> FulfilmentOrder:
    """Ask one location to ship these units."""
    now, number = state.now(), state.numbers.next
    lines = [FulfilmentLine(number(), line, units, units) for line, units in parts]
    asked = FulfilmentOrder(number(), order, location, now, now, lines)
    order.fulfilment_orders.append(asked)
    state.fulfilment_orders[asked.number] = asked
    return asked
