"""ExportOrders: orders once more in the import format."""

from collections.abc import Mapping

from khaossync.sandbox.khaosws.dates import stamp
from khaossync.sandbox.khaosws.masters import Masters
from khaossync.sandbox.khaosws.orders import OrderBook
from khaossync.sandbox.khaosws.records import Order, OrderLine
from khaossync.sandbox.khaosws.signatures import Arguments
from khaossync.sandbox.khaosws.soap import SoapFaultError
from khaossync.sandbox.khaosws.xmlout import element, leaf, money, number

_MAPPINGS = {1: 3, 2: 4}  # this call's numbers for order code and ref, as the order book counts them


class OrderExport:
    """Writes booked orders; credit notes are not among them."""

    def __init__(self, orders: OrderBook, masters: Masters) -> None:
        self._orders, self._masters = orders, masters

    def export(self, arguments: Arguments) -> str:
        """Orders by sales order code (1) or associated ref (2); unknown ones are left out."""
        mapping = arguments.integer("MappingType", 0)
        if mapping not in _MAPPINGS:
            raise SoapFaultError(f"MappingType {mapping} is not valid for ExportOrders")
        codes = arguments.codes("OrderCode")
        found = [order for code in codes for order in self._orders.find(code, _MAPPINGS[mapping]) if not order.credit]
        return element("SALES_ORDERS", *(self._order(order) for order in found))

    def _order(self, order: Order) -> str:
        return element(
            "SALES_ORDER",
            _customer(order),
            element("PAYMENTS", *(element("PAYMENT_DETAIL", *_leaves(payment.tags)) for payment in order.payments)),
            self._header(order),
            element("ORDER_ITEMS", *(self._item(line) for line in order.lines)),
        )

    def _header(self, order: Order) -> str:
        known = {
            "ORDER_DATE": stamp(order.created_at),
            "ORDER_AMOUNT": money(order.gross),
            "ORDER_CURRENCY_CODE": order.currency,
            "SITE": self._masters.site_name(order.site),
            "ASSOCIATED_REF": order.ref,
            "INTERNAL_REF": order.sorder_code,
            "DELIVERY_NET": money(order.delivery.net),
            "DELIVERY_TAX": money(order.delivery.tax),
            "COURIER_DESC": order.courier,
            "SALES_SOURCE": order.sales_source,
            "ORDER_NOTE": order.header.get("ORDER_NOTE", ""),
        }
        return element("ORDER_HEADER", *_leaves(known))

    def _item(self, line: OrderLine) -> str:
        tags = {
            "STOCK_CODE": line.stock_code,
            "MAPPING_TYPE": "1",
            "STOCK_DESC": line.description,
            "ORDER_QTY": number(line.quantity),
            "PRICE_GRS" if line.gross_price else "PRICE_NET": number(line.price),
            "TAX_RATE": str(line.tax_code),
            "KSD_DISCOUNT": number(line.discount),
            "IMPORT_REF": line.import_ref,
            "PACK_SORT_ORDER": line.pack_sort_order,
            "SITE": self._masters.site_name(line.site),
        }
        return element("ORDER_ITEM", *_leaves(tags))


def _customer(order: Order) -> str:
    customer = order.customer
    known = {
        "COMPANY_CODE": customer.code,
        "OTHER_REF": customer.other_ref,
        "WEB_USER": customer.web_user,
        "COMPANY_CLASS": customer.company_class,
        "COMPANY_NAME": customer.name,
    }
    addresses = element(
        "ADDRESSES",
        element("INVADDR", *_leaves(order.invoice_address, "I")),
        element("DELADDR", *_leaves(order.delivery_address, "D")),
    )
    return element("CUSTOMER_DETAIL", *_leaves(known), addresses)


def _leaves(tags: Mapping[str, str], prefix: str = "") -> list[str]:
    return [leaf(prefix + name, text) for name, text in tags.items() if text]
