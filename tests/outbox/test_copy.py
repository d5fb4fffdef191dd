"""Moving house: everything goes to another PostgreSQL, or nothing does."""

import pytest
from outbox.stories import (
    HandClock,
    a_case,
    a_level,
    accept,
    acceptance,
    an_accepted_order,
    claim_one,
    complete,
    levels,
    order_message,
    query,
    value,
)

from khaossync.domain.documents import Kind
from khaossync.domain.errors import ConfigError
from khaossync.domain.messages import Park, Settlement
from khaossync.outbox import (
    Database,
    DatabaseSettings,
    PostgresOutbox,
    copy,
    ignore_case,
    open_database,
    open_outbox,
    trace,
    verify,
)


async def lived_in(outbox: PostgresOutbox) -> None:
    await accept(outbox, an_accepted_order("1"))
    await complete(outbox, await claim_one(outbox))
    await accept(outbox, an_accepted_order("2"))
    await accept(outbox, levels(a_level(5)))
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case()))])


async def test_a_copy_goes_on_where_the_original_stood(dsn: str, empty_dsn: str, clock: HandClock) -> None:
    settings, target = DatabaseSettings(dsn), DatabaseSettings(empty_dsn)
    async with open_outbox(settings, clock) as outbox:
        await outbox.own(["khaos", "shop"])
        await lived_in(outbox)
        await outbox.seal()
        life = await trace(outbox.database, "shop:2")
    counts = await copy(settings, target, clock)
    assert (counts["ledger"], counts["messages"], counts["cases"], counts["raws"]) == (3, 2, 1, 2)
    async with open_outbox(target, clock) as moved:
        await moved.own(["khaos", "shop"])
        assert await trace(moved.database, "shop:2") == life
        await ignore_case(moved.database, 1, "Operator", "done", clock.now())
        await moved.seal()
        trail = await verify(moved.database, lambda _: None)
        assert (trail.broken, trail.seals, trail.unsealed) == (None, 2, 0)
        assert (await accept(moved, an_accepted_order("1"))).messages == 0
        await accept(moved, acceptance(order_message("3")))
        assert (await claim_one(moved)).id > await value(moved.database, "select max(id) from khaossync.ledger") - 1
        assert (await claim_one(moved, "shop", Kind.STOCK_LEVEL)).key == "MUG@loc-1"
        assert await value(moved.database, "select epoch from khaossync.owners where connector = 'khaos'") == 2


async def test_a_target_that_is_not_empty_is_left_alone(
    dsn: str, empty_dsn: str, clock: HandClock, database: Database
) -> None:
    settings, target = DatabaseSettings(dsn), DatabaseSettings(empty_dsn)
    async with open_outbox(target, clock, migrating=True) as there:
        await there.own(["shop"])
        await accept(there, acceptance(order_message("9")))
    async with open_outbox(settings, clock) as outbox:
        await outbox.own(["shop"])
        await accept(outbox, an_accepted_order("1"))
    with pytest.raises(ConfigError, match="not empty"):
        await copy(settings, target, clock)
    async with open_database(target) as opened:
        assert [row["key"] for row in await query(opened, "select key from khaossync.ledger")] == ["shop:9"]


async def test_nothing_is_copied_away_under_a_working_daemon(
    outbox: PostgresOutbox, dsn: str, empty_dsn: str, clock: HandClock
) -> None:
    with pytest.raises(ConfigError, match="still works on khaos, shop"):
        await copy(DatabaseSettings(dsn), DatabaseSettings(empty_dsn), clock)
