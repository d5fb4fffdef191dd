"""A shop, an ERP and the people in both; the daemon between them comes and goes."""

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from aiohttp import web
from chaos.death import Crash, Mortal
from chaos.shops import SHOPS

from khaossync.sandbox.day import Notes, People, Product, World
from khaossync.sandbox.day.face import Address, Purchase, SoldOut
from khaossync.sandbox.day.range import COMPANIES, ON_ACCOUNT, STANDARD, TERMS
from khaossync.sandbox.khaosws import Habits, KhaosServer, Order
from khaossync.sandbox.khaosws import Verdict as Reaction

SKUS = {"MUG": "9.95", "CUP": "4.00", "TEE": "18.50", "POT": "25.00"}
DUO = Product("DUO", "", "Duo", Decimal("17.00"), STANDARD)
BUNDLES = {DUO.sku: {"MUG": 1, "CUP": 2}}
LISTED = (*(Product(sku, sku, sku.title(), Decimal(price), STANDARD) for sku, price in SKUS.items()), DUO)
HOME = Address("1 Old Street", "Anywhere", "AN1 1AN")

Hook = Callable[[dict[str, str], bytes], Awaitable[int]]
Steps = Iterator[None]
"""What people do, a step at a time; between two steps the daemon may take its turn."""

_PATIENCE = 14
"""Steps after which people no longer wait for the daemon."""


class Time:
    """The true time, which only a round turns; simulators and people live by it."""

    def __init__(self) -> None:
        self.true = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.true


class DaemonClock:
    """What the machine of the daemon believes: the true time, and how far somebody set it wrong."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.wrong_by = timedelta(0)

    def now(self) -> datetime:
        return self._time.true + self.wrong_by

    def monotonic(self) -> float:
        return self._time.true.timestamp()


class Company:
    """Both simulators, what people do in them, and the daemon's doors."""

    def __init__(self, dice: random.Random, platform: str) -> None:
        self.dice, self.time = dice, Time()
        self.clock = DaemonClock(self.time)
        now = self.time.now
        # What the daemon asks for must not decide what people do: so the shop has dice of its own.
        self.shop = SHOPS[platform].made(now, random.Random(dice.random()))
        self.face = self.shop.face
        self.world = World("shop", "S", skus={}, buffer=1, sites={self.shop.place: ("1",)}, bundles=BUNDLES)
        self.khaos = KhaosServer(
            now=now,
            dice=dice,
            sites=(("1", "Main"),),
            couriers=(("RM48", "Royal Mail"),),
            habits=Habits(duplicate=Reaction.ACCEPT),  # an ERP that recognises nothing: whoever sends twice has two
        )
        self.notes, self.people = Notes(), People(now)
        self.mortal: Mortal | None = None
        self.hook: Hook | None = None
        self.urls = ("", "")
        self._parcels = 0
        self._runner: web.AppRunner | None = None
        for system, faults in (("khaos", self.khaos.faults), ("shop", self.face.faults)):
            setattr(faults, "around", self._watched(system, faults.around))  # noqa: B010  a port, wrapped

    async def open(self) -> None:
        """Put everything on sale and listen on loopback."""
        for sku in SKUS:
            self.khaos.add_stock(sku, sku.title(), {"1": Decimal(60)})
        for product in LISTED:
            self.face.list_product(product, {self.shop.place: 40})
        self.khaos.add_stock("DISCOUNT", "Discount", {}, controlled=False)
        self.khaos.add_company(ON_ACCOUNT, COMPANIES[ON_ACCOUNT], terms_days=TERMS)
        self.urls = (await self.shop.doors.start(), await self.khaos.start())
        self._runner = web.AppRunner(self._doors(), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        if self.shop.hooks:
            self.shop.hooks.lead_to(f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks/shop")

    async def close(self) -> None:
        await self.shop.doors.stop()
        await self.khaos.stop()
        if self._runner:
            await self._runner.cleanup()

    def _doors(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/hooks/shop", self._receive)
        return application

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        with suppress(Crash):
            if self.hook is not None:
                return web.Response(status=await self.hook(dict(request.headers), body))
        return web.Response(status=502)

    def _watched(self, system: str, around: "Around") -> "Around":
        """Let the daemon end when its call has arrived, and when it was worked on; the server does not care."""

        async def watched(
            operation: str, handle: Callable[[], Awaitable[web.StreamResponse]], request: web.BaseRequest
        ) -> web.StreamResponse:
            mortal, name = self.mortal, f"{system} {operation}"
            writes = operation in ("ImportOrders", *self.shop.WRITES)

            async def handled() -> web.StreamResponse:
                answer = await handle()
                if mortal:
                    await mortal.witness(f"{name}: done, not answered")
                return answer

            if mortal and writes:
                await mortal.witness(f"{name}: sent")
            return await around(operation, handled, request)

        return watched

    # --- what people do -----------------------------------------------------------------------------------------------

    def sell(self, *basket: tuple[str, int], payment: str = "paid", on_account: bool = False) -> str:
        """Somebody buys."""
        way = ("Standard", Decimal("3.95"))
        try:
            return self.face.sell(
                Purchase(basket, "buyer@example.com", HOME, way, payment=payment, on_account=on_account)
            )
        except SoldOut as error:
            raise AssertionError("the range of a story is never sold out") from error

    def ref(self, order: str) -> str:
        """The reference of an order in the ERP."""
        return self.world.ref(next(one.serial for one in self.face.orders() if one.id == order))

    def posted(self, order: str) -> Order | None:
        """The sales order of an order."""
        return self.khaos.order(self.ref(order))

    def until_posted(self, order: str) -> Steps:
        """Wait for the sales order, for as long as people wait."""
        return _until(lambda: self.posted(order))

    def until_told(self, order: str) -> Steps:
        """Wait for the shop to know of a parcel."""
        return _until(lambda: self.face.parcels(order))

    def parcel(self, order: str, *codes: str, numbered: bool = True) -> str:
        """Despatch these stock codes, or all that is left; returns the tracking number."""
        self._parcels += 1
        number, found = f"TRK{self._parcels:04}", self.posted(order)
        assert found is not None
        lines = {line.stock_code: line.quantity for line in found.goods if line.stock_code in codes}
        self.khaos.despatch(self.ref(order), lines or None, courier="RM48", consignment=number if numbered else "")
        return number


Around = Callable[[str, Callable[[], Awaitable[web.StreamResponse]], web.BaseRequest], Awaitable[web.StreamResponse]]


def _until(told: Callable[[], object]) -> Steps:
    for _ in range(_PATIENCE):
        if told():
            return
        yield
