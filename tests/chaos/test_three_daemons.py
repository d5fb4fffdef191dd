"""Three real daemons share one PostgreSQL; they are killed, paused and woken late, and nothing is lost or doubled."""

import asyncio
import signal
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio
from chaos.trio import NAMES, Daemon, Trio

from khaossync.sandbox.day.situations import SHOPIFY
from khaossync.sandbox.faults import Fault
from khaossync.sandbox.shopify import Company

COMPANY = Company("Harbour Tea Rooms", "HARB01")
"""A business whose customer code is looked for in the ERP right before its order is sent."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def trio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trio]:
    """Three daemons that share the work, and a day that may be played."""
    async with Trio(tmp_path_factory.mktemp("trio"), orders=len(SHOPIFY)) as trio:
        await trio.open_all(NAMES[0])
        assert set((await trio.owners()).values()) == {NAMES[0]}, "one alone owns all, at once"
        await trio.open_all(*NAMES[1:])
        await trio.shared()
        yield trio


async def struck(trio: Trio, fault: Fault, operation: str, seconds: float) -> Daemon:
    """Wait until this fault holds up a call to the ERP; the daemon that works for the ERP."""
    before = len(trio.khaos.faults.happened)
    trio.khaos.faults.plan(fault, operation, seconds=seconds)
    owner = await trio.owner("khaos")
    trio.shop.place_order([("MUG", 1)], company=COMPANY)
    await trio.until(lambda: len(trio.khaos.faults.happened) > before, f"{operation} is under way")
    return owner


async def owned_by(trio: Trio, daemon: Daemon) -> list[str]:
    return [connector for connector, name in (await trio.owners()).items() if name == daemon.name]


async def lost(waker: Daemon) -> bool:
    return bool(waker.events("tick_failed", loop="push khaos order", error="OwnershipLostError"))


async def orders_settled(trio: Trio, daemon: Daemon) -> float:
    return await trio.count(daemon, "khaossync_settled_total", destination="khaos", kind="order")


async def called(trio: Trio, daemon: Daemon, system: str, times: float) -> bool:
    return await trio.calls(daemon, system) >= times


async def test_no_daemon_calls_a_system_that_another_works_for(trio: Trio) -> None:
    """No order is on its way, so nothing needs a last look into a shop."""
    await trio.night()
    owners = await trio.owners()
    systems = [*trio.worlds(), "khaos"]
    before = {(name, one): await trio.calls(trio.daemons[name], one) for name in NAMES for one in systems}
    for one in systems:
        enough = partial(called, trio, trio.daemons[owners[one]], one, before[owners[one], one] + 5)
        await trio.until(enough, f"{owners[one]} reads {one}")
    strange = [(name, one) for name, one in before if owners[one] != name]
    assert {key: await trio.calls(trio.daemons[key[0]], key[1]) for key in strange} == {
        key: before[key] for key in strange
    }
    assert await trio.owners() == owners, "no connector wandered meanwhile"


async def test_a_webhook_wakes_the_owner_wherever_it_arrives(trio: Trio) -> None:
    owners = await trio.owners()
    name = next(one for one in trio.outlets if owners[one] != NAMES[0])
    shop, owner = trio.outlets[name], trio.daemons[owners[name]]
    shop.webhook_url = f"{trio.daemons[NAMES[0]].url}/hooks/{name}"
    shop.place_order([("MUG", 1)])
    await trio.until(
        lambda: owner.events("page_accepted", connector=name, stream="orders by name"), f"{owner.name} reads the order"
    )
    assert not trio.daemons[NAMES[0]].events("page_accepted", connector=name, stream="orders by name")
    await trio.night()


async def test_a_killed_owner_is_replaced_in_the_middle_of_a_day(trio: Trio) -> None:
    """S-1, S-2: killed while an import is under way, whatever else it owned."""
    playing = asyncio.ensure_future(trio.day.play(9))
    for shop in trio.outlets.values():
        shop.place_order([("SAUCER", 2)])
    owner = await struck(trio, Fault.STALL, "ImportOrders", 5)
    names = await owned_by(trio, owner)
    await owner.kill()
    await trio.moved(names, owner)
    for shop in trio.outlets.values():
        shop.place_order([("MUG", 2)])
    await playing
    await trio.open_all(owner.name)
    await trio.night()
    await trio.shared()


async def test_an_owner_that_wakes_before_its_call_was_made_does_not_make_it(trio: Trio) -> None:
    """It was about to send an order when it was paused, and wakes while it still waits for the answer before that."""
    owner = await struck(trio, Fault.STALL, "GetCompanyInfo", 1)
    names, settled = await owned_by(trio, owner), await orders_settled(trio, owner)
    forbidden = partial(trio.calls, owner, "khaos", operation="ImportOrders", outcome="OwnershipLostError")
    before = await forbidden()
    owner.signal(signal.SIGSTOP)
    await trio.moved(names, owner)
    owner.signal(signal.SIGCONT)
    await trio.until(partial(lost, owner), f"{owner.name} notices")
    assert await orders_settled(trio, owner) == settled
    assert await forbidden() == before + 1
    await trio.night()
    assert set(trio.khaos.imports_seen.values()) == {1}
    await trio.shared()


async def test_an_owner_that_was_paused_in_the_middle_of_a_call_completes_nothing_when_it_wakes(trio: Trio) -> None:
    """Its call had its effect; whoever took over finds the order by its reference."""
    owner = await struck(trio, Fault.STALL, "ImportOrders", 1)
    names, settled = await owned_by(trio, owner), await orders_settled(trio, owner)
    noticed = len(owner.events("tick_failed", error="OwnershipLostError"))
    owner.signal(signal.SIGSTOP)
    await trio.moved(names, owner)
    await trio.night()
    owner.signal(signal.SIGCONT)
    await trio.until(lambda: len(owner.events("tick_failed", error="OwnershipLostError")) > noticed, "it notices")
    assert await orders_settled(trio, owner) == settled
    await trio.shared()
    await trio.night()
    assert set(trio.khaos.imports_seen.values()) == {1}


async def test_a_stopped_daemon_leaves_all_but_its_delivery_at_once_and_the_last_one_does_all_the_work(
    trio: Trio,
) -> None:
    await trio.daemons[NAMES[0]].stop()
    await trio.shared()
    stopped = await struck(trio, Fault.STALL, "ImportOrders", 5)
    others = {*await owned_by(trio, stopped)} - {"khaos"}
    assert others
    await stopped.stop()
    [*_, delivered] = stopped.events("delivered", kind="order")
    given = [one for one in stopped.events("ownership_given") if one["ts"] < delivered["ts"]]
    assert others <= {one["connector"] for one in given}
    (last,) = (name for name, daemon in trio.daemons.items() if name != NAMES[0] and daemon is not stopped)
    await trio.until(lambda: _all_of(trio, last), f"{last} owns all")
    for shop, _ in trio.worlds().values():
        shop.place_order([("MUG", 1)])
    await trio.night()
    assert set(trio.khaos.imports_seen.values()) == {1}


async def _all_of(trio: Trio, name: str) -> bool:
    return list((await trio.owners()).values()) == [name] * (len(trio.worlds()) + 2)
