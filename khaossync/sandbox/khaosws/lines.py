"""Turns the items of a draft into order lines: the stock item, the arithmetic, and the children of packs."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from khaossync.sandbox.khaosws.document import Draft, Tags
from khaossync.sandbox.khaosws.masters import Masters
from khaossync.sandbox.khaosws.records import OrderLine
from khaossync.sandbox.khaosws.soap import SoapFaultError
from khaossync.sandbox.khaosws.stock import StockItem, Stockroom
from khaossync.sandbox.khaosws.totals import Totals, from_gross, from_net, rounded

ZERO = Decimal(0)
_MAPPINGS = {
    "-1": ("code", "other_ref", "barcode", "description"),
    "1": ("code",),
    "2": ("other_ref",),
    "4": ("description",),
    "5": ("barcode",),
}


class UnsellableError(Exception):
    """The stock book will not sell what the order asks for."""


class Lines:
    """Builds the lines of one order after another."""

    def __init__(self, stockroom: Stockroom, masters: Masters) -> None:
        self._stockroom = stockroom
        self._masters = masters

    def build(self, draft: Draft) -> list[OrderLine]:
        """The order's lines, pack children added. Raises SoapFaultError, UnsellableError."""
        default_site = self._masters.site(draft.header.get("SITE", ""))
        lines: list[OrderLine] = []
        for tags in draft.items:
            item = self._item(tags)
            site = self._masters.site(tags["SITE"]) if "SITE" in tags else default_site
            line = self._line(tags, item, site)
            lines += [line, *self._children(line, item)]
        self._check_stock(lines)
        return lines

    def delivery(self, header: Tags, own_charge: Decimal) -> Totals:
        """The delivery charge: net (and tax), or gross, or the server's own when all are blank or disabled."""
        rate = self._masters.tax_rate(1)
        net, tax, gross = (_enabled(header, f"DELIVERY_{name}") for name in ("NET", "TAX", "GRS"))
        if net is not None:
            tax = rounded(net * rate) if tax is None else tax
            return Totals(net, tax, net + tax)
        if gross is not None and tax is not None:
            return Totals(gross - tax, tax, gross)
        return from_gross(own_charge if gross is None else gross, Decimal(1), ZERO, rate)

    def _item(self, tags: Tags) -> StockItem:
        kinds = _MAPPINGS.get(tags["MAPPING_TYPE"])
        if kinds is None:
            raise SoapFaultError(f"MAPPING_TYPE {tags['MAPPING_TYPE']} is not set up on this server")
        name = tags.get("STOCK_DESC", "") if tags["MAPPING_TYPE"] == "4" else tags["STOCK_CODE"]
        for kind in kinds:
            item = self._stockroom.find(name, kind)
            if item is not None:
                return item
        raise UnsellableError(f"stock item {name} does not exist")

    def _line(self, tags: Tags, item: StockItem, site: str) -> OrderLine:
        if item.discontinued:
            raise UnsellableError(f"stock item {item.code} is discontinued")
        quantity, discount = Decimal(tags["ORDER_QTY"]), Decimal(tags.get("KSD_DISCOUNT", "0"))
        if quantity <= 0:
            raise SoapFaultError(f"ORDER_QTY of {item.code} is {quantity}, it must be above zero")
        gross_price = "PRICE_NET" not in tags  # of two prices, the net one counts
        price = Decimal(tags["PRICE_GRS" if gross_price else "PRICE_NET"])
        code = int(tags.get("TAX_RATE", item.tax_code))
        work_out = from_gross if gross_price else from_net
        return OrderLine(
            item.code,
            quantity,
            price,
            gross_price,
            discount,
            code,
            work_out(price, quantity, discount, self._masters.tax_rate(code)),
            site,
            tags.get("STOCK_DESC", item.description),
            tags.get("IMPORT_REF", ""),
            tags.get("PACK_SORT_ORDER", ""),
            controlled=item.controlled,
        )

    def _children(self, header: OrderLine, item: StockItem) -> Iterator[OrderLine]:
        """A pack header that comes alone gets its children; one with PACK_SORT_ORDER brings its own."""
        if header.pack_sort_order:
            return
        for code, each in item.pack.items():
            child = self._stockroom[code]
            yield OrderLine(
                code,
                header.quantity * each,
                ZERO,
                False,
                ZERO,
                header.tax_code,
                Totals(),
                header.site,
                child.description,
                added=True,
                controlled=child.controlled,
            )

    def _check_stock(self, lines: list[OrderLine]) -> None:
        wanted: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in lines:
            wanted[line.stock_code, line.site] += line.quantity
        for (code, site), quantity in wanted.items():
            item = self._stockroom[code]
            short = item.controlled and item.run_to_zero and self._stockroom.level(item, site).available < quantity
            if short:
                raise UnsellableError(f"stock item {code} is run to zero and {quantity} would take it below")


def _enabled(header: Tags, name: str) -> Decimal | None:
    """A delivery amount; blank and -1 mean "not this one"."""
    amount = Decimal(header.get(name, "-1"))
    return None if amount == -1 else amount
