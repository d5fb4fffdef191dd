"""Orders, their lines, charges, discounts and money."""

from decimal import Decimal
from typing import Any

from khaossync.sandbox.shopify import figures
from khaossync.sandbox.shopify.checkout import KINDS
from khaossync.sandbox.shopify.ids import gid
from khaossync.sandbox.shopify.money import NOTHING, pence
from khaossync.sandbox.shopify.orders import DiscountApplication, Line, Order, ShippingLine, TaxLine, unit_price
from khaossync.sandbox.shopify.paging import Connection, listed, numbered
from khaossync.sandbox.shopify.resolvers.catalogue import product, variant
from khaossync.sandbox.shopify.schema import As, Table


def _amount(money: Decimal | As, _info: Any) -> str:
    """A sum as Shopify writes it: 10.0, 4.95."""
    plain = money.record[0] if isinstance(money, As) else money
    whole, _point, pennies = f"{plain:.2f}".partition(".")
    return f"{whole}.{pennies.rstrip('0') or '0'}"


def _currency(money: Decimal | As, info: Any) -> str:
    return str(money.record[1] if isinstance(money, As) else info.context.state.currency)


def _presented(money: Decimal, info: Any) -> Decimal | As:
    """A sum in the shopper's own currency, each rounded for itself."""
    exchange = info.context.order.exchange if info.context.order else None
    return money if exchange is None else As("MoneyV2", (pence(money * exchange.rate), exchange.currency), 0)


def _attributes(record: Order | Line, _info: Any) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in record.attributes]


def _line_items(order: Order, _info: Any, **window: Any) -> Connection:
    return listed(order.lines, **window)


def _codes(order: Order, _info: Any) -> list[str]:
    return [each.name for each in order.applications if each.typename == "DiscountCodeApplication"]


def _gateways(order: Order, _info: Any) -> list[str]:
    return list(dict.fromkeys(each.gateway for each in order.transactions))


def _shipping_tax(line: ShippingLine, _info: Any) -> list[TaxLine]:
    return line.taxes(line.discounted)


def _purchaser(order: Order, _info: Any) -> Any:
    return order.company or order.customer


def _discounted_total(line: Line, _info: Any, with_code_discounts: bool = False) -> Decimal:
    """By default neither discounts over the whole order nor codes count: only what was meant for this line."""
    counted = (
        each.amount
        for each in line.allocations
        if each.discount_application.target_selection == "ENTITLED"
        and (with_code_discounts or each.discount_application.typename != "DiscountCodeApplication")
    )
    return line.price * line.quantity - sum(counted, NOTHING)


def _risk(order: Order, _info: Any) -> dict[str, Any]:
    assessment: dict[str, Any] = {"riskLevel": order.risk_level, "facts": [], "provider": None}
    return {"recommendation": order.risk, "assessments": [assessment]}


def _value(application: DiscountApplication, _info: Any) -> Decimal | As:
    """What was promised: a percentage, or a sum."""
    if application.percentage is None:
        return application.amount
    return As("PricingPercentageValue", application.percentage, application.index)


def _duties(order: Order, due: Decimal) -> Decimal | None:
    return due if any(line.duties for line in order.lines) else None


def _fees(order: Order, charged: Decimal) -> Decimal | None:
    return charged if order.fees else None


def _discount_name(application: DiscountApplication, _info: Any) -> str:
    return application.name


_MONEY: Table = {
    "MoneyBag.shopMoney": lambda money, _: money,
    "MoneyBag.presentmentMoney": _presented,
    "MoneyV2.amount": _amount,
    "MoneyV2.currencyCode": _currency,
    "PricingPercentageValue.percentage": lambda value, _: float(value.record),
    "AdditionalFee.taxLines": lambda _fee, _: [],
    "Duty.countryCodeOfOrigin": lambda _duty, _: None,
    "Duty.harmonizedSystemCode": lambda _duty, _: None,
    "Duty.taxLines": lambda _duty, _: [],
    "TaxLine.channelLiable": lambda _tax, _: False,
    "TaxLine.priceSet": lambda tax, _: tax.amount,
    "TaxLine.rate": lambda tax, _: float(tax.rate),
    "TaxLine.ratePercentage": lambda tax, _: float(tax.rate * 100),
    "TaxLine.source": lambda _tax, _: "Shopify",
    "CashRoundingAdjustment.paymentSet": lambda order, _: order.rounding,
    "CashRoundingAdjustment.refundSet": lambda _source, _: NOTHING,
}

