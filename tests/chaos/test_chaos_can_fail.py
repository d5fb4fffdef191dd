"""A daemon that is built wrongly is caught; otherwise a table without violations would say nothing."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest
from chaos import broken, stories
from chaos.conftest import Play
from chaos.life import Make
from chaos.rounds import Field, Plan, Played
from chaos.shops import SHOPS
from chaos.troubles import TROUBLES
from chaos.verdict import in_order

from khaossync.sandbox.day import Evidence
from khaossync.sandbox.day.face import Parcel

DONE = "khaos ImportOrders: done, not answered"
TROUBLE = {trouble.name: trouble for trouble in TROUBLES}
ONE_ORDER = Plan("it can fail", stories=(stories.paid_late,))
TWICE = "nothing else and nothing twice in the ERP"
KILLED = replace(ONE_ORDER, point=DONE, since=1)


@pytest.mark.parametrize(
    ("make", "plan", "law"),
    [
        (broken.BLIND_CREATE, KILLED, TWICE),
        (broken.NO_INTENT, KILLED, TWICE),
        (broken.NO_VERDICT, ONE_ORDER, "nothing is left in the outbox"),
    ],
    ids=["a sink that creates blindly", "no intent", "verdicts that are not committed"],
)
def test_a_daemon_that_is_built_wrongly_is_caught(in_a_field: Play[Any], make: Make, plan: Plan, law: str) -> None:
    async def scene(field: Field) -> tuple[Played, Played]:
        return await field.play(plan), await field.play(plan, make)

    right, wrong = in_a_field(scene)
    assert right.broken == []
    assert _breaks(wrong, law)


@pytest.mark.parametrize("shop", SHOPS)
def test_what_goes_wrong_is_seen_whatever_the_platform_of_the_shop(in_a_field: Play[Any], shop: str) -> None:
    plan = Plan("it can fail", shop, point=DONE, since=1, stories=(stories.parted, stories.stock_moves))
    played = in_a_field(lambda field: field.play(plan, broken.WRONG_ALL_ROUND))
    for law in (TWICE, "every despatch is one tracked fulfilment", "every stock level agrees"):
        assert _breaks(played, law), played.broken


def _breaks(played: Played, law: str) -> bool:
    return any(one.startswith(law) for one in played.broken)


def test_a_page_that_is_committed_in_two_parts_is_caught(in_a_field: Play[Any]) -> None:
    """Law 1: dying between them, the document is known and its message never was."""

    async def scene(field: Field) -> Played:
        peace = (await field.play(ONE_ORDER, broken.TWO_COMMITS)).trace
        between = 1 + list(pairwise(peace)).index(("take_in: after the commit", "take_in: in the transaction"))
        plan = replace(ONE_ORDER, point="take_in: after the commit", since=between)
        return await field.play(plan, broken.TWO_COMMITS)

    played = in_a_field(scene)
    assert _breaks(played, "every eligible order is one sales order")


def test_parcels_that_are_told_in_another_order_than_they_left_break_a_law() -> None:
    def parcels(*told: str) -> Evidence:
        left = [
            SimpleNamespace(consignment=name, shipped_at=at) for at, name in enumerate(("first", "second"), start=1)
        ]
        shop = SimpleNamespace(parcels=lambda _: [Parcel("1", [name]) for name in told])
        order = SimpleNamespace(id="1", name="#1001")
        return cast(Evidence, SimpleNamespace(orders=[order], shop=shop, shipped=lambda _: left))

    assert in_order(parcels("first", "second")).broken == []
    assert len(in_order(parcels("second", "first")).broken) == 1


FELT = {
    "lost": ("drop_after", "truncate"),
    "late": ("stall",),
    "429": ("throttle",),
    "5xx": ("unavailable", "html"),
    "reset": ("drop_before",),
    "pg -9": ("connected anew",),
    "pg -": ("ConnectionRefusedError", "Connect call failed"),
    "disk": ("DiskFullError",),
}


def test_troubles_are_felt(in_a_field: Play[Any]) -> None:
    """A trouble that troubles nobody proves nothing: here it begins in a transaction, shortly before an import."""

    async def scene(field: Field) -> dict[str, Played]:
        peace = (await field.play(ONE_ORDER)).trace
        sent = peace.index("khaos ImportOrders: sent")
        begins = max(place for place in range(sent) if peace[place] == "take_in: in the transaction")
        plan = replace(ONE_ORDER, point="claim: known", since=sent, lead=sent - begins - 1)
        return {name: await field.play(replace(plan, trouble=TROUBLE[name])) for name in FELT}

    played = in_a_field(scene)
    unfelt = {name: _felt(one) for name, one in played.items() if not any(word in _felt(one) for word in FELT[name])}
    assert unfelt == {}
    assert [one.broken for one in played.values()] == [[]] * len(FELT)


def _felt(played: Played) -> str:
    """A session that was killed ends what rests on it without a word, and is made anew within the same life."""
    anew = played.trace.count("keep: connect") - 1 - len(played.died_at)
    return f"{played.felt}{' connected anew' * anew}"


@pytest.mark.parametrize("shop", SHOPS)
def test_a_seed_reproduces_its_round(in_a_field: Play[Any], shop: str) -> None:
    plan = Plan("the same again", shop, TROUBLE["lost"], "settle: before the commit", 300, lead=20, again=40)

    async def scene(field: Field) -> tuple[Played, Played]:
        return await field.play(plan), await field.play(plan)

    first, second = in_a_field(scene)
    assert len(first.died_at) == 2
    assert first == second
