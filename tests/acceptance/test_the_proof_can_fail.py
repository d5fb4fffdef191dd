"""The judge is judged: each law of the day fails when something is wrong, and the demo says so by its exit code."""

import asyncio
import sys
from asyncio import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stage import WORLD
from khaossync.sandbox.day import Law, OpenCase, prove
from khaossync.sandbox.khaosws import Order

ARRIVAL, MONEY, RESTRAINT, DESPATCHES, MAILS, STOCK, REFUNDS = range(7)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    """A short day in which everything happened once and all is well; the daemon has gone home."""
    async with Playhouse(tmp_path_factory.mktemp("proof")) as house:
        await house.open()
        order = house.shop.place_order([("MUG", 2), ("TEA", 1)])
        house.shop.place_order([("SEAT", 1)])
        unpaid = house.shop.place_order([("MUG", 1)], payment="pending")
        ref = (await house.sent(order)).ref
        house.khaos.pick(ref)
        house.khaos.despatch(ref, courier="DPD", consignment="TRK-1")
        await house.until(lambda: house.shop.fulfilments(order), "the despatch is told")
        house.shop.refund(order, {"TEA": 1})
        await house.case("credit_note_to_key")
        await house.evening()
        house.unpaid = unpaid
        house.good = [OpenCase(one["case_class"], one["subject"]) for one in await house.cases()]
        await house.terminate()
        yield house


def broken(house: Playhouse, cases: list[OpenCase] | None = None) -> list[int]:
    laws: list[Law] = prove(house.shop, house.khaos, house.good if cases is None else cases, WORLD)
    return [number for number, law in enumerate(laws) if law.broken]


def sales_orders(house: Playhouse, monkeypatch: pytest.MonkeyPatch, *orders: Order) -> None:
    monkeypatch.setattr(house.khaos, "orders", lambda: list(orders))


def test_a_good_day_breaks_no_law(house: Playhouse) -> None:
    assert broken(house) == []
    assert all(law.checked for law in prove(house.shop, house.khaos, house.good, WORLD))


def test_an_order_that_never_arrived_breaks_the_law(house: Playhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """SHO-13, S-1, S-2."""
    first, *_ = house.khaos.orders()
    sales_orders(house, monkeypatch, first)
    assert broken(house) == [ARRIVAL]


def test_an_order_that_came_twice_breaks_the_law(house: Playhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = house.khaos.orders()
    sales_orders(house, monkeypatch, first, second, replace(second, sorder_code="SO9"))
    assert broken(house) == [ARRIVAL, RESTRAINT]


def test_a_penny_breaks_the_law(house: Playhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-12."""
    first, second = house.khaos.orders()
    penny = replace(second.delivery, net=second.delivery.net + Decimal("0.01"))
    sales_orders(house, monkeypatch, first, replace(second, delivery=penny))
    assert broken(house) == [MONEY]


def test_a_sales_order_that_nobody_paid_for_breaks_the_law(house: Playhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = house.khaos.orders()
    unpaid = replace(second, ref=WORLD.ref(house.unpaid))
    sales_orders(house, monkeypatch, first, second, unpaid)
    assert RESTRAINT in broken(house)


def test_a_sales_order_of_no_order_breaks_the_law(house: Playhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-4."""
    first, second = house.khaos.orders()
    sales_orders(house, monkeypatch, first, second, replace(second, ref="S1"))
    assert broken(house) == [RESTRAINT]


@pytest.mark.parametrize("what", ["lost", "doubled", "invented"])
def test_a_despatch_that_was_not_told_just_once_breaks_the_law(
    house: Playhouse, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """S-26, S-28, SHO-9."""
    done = house.shop.fulfilments()
    invented = replace(done[0], id="x", tracking=tuple(replace(one, number="TRK-X") for one in done[0].tracking))
    made: list[Any] = {"lost": done[1:], "doubled": [*done, done[0]], "invented": [*done, invented]}[what]
    monkeypatch.setattr(house.shop, "fulfilments", lambda order=None: made)
    assert DESPATCHES in broken(house)


@pytest.mark.parametrize("copies", [0, 2])
def test_a_mail_that_was_not_sent_just_once_breaks_the_law(
    house: Playhouse, monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    mails = [mail for mail in house.shop.mails if mail.kind == "shipping_confirmation"]
    monkeypatch.setattr(house.shop.state, "mails", mails * copies)
    assert broken(house) == [MAILS]


def test_a_wrong_level_breaks_the_law(house: Playhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-17."""
    monkeypatch.setattr(house.shop, "available", lambda sku, place: 7)
    assert broken(house) == [STOCK]


def test_a_refund_that_nobody_was_told_of_breaks_the_law(house: Playhouse) -> None:
    """S-15."""
    assert broken(house, []) == [REFUNDS]


SABOTAGED = """
import sys
from khaossync.cli import demo, main
from khaossync.sandbox.khaosws import KhaosServer
demo.PATIENCE = 1
honest = KhaosServer.orders
KhaosServer.orders = lambda self: [*honest(self), *honest(self)[:1]]  # the first sales order is there twice
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("command", "code"), [(("-m", "khaossync"), 0), (("-c", SABOTAGED), 1)])
async def test_the_exit_code_of_the_demo_is_the_proof(command: tuple[str, ...], code: int) -> None:
    """A doubled sales order is seen by whoever runs the demo in a script."""
    words = (*command, "demo", "--orders", "15", "--speed", "9000")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    told, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == code, told.decode()
    assert ("PASS" if code == 0 else "FAIL") in told.decode()