_FIGURES: Table = {
    "Order.currentShippingPriceSet": lambda order, _: figures.current(order).shipping,
    "Order.currentSubtotalPriceSet": lambda order, _: figures.current(order).subtotal,
    "Order.currentTaxLines": lambda order, _: figures.current(order).tax_lines,
    "Order.currentTotalDiscountsSet": lambda order, _: figures.current(order).discounts,
    "Order.currentTotalPriceSet": lambda order, _: figures.current(order).total,
    "Order.currentTotalTaxSet": lambda order, _: figures.current(order).tax,
    "Order.netPaymentSet": lambda order, _: figures.received(order) - figures.refunded(order),
    "Order.originalTotalPriceSet": lambda order, _: order.original_total,
    "Order.refundDiscrepancySet": lambda order, _: sum(
        (each.amount for given in order.refunds for each in given.adjustments), NOTHING
    ),
    "Order.subtotalPriceSet": lambda order, _: figures.whole(order).subtotal,
    "Order.taxLines": lambda order, _: figures.whole(order).tax_lines,
    "Order.totalCapturableSet": lambda order, _: figures.capturable(order),
    "Order.totalCashRoundingAdjustment": lambda order, _: order,
    "Order.totalDiscountsSet": lambda order, _: figures.whole(order).discounts,
    "Order.totalOutstandingSet": lambda order, _: figures.outstanding(order),
    "Order.totalPriceSet": lambda order, _: figures.whole(order).total,
    "Order.totalReceivedSet": lambda order, _: figures.received(order),
    "Order.totalRefundedSet": lambda order, _: figures.refunded(order),
    "Order.totalRefundedShippingSet": lambda order, _: sum((c.refunded for c in order.shipping_lines), NOTHING),
    "Order.totalShippingPriceSet": lambda order, _: figures.whole(order).shipping,
    "Order.totalTaxSet": lambda order, _: figures.whole(order).tax,
    "Order.totalTipReceivedSet": lambda order, _: order.tip,
}

_ORDER: Table = {
    "Order.additionalFees": lambda order, _: order.fees,
    "Order.app": lambda _order, _: {"id": gid("App", 580111), "name": "Online Store"},
    "Order.billingAddressMatchesShippingAddress": lambda order, _: order.billing_address == order.shipping_address,
    "Order.cancellation": lambda order, _: {"staffNote": order.staff_note} if order.cancelled_at else None,
    "Order.capturable": lambda order, _: bool(figures.capturable(order)),
    "Order.closed": lambda order, _: order.closed_at is not None,
    "Order.confirmationNumber": lambda order, _: f"{order.number:X}"[-9:],
    "Order.confirmed": lambda _order, _: True,
    "Order.currencyCode": lambda order, _: order.currency,
    "Order.currentSubtotalLineItemsQuantity": lambda order, _: sum(line.current_quantity for line in order.lines),
    "Order.currentTotalAdditionalFeesSet": lambda order, _: _fees(order, figures.current(order).fees),
    "Order.currentTotalDutiesSet": lambda order, _: _duties(order, figures.current(order).duties),
    "Order.customAttributes": _attributes,
    "Order.customerLocale": lambda _order, _: "en",
    "Order.discountApplications": lambda order, _, **window: listed(order.applications, **window),
    "Order.discountCode": lambda order, info: next(iter(_codes(order, info)), None),
    "Order.discountCodes": _codes,
    "Order.displayAddress": lambda order, _: order.shipping_address or order.billing_address,
    "Order.displayFinancialStatus": lambda order, _: figures.financial_status(order),
    "Order.displayFulfillmentStatus": lambda order, _: figures.fulfilment_status(order),
    "Order.dutiesIncluded": lambda _order, _: False,
    "Order.estimatedTaxes": lambda _order, _: False,
    "Order.fulfillable": lambda order, _: any(each.actions for each in order.fulfilment_orders),
    "Order.fulfillmentOrders": lambda order, _, **window: numbered(order.fulfilment_orders, **window),
    "Order.fulfillments": lambda order, _, first=None: order.fulfilments[:first],
    "Order.fulfillmentsCount": lambda order, _: {"count": len(order.fulfilments), "precision": "EXACT"},
    "Order.fullyPaid": lambda order, _: not figures.outstanding(order),
    "Order.lineItems": _line_items,
    "Order.number": lambda order, _: order.position,
    "Order.originalTotalAdditionalFeesSet": lambda order, _: _fees(order, figures.whole(order).fees),
    "Order.originalTotalDutiesSet": lambda order, _: _duties(order, figures.whole(order).duties),
    "Order.paymentGatewayNames": _gateways,
    "Order.phone": lambda order, _: order.customer.person.phone if order.customer else None,
    "Order.presentmentCurrencyCode": lambda order, _: order.exchange.currency if order.exchange else order.currency,
    "Order.processedAt": lambda order, _: order.created_at,
    "Order.purchasingEntity": _purchaser,
    "Order.refundable": lambda order, _: figures.received(order) > figures.refunded(order),
    "Order.refunds": lambda order, _, first=None: order.refunds[:first],
    "Order.requiresShipping": lambda order, _: any(line.item.requires_shipping for line in order.lines),
    "Order.retailLocation": lambda _order, _: None,
    "Order.returnStatus": lambda _order, _: "NO_RETURN",
    "Order.returns": lambda _order, _, **window: listed([], **window),
    "Order.risk": _risk,
    "Order.shippingLine": lambda order, _: next(iter(order.shipping_lines), None),
    "Order.shippingLines": lambda order, _, **window: listed(order.shipping_lines, **window),
    "Order.sourceIdentifier": lambda _order, _: None,
    "Order.sourceName": lambda _order, _: "web",
    "Order.subtotalLineItemsQuantity": lambda order, _: sum(line.quantity for line in order.lines),
    "Order.taxExempt": lambda _order, _: False,
    "Order.transactions": lambda order, _, first=None: order.transactions[:first],
    "Order.transactionsCount": lambda order, _: {"count": len(order.transactions), "precision": "EXACT"},
    "Order.unpaid": lambda order, _: not figures.received(order),
}

