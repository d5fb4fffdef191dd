"""The trail is sealed: whatever is done to it behind our back is found, and what we do to it is not."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from outbox.stories import (
    HandClock,
    a_case,
    accept,
    acceptance,
    an_accepted_order,
    claim_one,
    order_message,
    query,
    value,
)

from khaossync.domain.errors import ConfigError
from khaossync.domain.messages import Park, Retry, Settlement
from khaossync.outbox import Database, PostgresOutbox, Verified, anchor, ignore_case, retry_case, verify
from khaossync.outbox.history import Change, record
from khaossync.outbox.marks import ENTRY_COLUMNS, chained, mark_of, packed


async def verified(database: Database, first: int = 0, kept: str = "") -> Verified:
    return await verify(database, lambda _: None, first=first, kept=kept)


async def entries(database: Database, clock: HandClock, count: int, why: str = "said") -> None:
    changes = [Change(n, "khaos", "order", f"shop:{n}", "retry", "khaossync", f"{why} {n}") for n in range(count)]
    await database.transact(record, changes, clock.now())


async def a_trail(outbox: PostgresOutbox, clock: HandClock) -> Database:
    """Three seals of four entries each, 1 to 12."""
    for _ in range(3):
        await entries(outbox.database, clock, 4)
        await outbox.seal()
        clock.forward(minutes=1)
    return outbox.database


async def test_every_act_and_every_case_is_in_the_trail_and_sealed(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await accept(outbox, an_accepted_order())
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case("shop:5001")))])
    await retry_case(database, 1, "Operator", clock.now())
    await outbox.turn()
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case("shop:5001")))])
    await ignore_case(database, 1, "Operator", "keyed by hand", clock.now())
    told = await query(database, "select event, who, case_id from khaossync.history order by id")
    assert [tuple(row) for row in told] == [
        ("opened", "khaossync", 1),
        ("parked", "khaossync", None),
        ("retried", "Operator", None),
        ("closed", "Operator", 1),
        ("ignored", "Operator", None),
    ]
    assert await outbox.seal() == {"entries": 5}
    assert await outbox.seal() == {"entries": 0}
    found = await verified(database)
    assert (found.broken, found.entries, found.seals, found.unsealed) == (None, 5, 1, 0)


async def test_many_entries_are_sealed_and_verified_in_pieces(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await entries(database, clock, 12_345)
    assert await outbox.seal() == {"entries": 12_345}
    seen: list[int] = []
    found = await verify(database, seen.append)
    assert (found.broken, found.entries, found.seals) == (None, 12_345, 13)
    assert seen[-1] == 12_345
    part = await verified(database, first=11)
    assert (part.broken, part.entries, part.seals, part.anchor) == (None, 2345, 3, found.anchor)


TAMPERING: Sequence[tuple[str, int, int | None, str]] = [
    ("update khaossync.history set why = 'another' where id = 6", 2, 6, "edited"),
    ("update khaossync.history set who = 'Somebody' where id = 6", 2, 6, "edited"),
    ("update khaossync.history set at = at - interval '1 second' where id = 12", 3, 12, "edited"),
    ("update khaossync.history set salt = gen_random_uuid() where id = 1", 1, 1, "edited"),
    ("update khaossync.history set why = '', salt = null, words = '\\x00' where id = 6", 2, 6, "edited"),
    ("delete from khaossync.history where id = 7", 2, 7, "removed"),
    ("delete from khaossync.history where id = 12", 3, 12, "removed"),
    ("delete from khaossync.history", 1, 1, "removed"),
    (
        "insert into khaossync.history (id, at, message_id, destination, kind, key, event, who, why) "
        "values (0, now(), 1, '', '', '', '', '', '')",
        1,
        0,
        "inserted",
    ),
    (
        "update khaossync.history set id = 100 where id = 6; update khaossync.history set id = 6 where id = 7; "
        "update khaossync.history set id = 7 where id = 100",
        2,
        6,
        "moved",
    ),
    ("delete from khaossync.seals where number = 2", 2, None, "is gone"),
    ("delete from khaossync.seals where number = 1", 1, 1, "inserted"),
    ("update khaossync.seals set digest = '\\x00' where number = 2", 2, None, "edited"),
    ("update khaossync.seals set marks = substr(marks, 2) where number = 2", 2, None, "edited"),
    ("update khaossync.seals set newest_at = now() where number = 3", 3, None, "edited"),
    ("delete from khaossync.seals where number = 1; delete from khaossync.history where id <= 4", 1, None, "pruned"),
]


@pytest.mark.parametrize(("sql", "seal", "entry", "what"), TAMPERING)
async def test_what_was_tampered_with_is_found_and_named(
    outbox: PostgresOutbox, clock: HandClock, sql: str, seal: int, entry: int | None, what: str
) -> None:
    database = await a_trail(outbox, clock)
    assert (await verified(database)).broken is None
    async with database.connection() as connection:
        await connection.execute(sql)
    broken = (await verified(database)).broken
    assert broken is not None
    if sql.startswith("delete from khaossync.seals where number = 1") and entry:
        # Entries without their seal stand in front of the oldest one.
        assert (broken.seal, broken.entry_id) == (2, 1)
    else:
        assert (broken.seal, broken.entry_id) == (seal, entry)
    assert what in broken.what


async def test_a_seal_that_was_made_anew_does_not_fit_the_next_one(outbox: PostgresOutbox, clock: HandClock) -> None:
    """Who knows how seals are made must make all the later ones anew too."""
    database = await a_trail(outbox, clock)
    async with database.connection() as connection:
        await connection.execute("update khaossync.history set who = 'Nobody' where id = 6")
        rows = await connection.fetch(f"select {ENTRY_COLUMNS} from khaossync.history where id between 5 and 8")  # noqa: S608
        old = await connection.fetchrow("select * from khaossync.seals where number = 2")
        assert old is not None
        marks = packed(map(mark_of, rows))
        digest = chained(2, old["previous"], old["newest_at"], marks)
        await connection.execute("update khaossync.seals set marks = $1, digest = $2 where number = 2", marks, digest)
    broken = (await verified(database)).broken
    assert broken is not None
    assert (broken.seal, "does not follow seal 2" in broken.what) == (3, True)


async def test_a_trail_written_anew_is_found_by_an_anchor_that_was_kept_elsewhere(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """Who may write everything can seal anew; the digest in somebody else's hands stays."""
    database = await a_trail(outbox, clock)
    kept = await anchor(database)
    assert (await verified(database, kept=kept)).broken is None
    async with database.connection() as connection:
        await connection.execute(
            "delete from khaossync.seals; update khaossync.history set who = 'Nobody' where id = 2"
        )
    await entries(database, clock, 1)
    await outbox.seal()
    assert (await verified(database)).broken is None
    broken = (await verified(database, kept=kept)).broken
    assert broken is not None
    assert "anchor" in broken.what


