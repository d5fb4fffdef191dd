"""The judge is judged: each law of the day fails when something is wrong, and the demo says so by its exit code."""

import asyncio
import sys
from asyncio import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stage import WORLD
from khaossync.sandbox.day import Law, OpenCase, prove
from khaossync.sandbox.khaosws import KhaosServer, Order
from khaossync.sandbox.shopify import ShopifyShop

ARRIVAL, MONEY, RESTRAINT, DESPATCHES, MAILS, STOCK, REFUNDS = range(7)


@dataclass(frozen=True, slots=True)
class Evening:
    """What is left of a day; `unpaid` is an order that has no business in the ERP."""

    shop: ShopifyShop
    khaos: KhaosServer
    cases: list[OpenCase]
    unpaid: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def evening(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Evening]:
    """A short day in which everything happened once and all is well; the daemon has gone home."""
    async with Playhouse(tmp_path_factory.mktemp("proof")) as house:
        await house.open()
        order = house.shop.place_order([("MUG", 2), ("TEA", 1)])
        house.shop.place_order([("SEAT", 1)])
        unpaid = house.shop.place_order([("MUG", 1)], payment="pending")
        await house.evening()
        house.shop.refund(order, {"TEA": 1})
        await house.case("credit_note_to_key")
        cases = [OpenCase(one["case_class"], one["subject"]) for one in await house.cases()]
        await house.terminate()
        yield Evening(house.shop, house.khaos, cases, unpaid)


def broken(evening: Evening, cases: list[OpenCase] | None = None) -> list[int]:
    laws: list[Law] = prove(evening.shop, evening.khaos, evening.cases if cases is None else cases, WORLD)
    return [number for number, law in enumerate(laws) if law.broken]


def sales_orders(evening: Evening, monkeypatch: pytest.MonkeyPatch, *orders: Order) -> None:
    monkeypatch.setattr(evening.khaos, "orders", lambda: list(orders))


def test_a_good_day_breaks_no_law(evening: Evening) -> None:
    assert broken(evening) == []
    assert all(law.checked for law in prove(evening.shop, evening.khaos, evening.cases, WORLD))


def test_an_order_that_never_arrived_breaks_the_law(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    """SHO-13, S-1, S-2."""
    first, *_ = evening.khaos.orders()
    sales_orders(evening, monkeypatch, first)
    assert ARRIVAL in broken(evening)


def test_an_order_that_came_twice_breaks_the_law(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = evening.khaos.orders()
    sales_orders(evening, monkeypatch, first, second, replace(second, sorder_code="SO9"))
    assert broken(evening) == [ARRIVAL, RESTRAINT]


def test_a_penny_breaks_the_law(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-12."""
    first, second = evening.khaos.orders()
    penny = replace(second.delivery, gross=second.delivery.gross + Decimal("0.01"))
    sales_orders(evening, monkeypatch, first, replace(second, delivery=penny))
    assert broken(evening) == [MONEY]


def test_a_sales_order_that_nobody_paid_for_breaks_the_law(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = evening.khaos.orders()
    unpaid = replace(second, ref=WORLD.ref(evening.unpaid))
    sales_orders(evening, monkeypatch, first, second, unpaid)
    assert RESTRAINT in broken(evening)


def test_a_sales_order_of_no_order_breaks_the_law(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-4."""
    first, second = evening.khaos.orders()
    sales_orders(evening, monkeypatch, first, second, replace(second, ref="S1"))
    assert broken(evening) == [RESTRAINT]


@pytest.mark.parametrize("what", ["lost", "doubled", "invented"])
def test_a_despatch_that_was_not_told_just_once_breaks_the_law(
    evening: Evening, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """S-26, S-28, SHO-9."""
    done = evening.shop.fulfilments()
    invented = replace(done[0], id="x", tracking=tuple(replace(one, number="TRK-X") for one in done[0].tracking))
    made: list[Any] = {"lost": done[1:], "doubled": [*done, done[0]], "invented": [*done, invented]}[what]
    monkeypatch.setattr(evening.shop, "fulfilments", lambda order=None: made)
    assert DESPATCHES in broken(evening)


@pytest.mark.parametrize("copies", [0, 2])
def test_a_mail_that_was_not_sent_just_once_breaks_the_law(
    evening: Evening, monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    mails = [mail for mail in evening.shop.mails if mail.kind == "shipping_confirmation"]
    monkeypatch.setattr(evening.shop.state, "mails", mails * copies)
    assert broken(evening) == [MAILS]


def test_a_wrong_level_breaks_the_law(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-17."""
    monkeypatch.setattr(evening.shop, "available", lambda sku, place: 7)
    assert broken(evening) == [STOCK]


def test_a_refund_that_nobody_was_told_of_breaks_the_law(evening: Evening) -> None:
    """S-15."""
    assert broken(evening, []) == [REFUNDS]


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
