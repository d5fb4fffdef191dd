"""The simulated Khaos Control server: its state, its service, and what people in the building do."""

import random
import ssl
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from aiohttp import web

from khaossync.sandbox.faults import Faults
from khaossync.sandbox.khaosws.crediting import CreditDesk
from khaossync.sandbox.khaosws.encode import Value
from khaossync.sandbox.khaosws.endpoint import PATH, CallRecord, Endpoint
from khaossync.sandbox.khaosws.habits import Habits
from khaossync.sandbox.khaosws.importing import Importer
from khaossync.sandbox.khaosws.lists import ListDesk
from khaossync.sandbox.khaosws.masters import TAX_RATES, Masters
from khaossync.sandbox.khaosws.orders import OrderBook
from khaossync.sandbox.khaosws.orderxml import OrderExport
from khaossync.sandbox.khaosws.records import Order
from khaossync.sandbox.khaosws.seasoning import Seasoning
from khaossync.sandbox.khaosws.signatures import Arguments
from khaossync.sandbox.khaosws.status import StatusDesk
from khaossync.sandbox.khaosws.statusxml import StatusWriter
from khaossync.sandbox.khaosws.stock import Stockroom
from khaossync.sandbox.khaosws.stockdesk import StockDesk
from khaossync.sandbox.khaosws.stockxml import StockWriter
from khaossync.sandbox.khaosws.warehouse import Warehouse

COURIERS = (("RM48", "Royal Mail 48"), ("RM24", "Royal Mail 24"), ("DPD", "DPD Next Day"))
Quantity = Decimal | int


