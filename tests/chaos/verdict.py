"""What must be true when all is calm again, seen from both simulators; of the daemon only what waits for people."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import asyncpg
from chaos.company import Company
from chaos.shops import Shop

from khaossync.outbox import DatabaseSettings, open_database, verify
from khaossync.sandbox.day import Evidence, Law, ToldCase
from khaossync.sandbox.day.laws.goods import despatches, late_numbers, mails, overselling, stock
from khaossync.sandbox.day.laws.orders import arrival, bundles, business, money, restraint
from khaossync.sandbox.day.laws.people import refunds

_CASES = "select class, source, subject, state from khaossync.cases order by id"
_LEFT = """
select kind, destination, key, state, doubt, not_before from khaossync.messages
order by id"""

MEANT = frozenset({"credit_note_to_key", "order_to_amend", "order_to_cancel", "stock_changed_in_shop"})
"""The cases that the stories ask people to deal with; anything else was refused, and nothing gave reason to."""

DAY: tuple[Callable[[Evidence], Law], ...] = (
    arrival,
    money,
    restraint,
    business,
    bundles,
    despatches,
    mails,
    late_numbers,
    stock,
    overselling,
    refunds,
)


def in_order(seen: Evidence) -> Law:
    """The parcels of an order were told in the order in which they left."""
    law = Law("every key kept its order")
    for order in seen.orders:
        left = [one.consignment for one in sorted(seen.shipped(order), key=lambda one: one.shipped_at or 0)]
        told = [number for parcel in seen.shop.parcels(order.id) for number in parcel.numbers]
        places = [left.index(number) for number in told if number in left]
        law.hold(all(one < other for one, other in pairwise(places)), f"{order.name}: {left} left, {told} was told")
    return law


def sent_whole(seen: Evidence, shop: Shop) -> Law:
    """The shop says that all is on its way when all is, and not before."""
    law = Law("what is wholly on its way is told so")
    for order in (one for one in seen.orders if seen.shipped(one) and one.cancelled_at is None):
        bought = sum(line.quantity for found in seen.sales_orders[order.id] for line in found.goods)
        left = sum(item.quantity for parcel in seen.shipped(order) for item in parcel.items)
        said = shop.says_sent(order.id)
        law.hold(said == (left >= bought), f"{order.name}: {left} of {bought} left, sent whole: {said}")
    return law


def addressed(seen: Evidence) -> Law:
    """A parcel goes where the customer wants it, or people were told to see to that."""
    law = Law("every address is the customer's")
    for order in seen.orders:
        for found in seen.sales_orders[order.id] if order.postcode else ():
            there = found.delivery_address.get("POSTCODE")
            told = "order_to_amend" in seen.open_cases[order.id]
            law.hold(told or there == order.postcode, f"{order.name} goes to {there}")
    return law


def keyed_once(seen: Evidence) -> Law:
    """What people are to key was told them once."""
    law = Law("every refund is one credit note to key")
    for subject, times in Counter(one.subject for one in seen.cases if one.case_class == "credit_note_to_key").items():
        law.hold(times == 1, f"{subject} is to be keyed {times} times")
    return law


def unrefused(seen: Evidence) -> Law:
    """Nobody was bothered with what no system refused."""
    law = Law("nothing is a case that was not refused")
    for case in seen.cases:
        law.hold(case.case_class in MEANT, f"{case.case_class} of {case.subject} ({case.source})")
    return law


async def complaints(it: Company, admin: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """Every law that is broken now, and what of it."""
    told = [ToldCase(row[0], row[1], row[2], row[3] == "open") for row in await admin.fetch(_CASES)]
    seen = Evidence(it.time.true, it.face, it.khaos, it.people, told, it.world, it.notes)
    laws = [*(law(seen) for law in (*DAY, in_order, addressed, keyed_once, unrefused)), sent_whole(seen, it.shop)]
    broken = [f"{law.text}: {complaint}" for law in laws for complaint in law.broken]
    return broken + _left(await admin.fetch(_LEFT))


async def forged(dsn: str) -> list[str]:
    """Where the trail is not what was sealed."""
    async with open_database(DatabaseSettings(dsn)) as database:
        found = (await verify(database, lambda _: None)).broken
    return [f"the trail is as it was sealed: {found}"] if found else []


def _left(rows: Sequence[asyncpg.Record]) -> list[str]:
    return [f"nothing is left in the outbox: {row['kind']} {row['key']} is {row['state']}" for row in rows]
