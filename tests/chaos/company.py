"""A shop, an ERP and the people in both; the daemon between them comes and goes."""

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Unpack

from aiohttp import web
from chaos.death import Crash, Mortal

from khaossync.sandbox.day import Notes, People, World
from khaossync.sandbox.khaosws import Habits, KhaosServer, Order
from khaossync.sandbox.khaosws import Verdict as Reaction
from khaossync.sandbox.shopify import OutOfStock, ShopifyShop
from khaossync.sandbox.shopify.purchase import Terms

SKUS = {"MUG": "9.95", "CUP": "4.00", "TEE": "18.50", "POT": "25.00"}
BUNDLES = {"DUO": {"MUG": 1, "CUP": 2}}
ON_ACCOUNT = "HARB01"
PLACE = "Warehouse"
WORLD = World(channel="shop", prefix="S", skus={}, buffer=1, sites={PLACE: ("1",)}, bundles=BUNDLES)

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

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.time = dice, Time()
        self.clock = DaemonClock(self.time)
        now = self.time.now
        self.shop = ShopifyShop(now=now, dice=dice, name="demo", maximum=20_000, restore_rate=2000)
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
        self._untold: list[tuple[str, Any]] = []
        self.shop.state.tell = lambda topic, record: self._untold.append((topic, record))
        self._runner: web.AppRunner | None = None
        for system, faults in (("khaos", self.khaos.faults), ("shop", self.shop.faults)):
            setattr(faults, "around", self._watched(system, faults.around))  # noqa: B010  a port, wrapped

    async def open(self) -> None:
        """Put everything on sale and listen on loopback."""
        for sku, price in SKUS.items():
            self.khaos.add_stock(sku, sku.title(), {"1": Decimal(60)})
            self.shop.list_product(sku, sku.title(), Decimal(price), {PLACE: 40})
        self.shop.list_product("DUO", "Duo", Decimal("17.00"), {PLACE: 40})
        self.khaos.add_stock("DISCOUNT", "Discount", {}, controlled=False)
        self.khaos.add_company(ON_ACCOUNT, "Harbour Tea Rooms", terms_days=30)
        self.urls = (await self.shop.start(), await self.khaos.start())
        self._runner = web.AppRunner(self._doors(), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.shop.webhook_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks/shop"

    async def close(self) -> None:
        await self.shop.stop()
        await self.khaos.stop()
        if self._runner:
            await self._runner.cleanup()

    async def post(self) -> None:
        """The shop tells of what has happened, between two turns of the daemon: so a script is always the same run."""
        for topic, record in self._untold:
            self.shop.webhooks.announce(topic, record)
        self._untold.clear()
        await self.shop.webhooks.idle()

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
            writes = operation == "ImportOrders" or b"mutation" in await request.read()

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

    def sell(self, *basket: tuple[str, int], **terms: Unpack[Terms]) -> str:
        """Somebody buys."""
        terms.setdefault("delivery", ("Standard", Decimal("3.95")))
        try:
            return self.shop.place_order(list(basket), **terms)
        except OutOfStock as error:
            raise AssertionError("the range of a story is never sold out") from error

    def ref(self, order: str) -> str:
        return WORLD.ref(order)

    def posted(self, order: str) -> Order | None:
        """The sales order of an order."""
        return self.khaos.order(self.ref(order))

    def until_posted(self, order: str) -> Steps:
        """Wait for the sales order, for as long as people wait."""
        return _until(lambda: self.posted(order))

    def until_told(self, order: str) -> Steps:
        """Wait for the shop to know of a parcel."""
        return _until(lambda: self.shop.fulfilments(order))

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
