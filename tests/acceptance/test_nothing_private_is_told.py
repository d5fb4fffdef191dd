"""Canaries: secrets and a customer's particulars, planted everywhere, are found in nothing that the daemon tells."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import WORLD
from khaossync.sandbox.faults import Fault
from khaossync.sandbox.shopify import Address, Mischief, Person

TOKEN, SECRET, PASSWORD = "shpat_test", "c4naryHookSecret", "c4naryDsnPassw0rd"
EMAIL, FIRST, LAST, STREET, PHONE = (
    "canary.wren@example.com",
    "Canarina",
    "Featherstonehaugh",
    "77 Birdcage Passage",
    "+44 7700 900123",
)
CASES = ("unmapped_sku", "unmapped_delivery_method", "order_to_amend", "order_to_cancel", "credit_note_to_key")
SECRETS = (TOKEN, SECRET, PASSWORD)
PEOPLE = (EMAIL, FIRST, LAST, STREET, PHONE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> AsyncIterator[Playhouse]:
    connection = await asyncpg.connect(postgres_server)
    await connection.execute("create database canary")
    parts = urlsplit(postgres_server)
    await connection.execute(f"create role canary superuser login password '{PASSWORD}'")
    dsn = urlunsplit(parts._replace(netloc=f"canary:{PASSWORD}@{parts.netloc.rpartition('@')[2]}", path="/canary"))
    changes = {
        "database": {"data_dir": None, "dsn": dsn},
        "log": {"level": "debug"},
        "channel": {"shop": {"webhook_secrets": [SECRET]}},
    }
    async with Playhouse(tmp_path_factory.mktemp("canary"), changes=changes) as house:
        house.shop.webhook_secret = SECRET
        migrated = await house.cli("migrate")
        assert migrated.code == 0, migrated.err
        await house.open()
        house.connect()
        yield house
    await connection.execute("drop database canary with (force)")
    await connection.execute("drop role canary")
    await connection.close()


def bought(house: Playhouse, *basket: tuple[str, int], **terms: object) -> str:
    address = Address(first_name=FIRST, last_name=LAST, address1=STREET, phone=PHONE)
    person = Person(FIRST, LAST, EMAIL, PHONE)
    return house.shop.place_order(basket, customer=person, address=address, **terms)  # type: ignore[arg-type]  # as told


async def open_cases(house: Playhouse, case_class: str) -> float:
    return await house.metric("khaossync_cases_open", case_class=case_class)


async def busy(house: Playhouse) -> None:
    """An order that goes, ones that are held, refused, edited, refunded and cancelled, and both systems in trouble."""
    shop, khaos = house.shop, house.khaos
    shop.webhooks.misbehave(Mischief.FORGE)
    khaos.faults.plan(Fault.TRUNCATE, "ImportOrders")
    shop.faults.plan(Fault.TRUNCATE)
    went, edited, cancelled = (bought(house, ("MUG", 2)) for _ in range(3))
    bought(house, ("GHOST", 1))
    bought(house, ("MUG", 1), delivery=("By balloon", Decimal("1.00")))
    khaos.discontinue("TEA")
    bought(house, ("TEA", 1))
    for order in (went, edited, cancelled):
        await house.sent(order)
    ref = WORLD.ref(went)
    khaos.pick(ref)
    khaos.despatch(ref, courier="DPD", consignment="TRK-1")
    await house.until(lambda: shop.fulfilments(went), "the despatch is told")
    shop.edit(edited, {"MUG": 1}, address=Address(FIRST, LAST, address1=STREET + " upstairs"))
    shop.cancel(cancelled)
    shop.refund(went, {"MUG": 1}, note=f"{FIRST} did not like it")
    for case_class in CASES:
        await house.until(partial(open_cases, house, case_class), f"a case {case_class}")


def leaked(text: str, canaries: tuple[str, ...]) -> list[str]:
    return [canary for canary in canaries if canary.lower() in text.lower()]


async def test_secrets_and_people_are_in_nothing_that_is_told(house: Playhouse) -> None:
    """S-40, SHO-22: the log at its most talkative, every page, and every verb."""
    await busy(house)
    pages = {path: (await house.get(path))[1] for path in ("/healthz", "/metrics", "/readyz")}
    verbs = [("status",), ("check",), ("cases",), *(("trace", one.name) for one in house.shop.orders()[:2])]
    verbs += [("cases", "show", str(case["case"])) for case in await house.cases()]
    said = await asyncio.gather(*(house.cli(*verb) for verb in verbs))
    told = pages | {" ".join(verb): one.out + one.err for verb, one in zip(verbs, said, strict=True)}
    assert all(told.values())
    told["log"] = house.log.read_text()
    assert {name: leaks for name, text in told.items() if (leaks := leaked(text, SECRETS + PEOPLE))} == {}


async def test_a_verb_that_fails_does_not_tell_the_password(house: Playhouse) -> None:
    dsn = house.settings["database"]["dsn"]
    house.configure({"database": {"dsn": dsn.replace("/canary?", "/nowhere?")}})
    failed = await house.cli("status")
    house.configure({"database": {"dsn": dsn}})
    assert failed.code in (75, 78)
    assert failed.err.startswith("khaossync: ")
    assert leaked(failed.out + failed.err, SECRETS) == []
