"""Depth and age are right however deep a queue is, and looking costs the same."""

import json

import asyncpg
import pytest
from outbox.conftest import execute
from outbox.stories import HandClock, a_case, a_level, accept, acceptance, claim_one, levels, order_message

from khaossync.domain.documents import Kind
from khaossync.domain.messages import Park, Settlement
from khaossync.outbox import DatabaseSettings, PostgresOutbox, open_database
from khaossync.outbox.counting import DEPTHS, DESTINATIONS, Depth, depths

FILL = """
    insert into khaossync.messages
        (id, destination, kind, key, version, source, body, state, created_at, ready_at, expires_at, not_before)
    select n, case when n % 100 = 0 then 'other' else 'khaos' end, case when n % 5 = 0 then 'refund' else 'order' end,
        'shop:' || n, '1', 'shop', jsonb_build_object('note', repeat('x', 300)),
        case n % 4 when 1 then 'waiting' when 2 then 'parked' else 'ready' end, now(), now(), now(),
        case when n % 4 = 1 then now() end
    from generate_series(1, {count}) n;
    insert into khaossync.messages (id, destination, kind, key, version, source, body, created_at, ready_at, expires_at)
    select 1000000 + n, 'shop', 'stock_level', 'SKU' || n, '1', 'khaos', '{{}}', now(), now(), now()
    from generate_series(1, {count} / 2) n;
    analyze khaossync.messages;
"""
BEHIND = (
    "update khaossync.messages set kind = 'cancellation' where id in (996, 997, 998)",
    "update khaossync.messages set kind = 'despatch', state = 'parked' where id in (1000498, 1000499)",
)
TRUTH = "select destination, kind, count(*) from khaossync.messages group by 1, 2 order by 1, 2"


async def counted(dsn: str) -> tuple[list[Depth], dict[tuple[str, str], int]]:
    async with open_database(DatabaseSettings(dsn)) as database, database.connection() as connection:
        truth = {(row[0], row[1]): row[2] for row in await connection.fetch(TRUTH)}
        return list(await depths(connection)), truth


async def test_queues_of_every_depth_are_told_by_what_is_in_the_table(dsn: str) -> None:
    """Whoever asks, whichever process filled it and however often it was restarted."""
    await execute(dsn, FILL.format(count=500))
    found, truth = await counted(dsn)
    assert {(one.destination, one.kind): one.depth for one in found} == truth


async def test_a_deep_queue_is_estimated_from_a_sample(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("khaossync.outbox.counting.EXACT", 50)
    await execute(dsn, FILL.format(count=3000))
    found, truth = await counted(dsn)  # the sample is all of a table of this size
    assert {(one.destination, one.kind): one.depth for one in found} == truth
    monkeypatch.setattr("khaossync.outbox.counting.SAMPLED_PAGES", 60)
    found, truth = await counted(dsn)
    deep = {(one.destination, one.kind): one.depth for one in found if one.destination != "other"}
    assert deep.keys() == {("khaos", "order"), ("khaos", "refund"), ("shop", "stock_level")}
    assert all(50 <= depth < 3 * truth[queue] for queue, depth in deep.items())


async def test_a_kind_behind_many_of_another_is_told_too(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("khaossync.outbox.counting.EXACT", 50)
    await execute(dsn, FILL.format(count=1000), *BEHIND)
    found, truth = await counted(dsn)
    assert truth["khaos", "cancellation"] == 3
    assert {(one.destination, one.kind): one.depth for one in found} == truth


async def test_only_a_deep_queue_is_estimated(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def guess(_: object) -> dict[tuple[str, str], int]:
        return dict.fromkeys(
            [("khaos", "order"), ("khaos", "refund"), ("other", "refund"), ("shop", "stock_level")], 7777
        )

    monkeypatch.setattr("khaossync.outbox.counting.EXACT", 50)
    monkeypatch.setattr("khaossync.outbox.counting._sample", guess)
    await execute(dsn, FILL.format(count=1000))
    found, _ = await counted(dsn)
    assert {(one.destination, one.kind): one.depth for one in found} == {
        ("khaos", "order"): 7777,
        ("khaos", "refund"): 7777,
        ("other", "refund"): 10,
        ("shop", "stock_level"): 7777,
    }


async def test_the_age_is_of_the_first_that_could_go(outbox: PostgresOutbox, clock: HandClock) -> None:
    await accept(outbox, acceptance(order_message("1"), order_message("1", "2")))
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case()))])
    began = clock.forward(hours=1)
    await accept(outbox, acceptance(order_message("2")))
    clock.forward(hours=1)
    await accept(outbox, acceptance(order_message("3")))
    await accept(outbox, levels(a_level(5)))
    assert await outbox.depths() == [
        Depth("khaos", "order", 4, began),
        Depth("shop", "stock_level", 1, clock.now()),
    ]
    await outbox.settle([Settlement(await claim_one(outbox, "shop", Kind.STOCK_LEVEL), Park(a_case("MUG@loc-1")))])
    assert (await outbox.depths())[1] == Depth("shop", "stock_level", 1, None)


async def blocks(dsn: str, statement: str, *arguments: object) -> int:
    """How many blocks a statement touches."""
    connection = await asyncpg.connect(dsn)
    try:
        told = await connection.fetch(f"explain (analyze, buffers, format json) {statement}", *arguments)
    finally:
        await connection.close()
    plan = json.loads(told[0][0])[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def test_looking_at_a_queue_costs_the_same_however_deep_it_is(dsn: str) -> None:
    """S-24: it is done every few seconds, also when a million messages wait."""
    await execute(dsn, FILL.format(count=2_000))
    shallow = await blocks(dsn, DEPTHS, "khaos", 100)
    await execute(dsn, "truncate khaossync.messages", FILL.format(count=40_000))
    deep = await blocks(dsn, DEPTHS, "khaos", 100)
    assert deep < 1.5 * shallow + 100
    assert await blocks(dsn, DESTINATIONS) < 100
    assert await blocks(dsn, TRUTH) > 10 * deep  # that is what a plain count reads