_LINE: Table = {
    "LineItem.customAttributes": _attributes,
    "LineItem.discountAllocations": lambda line, _: line.allocations,
    "LineItem.discountedTotalSet": _discounted_total,
    "LineItem.discountedUnitPriceAfterAllDiscountsSet": lambda line, _: unit_price(line),
    "LineItem.discountedUnitPriceSet": lambda line, info: _discounted_total(line, info) / line.quantity,
    "LineItem.isGiftCard": lambda line, _: line.item.gift_card,
    "LineItem.lineItemGroup": lambda line, _: line.group,
    "LineItem.name": lambda line, _: line.item.title,
    "LineItem.nonFulfillableQuantity": lambda line, _: line.quantity if not line.item.requires_shipping else 0,
    "LineItem.originalTotalSet": lambda line, _: line.price * line.quantity,
    "LineItem.originalUnitPriceSet": lambda line, _: line.price,
    "LineItem.product": lambda line, _: product(line.item),
    "LineItem.refundableQuantity": lambda line, _: line.current_quantity,
    "LineItem.requiresShipping": lambda line, _: line.item.requires_shipping,
    "LineItem.restockable": lambda line, _: line.item.requires_shipping,
    "LineItem.sku": lambda line, _: line.item.sku,
    "LineItem.taxLines": lambda line, _, first=None: line.taxes(line.quantity)[:first],
    "LineItem.taxable": lambda line, _: bool(line.item.tax_rate),
    "LineItem.title": lambda line, _: line.item.title,
    "LineItem.totalDiscountSet": lambda line, info: line.price * line.quantity - _discounted_total(line, info),
    "LineItem.unfulfilledQuantity": lambda line, _: max(line.current_quantity - line.fulfilled, 0),
    "LineItem.variant": lambda line, _: variant(line.item),
    "LineItem.variantTitle": lambda _line, _: None,
    "LineItem.vendor": lambda _line, _: "Test Brand",
    "LineItemGroup.customAttributes": lambda _group, _: [],
    "LineItemGroup.productId": lambda group, _: gid("Product", group.bundle.number),
    "LineItemGroup.title": lambda group, _: group.bundle.title,
    "LineItemGroup.variantId": lambda group, _: gid("ProductVariant", group.bundle.number),
    "LineItemGroup.variantSku": lambda group, _: group.bundle.sku,
}

_CHARGES: Table = {
    "ShippingLine.carrierIdentifier": lambda _line, _: None,
    "ShippingLine.code": lambda line, _: line.title,
    "ShippingLine.currentDiscountedPriceSet": lambda line, _: line.current,
    "ShippingLine.custom": lambda _line, _: False,
    "ShippingLine.deliveryCategory": lambda _line, _: None,
    "ShippingLine.discountAllocations": lambda line, _: line.allocations,
    "ShippingLine.discountedPriceSet": lambda line, _: line.discounted,
    "ShippingLine.isRemoved": lambda _line, _: False,
    "ShippingLine.originalPriceSet": lambda line, _: line.price,
    "ShippingLine.phone": lambda _line, _: None,
    "ShippingLine.source": lambda _line, _: "shopify",
    "ShippingLine.taxLines": _shipping_tax,
    "DiscountAllocation.allocatedAmountSet": lambda allocation, _: allocation.amount,
    **{f"{kind}.value": _value for kind in KINDS.values()},
    "DiscountCodeApplication.code": _discount_name,
    "AutomaticDiscountApplication.title": _discount_name,
    "ManualDiscountApplication.title": _discount_name,
    "ManualDiscountApplication.description": lambda _application, _: None,
    "ScriptDiscountApplication.title": _discount_name,
}

TABLE: Table = {**_MONEY, **_FIGURES, **_ORDER, **_LINE, **_CHARGES}