class KhaosServer:
    """One Khaos Control installation on loopback. Orders are named by their associated ref, sites by their id.

    `now` gives aware UTC and must not run backwards. Steps that make no sense raise ValueError.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        dice: random.Random,
        sites: Sequence[tuple[str, str]] = (("1", "Main"), ("2", "Overflow")),
        couriers: Sequence[tuple[str, str]] = COURIERS,
        sales_sources: Sequence[str] = ("Web",),
        company_classes: Sequence[str] = ("Retail",),
        tax_rates: Mapping[int, Decimal] = TAX_RATES,
        basic_auth: tuple[str, str] | None = None,
        reference_limit: int = 15,
        delivery_charge: Decimal = Decimal("4.95"),
        habits: Habits | None = None,
    ) -> None:
        self.faults = Faults()
        self.habits = habits or Habits()
        self._masters = Masters(
            tuple(sites), tuple(couriers), tuple(sales_sources), tuple(company_classes), dict(tax_rates)
        )
        self._stockroom = Stockroom(now, tuple(site_id for site_id, _ in sites))
        self._orders = OrderBook(now)
        self._importer = Importer(
            self._orders,
            self._stockroom,
            self._masters,
            self.habits,
            now,
            dice,
            reference_limit=reference_limit,
            delivery_charge=delivery_charge,
        )
        self._warehouse = Warehouse(self._orders, self._stockroom, self._masters, now)
        self._credit_desk = CreditDesk(self._orders, self._stockroom, now)
        self._endpoint = Endpoint(self._desks(now, dice), self.habits, self.faults, dice, basic_auth)
        self._runner: web.AppRunner | None = None

    def _desks(self, now: Callable[[], datetime], dice: random.Random) -> dict[str, Callable[[Arguments], Value]]:
        """Who answers which operation."""
        seasoning = Seasoning(self.habits, dice)
        status = StatusDesk(self._orders, self.habits, StatusWriter(seasoning), now)
        stock_writer = StockWriter(self._stockroom, self._masters, seasoning)
        stock = StockDesk(self._stockroom, self._masters, self.habits, stock_writer)
        lists = ListDesk(self._masters)
        return {
            "ImportOrders": lambda arguments: self._importer.run(arguments.text("Orders")),
            "ExportOrderStatus": status.basic,
            "ExportOrderStatusEx": status.extended,
            "ExportOrders": OrderExport(self._orders, self._masters).export,
            "GetStockList": stock.list_codes,
            "ExportStock": stock.export,
            "ExportStockStatus": stock.levels,
            "GetStockPotential": stock.potential,
            "GetSiteList": lists.sites,
            "GetSOPData": lists.order_processing,
            "GetSaleSource": lists.sales_sources,
            "GetCompanyClass": lists.company_classes,
            "GetCountryList": lists.countries,
            "GetVersion": lists.version,
        }

    async def start(self, port: int = 0, ssl_context: ssl.SSLContext | None = None) -> str:
        """Listen on loopback and return the URL of the executable, `http(s)://127.0.0.1:<port>/KhaosSIM.exe`."""
        self._runner = web.AppRunner(self._endpoint.app(), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=ssl_context).start()
        scheme = "https" if ssl_context else "http"
        return f"{scheme}://127.0.0.1:{self._runner.addresses[0][1]}{PATH}"

    async def stop(self) -> None:
        """Stop listening; the state stays, and `start` brings the server back."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # What people can look at

    def orders(self) -> list[Order]:
        """Every sales order, oldest first: live records, to be looked at only."""
        return [order for order in self._orders if not order.credit]

    def credit_notes(self) -> list[Order]:
        """Every credit note, oldest first."""
        return [order for order in self._orders if order.credit]

    def order(self, ref: str) -> Order | None:
        """The sales order with an associated ref."""
        return self._orders.by_ref(ref)

    @property
    def imports_seen(self) -> Counter[str]:
        """How often an import of each associated ref was read."""
        return self._importer.tally.seen

    @property
    def import_outcomes(self) -> Counter[str]:
        """How imports ended: orders `imported` and `skipped`, documents `faulted`."""
        return self._importer.tally.outcomes

    @property
    def calls(self) -> list[CallRecord]:
        """Every call that was worked on, oldest first."""
        return self._endpoint.calls

    @property
    def most_writes_at_once(self) -> int:
        """The high-water mark of ImportOrders calls under way at the same time."""
        return self._endpoint.most_writes_at_once

    def knows(self, code: str) -> bool:
        """Whether there is such a stock code."""
        return self._stockroom.find(code) is not None

    def available(self, code: str, site: str = "1") -> Decimal:
        """Available to sell on a site."""
        return self._stockroom.level(self._stockroom[code], site).available

    def on_hand(self, code: str, site: str = "1") -> Decimal:
        """On the shelf of a site, reserved or not; no call tells this."""
        return self._stockroom.level(self._stockroom[code], site).on_hand

    # What people do with stock

    def add_stock(
        self,
        code: str,
        description: str,
        levels: Mapping[str, Quantity],
        *,
        tax_code: int = 1,
        discontinued: bool = False,
        run_to_zero: bool = False,
        pack: Mapping[str, Quantity] | None = None,
        controlled: bool = True,
        price: Decimal = Decimal(0),
        other_ref: str = "",
        barcode: str = "",
    ) -> None:
        """Take up a stock code with its levels by site id; a `pack` (child code → quantity) holds no stock itself."""
        for child in pack or ():
            if self._stockroom.find(child) is None:
                raise ValueError(f"pack {code} holds {child}, which is no stock code")
        self._stockroom.add(
            code,
            description,
            {site: Decimal(quantity) for site, quantity in levels.items()},
            tax_code=tax_code,
            discontinued=discontinued,
            run_to_zero=run_to_zero,
            pack={child: Decimal(quantity) for child, quantity in (pack or {}).items()},
            controlled=controlled and not pack,
            price=price,
            other_ref=other_ref,
            barcode=barcode,
        )

    def receive(self, code: str, quantity: Quantity, site: str = "1") -> None:
        """Goods come in; what was on order for the site falls by as much."""
        arriving = Decimal(quantity)
        expected = min(arriving, self._stockroom.level(self._stockroom[code], site).on_order)
        self._stockroom.shift(code, site, on_hand=arriving, on_order=-expected)

    def expect(self, code: str, quantity: Quantity, site: str = "1") -> None:
        """Goods are ordered from a supplier."""
        self._stockroom.shift(code, site, on_order=Decimal(quantity))

    def adjust(self, code: str, difference: Quantity, site: str = "1") -> None:
        """A stock take finds more, or fewer (below zero)."""
        self._stockroom.shift(code, site, on_hand=Decimal(difference))

    def discontinue(self, code: str) -> None:
        """Sell no more of a code; a revision, not a movement."""
        self._stockroom.discontinue(code)

    # What people do with orders

    def authorise(self, ref: str) -> None:
        """Take the payment that an order waits for."""
        self._warehouse.authorise(ref)

    def pick(self, ref: str) -> None:
        """Print the picking list."""
        self._warehouse.pick(ref)

    def pack(self, ref: str) -> None:
        """Move the open invoice to the packing stage."""
        self._warehouse.pack(ref)

    def despatch(
        self,
        ref: str,
        lines: Mapping[str, Quantity] | None = None,
        *,
        courier: str,
        consignment: str,
        tracking_url: str = "",
        boxes: int = 1,
    ) -> str:
        """Ship the open invoice, or `lines` (code → quantity) of it, and return the invoice code.

        What is left goes to a new invoice. `courier` is a code or a description.
        """
        return self._warehouse.despatch(ref, lines, courier, consignment, tracking_url, boxes).code

    def track(self, ref: str, consignment: str, tracking_url: str = "") -> None:
        """Write the consignment into the newest shipped invoice later."""
        self._warehouse.track(ref, consignment, tracking_url)

    def issue(self, ref: str) -> None:
        """Issue the despatched invoices; the order is complete when none is open."""
        self._warehouse.issue(ref)

    def regress(self, ref: str) -> None:
        """Drag the newest invoice one stage back."""
        self._warehouse.regress(ref)

    def cancel(self, ref: str, reason: str) -> None:
        """Cancel what has not been shipped."""
        self._warehouse.cancel(ref, reason)

    def credit(self, ref: str, lines: Mapping[str, Quantity], amount: Decimal, *, restock: bool = True) -> str:
        """Key a credit note for `amount`, tax included, and return its code; the goods go back on the shelf."""
        return self._credit_desk.credit(ref, lines, amount, restock=restock).sorder_code