async def test_a_cut_off_end_is_found_by_an_anchor(outbox: PostgresOutbox, clock: HandClock) -> None:
    database = await a_trail(outbox, clock)
    kept = await anchor(database)
    async with database.connection() as connection:
        await connection.execute(
            "delete from khaossync.seals where number = 3; delete from khaossync.history where id > 8"
        )
    assert (await verified(database)).broken is None
    broken = (await verified(database, kept=kept)).broken
    assert broken is not None
    assert (broken.seal, "newest part" in broken.what) == (3, True)
    with pytest.raises(ConfigError, match="is no anchor"):
        await verified(database, kept="three")


async def test_what_is_not_sealed_yet_is_counted(outbox: PostgresOutbox, clock: HandClock) -> None:
    database = await a_trail(outbox, clock)
    await entries(database, clock, 2)
    found = await verified(database)
    assert (found.broken, found.unsealed, found.unsealed_since) == (None, 2, clock.now())


async def test_an_entry_whose_writer_takes_its_time_is_sealed_in_its_place(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """A number is given before the commit: sealing what is seen would leave a hole that fills later."""
    async with database.connection() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await record(slow, [Change(1, "khaos", "order", "shop:1", "retry", "khaossync", "slow")], clock.now())
        await entries(database, clock, 3)
        assert await outbox.seal() == {"entries": 0}
        sealing = asyncio.create_task(outbox.seal())
        while not await value(database, "select count(*) from pg_stat_activity where query like '%pg_locks%'"):
            assert not sealing.done()
        await transaction.commit()
    assert await sealing in ({"entries": 4}, {"entries": 0})
    await outbox.seal()
    found = await verified(database)
    assert (found.broken, found.entries, found.unsealed) == (None, 4, 0)


async def test_two_notaries_seal_every_entry_once(outbox: PostgresOutbox, database: Database, clock: HandClock) -> None:
    for _ in range(5):
        await entries(database, clock, 700)
        await asyncio.gather(outbox.seal(), outbox.seal(), entries(database, clock, 300))
    await outbox.seal()
    found = await verified(database)
    assert (found.broken, found.entries) == (None, 5000)


async def test_pruning_by_age_leaves_a_chain_that_holds(outbox: PostgresOutbox, clock: HandClock) -> None:
    database = await a_trail(outbox, clock)
    clock.forward(days=800)
    await entries(database, clock, 4)
    await outbox.seal()
    assert await outbox.tidy() == {"reasons": 12, "entries": 12}
    found = await verified(database)  # the entry that tells of the pruning is not sealed yet
    assert (found.broken, found.entries, found.pruned, found.unsealed) == (None, 4, 3, 1)
    await outbox.seal()
    found = await verified(database)
    assert (found.broken, found.entries, found.pruned, found.unsealed) == (None, 5, 3, 0)
    clock.forward(days=800)
    await entries(database, clock, 1)
    await outbox.seal()
    await outbox.tidy()
    await outbox.seal()
    found = await verified(database)
    assert (found.broken, found.pruned) == (None, 5)
    async with database.connection() as connection:
        await connection.execute("delete from khaossync.history where event = 'pruned'")
    assert (await verified(database)).broken is not None


async def test_nothing_is_pruned_before_its_time_or_before_it_is_sealed(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await entries(database, clock, 3)
    clock.forward(days=800)
    assert await outbox.tidy() == {}
    await outbox.seal()
    clock.forward(days=1)
    assert await outbox.tidy() == {"reasons": 3}  # the newest seal stays, for the next one follows it
    assert await value(database, "select count(*) from khaossync.history where why <> ''") == 0
    assert (await verified(database)).broken is None


async def test_reasons_are_forgotten_in_time_and_the_seals_do_not_mind(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    database = await a_trail(outbox, clock)
    clock.forward(days=89)
    await entries(database, clock, 1)
    await outbox.seal()
    assert await outbox.tidy() == {}
    clock.forward(days=2)
    assert await outbox.tidy() == {"reasons": 12}
    assert await outbox.tidy() == {}
    left = await query(database, "select why from khaossync.history where why <> ''")
    assert [row["why"] for row in left] == ["said 0"]
    found = await verified(database)
    assert (found.broken, found.forgotten, found.entries) == (None, 12, 13)


async def test_an_entry_of_a_transaction_that_failed_leaves_a_number_and_no_break(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    database = await a_trail(outbox, clock)
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await record(connection, [Change(1, "khaos", "order", "k", "retry", "khaossync", "")], clock.now())
        await transaction.rollback()
    await outbox.seal()
    await entries(database, clock, 1)
    await outbox.seal()
    found = await verified(database)
    assert (found.broken, found.entries, found.anchor.partition(":")[0]) == (None, 13, "4")


async def test_the_ordinary_road_writes_no_trail(outbox: PostgresOutbox, database: Database) -> None:
    """It is told by the ledger, so that sealing costs a delivery nothing."""
    await accept(outbox, acceptance(order_message()))
    message = await claim_one(outbox)
    await outbox.settle([Settlement(message, Retry(message.created_at + timedelta(seconds=1), "away"))])
    assert await value(database, "select count(*) from khaossync.history") == 1
