"""A customer asks to be forgotten: nothing that we store names her any more, and the trail of it all stays whole."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.sandbox.shopify import Address, Person

FIRST, LAST, EMAIL, STREET, PHONE = (
    "Canarina",
    "Featherstonehaugh",
    "canary.wren@example.com",
    "77 Birdcage Passage",
    "+44 7700 900123",
)
HER = (FIRST, LAST, EMAIL, STREET, PHONE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def dsn(postgres_server: str) -> AsyncIterator[str]:
    connection = await asyncpg.connect(postgres_server)
    await connection.execute("create database erasing")
    yield urlunsplit(urlsplit(postgres_server)._replace(path="/erasing"))
    await connection.execute("drop database erasing with (force)")
    await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory, dsn: str) -> AsyncIterator[Playhouse]:
    folder = tmp_path_factory.mktemp("erasing")
    async with Playhouse(folder, changes={"database": {"data_dir": None, "dsn": dsn}}) as house:
        migrated = await house.cli("migrate")
        assert migrated.code == 0, migrated.err
        await house.open()
        yield house


async def stored(dsn: str) -> str:
    """All that is in any table, as text."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'khaossync'")
        rows = [await connection.fetch(f"select t::text from khaossync.{one[0]} t") for one in tables]  # noqa: S608
        return "\n".join(row[0] for found in rows for row in found)
    finally:
        await connection.close()


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def named(text: str) -> list[str]:
    return [name for name in HER if name.lower() in text.lower()]


def bought(house: Playhouse, *basket: tuple[str, int]) -> str:
    address = Address(first_name=FIRST, last_name=LAST, address1=STREET, phone=PHONE)
    return house.shop.place_order(basket, customer=Person(FIRST, LAST, EMAIL, PHONE), address=address)


async def test_a_customer_is_erased_and_stays_so(house: Playhouse, dsn: str) -> None:
    """The whole story: an order delivered and refunded, one that is held up, the asking, the shop's next word."""
    went, held = bought(house, ("MUG", 2)), bought(house, ("GHOST", 1))
    await house.sent(went)
    house.shop.refund(went, {"MUG": 1}, note=f"{FIRST} did not like it")
    await house.case("unmapped_sku")
    await house.case("credit_note_to_key")
    assert named(await stored(dsn)) == list(HER)

    tried = await house.cli("erase", "--customer", EMAIL, "--dry-run")
    assert (tried.code, f"shop:{went}" in tried.out, "is open" in tried.out) == (1, True, True), tried.out
    refused = await house.cli("erase", "--customer", EMAIL, "--yes")
    assert (refused.code, "Nothing was scrubbed" in refused.out) == (1, True)
    assert named(await stored(dsn)) == list(HER)

    unasked = await house.cli("erase", "--customer", EMAIL, "--even-unfinished")
    assert (unasked.code, "nobody can be asked" in unasked.err) == (2, True)
    assert named(await stored(dsn)) == list(HER)

    done = await house.cli("erase", "--customer", EMAIL, "--yes", "--even-unfinished")
    assert done.code == 0, done.out + done.err
    assert f"shop:{held}" in done.out
    assert named(await stored(dsn)) == []
    assert "nothing is stored" in (await house.cli("erase", "--customer", EMAIL)).out

    house.shop.edit(went, {"MUG": 1}, address=Address(FIRST, LAST, address1=STREET + " upstairs"))
    await house.case("order_to_amend")
    await house.turned("push khaos amendment")
    assert named(await stored(dsn)) == []


async def test_the_trail_is_verified_while_the_daemon_works_and_tampering_is_found(house: Playhouse, dsn: str) -> None:
    """G12: an edited row is found and named; the exit code says so to a script."""
    await house.until(lambda: house.events("audit_anchor"), "the first seal of the day is told in the log")
    anchor = (await house.cli("audit", "anchor")).out.strip()
    whole = await house.cli("audit", "verify", "--anchor", anchor)
    assert (whole.code, whole.out.partition(" ")[0]) == (0, "WHOLE"), whole.out
    victim = await ask(dsn, "select min(id) from khaossync.history where event = 'erased'")
    await ask(dsn, f"update khaossync.history set who = 'Nobody' where id = {victim}")  # noqa: S608  a number
    broken = await house.cli("audit", "verify")
    assert (broken.code, broken.out.partition(" ")[0]) == (1, "BROKEN")
    assert f"entry {victim} of" in broken.out
