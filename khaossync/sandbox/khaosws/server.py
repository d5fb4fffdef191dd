"""The simulated Khaos Control server: its state, its service, and what people in the building do."""

import random
import ssl
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

from aiohttp import web

from khaossync.sandbox.faults import Faults
from khaossync.sandbox.khaosws.companies import CompanyDesk
from khaossync.sandbox.khaosws.crediting import CreditDesk
from khaossync.sandbox.khaosws.encode import Value
from khaossync.sandbox.khaosws.endpoint import PATH, Endpoint
from khaossync.sandbox.khaosws.habits import Habits
from khaossync.sandbox.khaosws.importing import Importer
from khaossync.sandbox.khaosws.lists import ListDesk
from khaossync.sandbox.khaosws.looks import Looks
from khaossync.sandbox.khaosws.masters import TAX_RATES, Masters
from khaossync.sandbox.khaosws.orders import OrderBook
from khaossync.sandbox.khaosws.orderxml import OrderExport
from khaossync.sandbox.khaosws.records import Customer
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


class KhaosServer(Looks):
    """One Khaos Control installation on loopback. Orders are named by their associated ref, sites by their id.

    `now` gives aware UTC and must not run backwards. `skew` is how far the server's own clock, in records and in the
    Date header, is ahead of it; it is set before anything happens. Steps that make no sense raise ValueError.
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
        price_lists: Sequence[str] = (),
        tax_rates: Mapping[int, Decimal] = TAX_RATES,
        basic_auth: tuple[str, str] | None = None,
        reference_limit: int = 15,
        delivery_charge: Decimal = Decimal("4.95"),
        habits: Habits | None = None,
    ) -> None:
        self._wall = now
        self.skew = timedelta(0)
        self.faults = Faults()
        self.habits = habits or Habits()
        self._masters = Masters(
            tuple(sites),
            tuple(couriers),
            tuple(sales_sources),
            tuple(company_classes),
            tuple(price_lists),
            dict(tax_rates),
        )
        self._stockroom = Stockroom(self._now, tuple(site_id for site_id, _ in sites))
        self._orders = OrderBook(self._now)
        self._importer = Importer(
            self._orders,
            self._stockroom,
            self._masters,
            self.habits,
            self._now,
            dice,
            reference_limit=reference_limit,
            delivery_charge=delivery_charge,
        )
        self._warehouse = Warehouse(self._orders, self._stockroom, self._masters, self._now)
        self._credit_desk = CreditDesk(self._orders, self._stockroom, self._now)
        self._endpoint = Endpoint(self._desks(dice), self.habits, self.faults, dice, basic_auth)
        self._runner: web.AppRunner | None = None

    def _now(self) -> datetime:
        return self._wall() + self.skew

    def _desks(self, dice: random.Random) -> dict[str, Callable[[Arguments], Value]]:
        """Who answers which operation."""
        seasoning = Seasoning(self.habits, dice)
        status = StatusDesk(self._orders, self.habits, StatusWriter(seasoning), self._now)
        stock_writer = StockWriter(self._stockroom, self._masters, seasoning)
        stock = StockDesk(self._stockroom, self._masters, self.habits, stock_writer)
        lists = ListDesk(self._masters)
        companies = CompanyDesk(self._importer.customers)
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
            "GetCompanyInfo": companies.info,
            "GetCompanyList": companies.list_codes,
            "GetPriceLists": lists.price_lists,
            "GetCompanyClass": lists.company_classes,
            "GetCountryList": lists.countries,
            "GetVersion": lists.version,
        }

    async def start(self, port: int = 0, ssl_context: ssl.SSLContext | None = None) -> str:
        """Listen on loopback and return the URL of the executable, `http(s)://127.0.0.1:<port>/KhaosSIM.exe`."""
        app = self._endpoint.app()
        app.on_response_prepare.append(self._dated)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=ssl_context).start()
        scheme = "https" if ssl_context else "http"
        return f"{scheme}://127.0.0.1:{self._runner.addresses[0][1]}{PATH}"

    async def _dated(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Every answer tells the server's own time."""
        response.headers["Date"] = format_datetime(self._now(), usegmt=True)

    async def stop(self) -> None:
        """Stop listening; the state stays, and `start` brings the server back."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

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

    def meanwhile(self, operation: str, *acts: Callable[[], None]) -> None:
        """Let people act while a client reads: one act right after each of the next answers to `operation`."""
        self._endpoint.meanwhile.setdefault(operation, deque()).extend(acts)

    def discontinue(self, code: str) -> None:
        """Sell no more of a code; a revision, not a movement."""
        self._stockroom.discontinue(code)

    # What people do with customers and orders

    def add_company(
        self,
        code: str,
        name: str,
        *,
        company_class: str = "",
        currency: str = "GBP",
        other_ref: str = "",
        web_user: str = "",
        price_lists: Sequence[str] = (),
        terms_days: int = 0,
        credit_limit: Quantity = 0,
        credit_stop: bool = False,
    ) -> None:
        """Take up a company by its URN; ValueError for one that is taken, or a price list that does not exist."""
        if not 0 < len(code) <= 10 or self.company(code) is not None:
            raise ValueError(f"company code {code!r} is taken already, or not 1 to 10 characters long")
        if strange := set(price_lists) - set(self._masters.price_lists):
            raise ValueError(f"there is no price list {', '.join(sorted(strange))}")
        self._importer.customers.add(
            Customer(
                code,
                other_ref,
                web_user,
                self._masters.company_class(company_class),
                currency,
                name,
                self._now(),
                tuple(price_lists),
                terms_days,
                Decimal(credit_limit),
                credit_stop,
            )
        )

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
