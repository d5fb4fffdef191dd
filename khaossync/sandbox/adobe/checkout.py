"""A basket becomes an order: rows, discounts, taxes, delivery, payment, stock."""

from collections.abc import Sequence
from decimal import Decimal

from khaossync.sandbox.adobe import payments
from khaossync.sandbox.adobe.baskets import rows_of
from khaossync.sandbox.adobe.money import NOTHING, pence, spread
from khaossync.sandbox.adobe.orders import Delivery, Item, Order
from khaossync.sandbox.adobe.purchase import Discount, Purchase
from khaossync.sandbox.adobe.state import State
from khaossync.sandbox.adobe.taxes import Calculator, Rate, Taxable, Taxed

Discounts = dict[int, Decimal]
_SHIPPING = 0
"""The key of the delivery among the discounts; rows are numbered from 1."""


def place(state: State, bought: Purchase) -> Order:
    """Take an order. Raises OutOfStock, and KeyError for a SKU that is not for sale."""
    order = _new(state, bought)
    order.items = [row for choice in bought.basket for row in rows_of(state, choice)]
    _price(state, order, bought)
    _sell(state, order)
    payments.open_payment(state, order, bought)
    order.hidden_until = state.lag()
    state.orders[order.number] = order
    return order


def _new(state: State, bought: Purchase) -> Order:
    now = state.now()
    currency, rate = bought.presentment or (state.currency, Decimal(1))
    codes = [each.name for each in bought.discounts if each.kind == "code"]
    return Order(
        number=state.next("order"),
        name=state.name_for("order"),
        created_at=now,
        updated_at=now,
        currency=currency,
        base_currency=state.currency,
        rate=rate,
        customer=bought.customer,
        customer_number=_customer(state, bought),
        shipping_address=bought.address,
        billing_address=bought.billing or bought.address,
        method=bought.paid_by,
        po_number=bought.po_number,
        note=bought.note,
        coupon=codes[0] if codes else None,
        discount_description=", ".join(each.name for each in bought.discounts) or None,
        gift_card=bought.gift_card,
        store_credit=bought.store_credit,
        fees=tuple(bought.fees),
    )


def _customer(state: State, bought: Purchase) -> int | None:
    person = bought.customer
    if person is None or person.guest or person.email is None:
        return None
    if person.email not in state.customers:
        state.customers[person.email] = state.next("customer")
    return state.customers[person.email]


def _price(state: State, order: Order, bought: Purchase) -> None:
    """Tax the cart without discounts, take these off the prices that come of it, and tax what is left."""
    _tax(state, order, bought, {})
    if bought.discounts:
        taken: Discounts = {}
        for discount in bought.discounts:
            _apply(state, order, discount, taken)
        _tax(state, order, bought, taken)
    for item in order.items:
        if item.hollow:
            _fill(item, [each for each in order.items if each.parent is item])


def _tax(state: State, order: Order, bought: Purchase, taken: Discounts) -> None:
    calculator, settings = Calculator(state.taxation), state.taxation
    for item in priced(order):
        price, discount = pence(item.unit_price * order.rate), taken.get(item.number, NOTHING)
        product, gross = item.product, settings.prices_include_tax
        told = Taxable(price, item.ordered, product.rates, gross, product.store_percent, discount)
        item.taxed, item.discount = calculator.tax(told), discount
    if bought.delivery and not order.is_virtual:
        discount = taken.get(_SHIPPING, NOTHING)
        charge, rates = pence(bought.delivery[1] * order.rate), settings.shipping
        taxed = _shipping(calculator, charge, rates, settings.shipping_includes_tax, discount)
        order.delivery = Delivery(bought.delivered_by, f"Delivery - {bought.delivery[0]}", taxed, discount)


def _shipping(calculator: Calculator, charge: Decimal, rates: tuple[Rate, ...], gross: bool, off: Decimal) -> Taxed:
    return calculator.tax(Taxable(charge, Decimal(1), rates, gross, None, off))


def priced(order: Order) -> list[Item]:
    """The rows that have a price of their own."""
    return [item for item in order.items if not item.hollow and not _is_carried(item)]


def _is_carried(item: Item) -> bool:
    """Whether the parent has the money."""
    return item.parent is not None and not item.parent.hollow


def _apply(state: State, order: Order, discount: Discount, taken: Discounts) -> None:
    """Note how much of a discount falls on each row and on the delivery. Raises ValueError if it is too big."""
    rows = [] if discount.shipping else [item for item in priced(order) if _is_meant(discount, item)]
    charge = _charge(state, order) - taken.get(_SHIPPING, NOTHING)
    left = [_base(state, item) - taken.get(item.number, NOTHING) for item in rows]
    if discount.percentage is None:
        if discount.amount > (charge if discount.shipping else sum(left, NOTHING)):
            raise ValueError(f"discount {discount.name} of {discount.amount} is more than what it is taken from")
        parts = spread(pence(discount.amount * order.rate), left)
    else:
        parts = [pence(each * discount.percentage / 100) for each in left]
    for item, amount in zip(rows, parts, strict=True):
        taken[item.number] = taken.get(item.number, NOTHING) + amount
        item.discount_percent = discount.percentage or NOTHING
    if discount.shipping or discount.and_shipping:
        taken[_SHIPPING] = taken.get(_SHIPPING, NOTHING) + _off_shipping(order, discount, charge)


def _off_shipping(order: Order, discount: Discount, charge: Decimal) -> Decimal:
    """Magento does not round what a percentage takes off the delivery."""
    if discount.percentage is None:
        return pence(discount.amount * order.rate) if discount.shipping else NOTHING
    return charge * discount.percentage / 100


def _charge(state: State, order: Order) -> Decimal:
    if order.delivery is None:
        return NOTHING
    taxed = order.delivery.taxed
    return taxed.row_total_incl_tax if state.taxation.discount_on_gross else taxed.row_total


def _is_meant(discount: Discount, item: Item) -> bool:
    return discount.sku in (None, item.sku, item.product.sku)


def _base(state: State, item: Item) -> Decimal:
    """What a percentage is taken of."""
    price = item.taxed.price_incl_tax if state.taxation.discount_on_gross else item.taxed.price
    return price * item.ordered


def _fill(parent: Item, children: Sequence[Item]) -> None:
    """The row of a bundle repeats what its parts cost together, but neither their tax nor their discount."""
    row = sum((each.taxed.row_total for each in children), NOTHING)
    gross = sum((each.taxed.row_total_incl_tax for each in children), NOTHING)
    many = parent.ordered
    parent.taxed = Taxed(pence(row / many), pence(gross / many), row, gross)


def _sell(state: State, order: Order) -> None:
    tops = {item.number: item.ordered for item in order.items if item.parent is None}
    state.inventory.sell(state.units(order, tops), state.backordered())
