"""The hot statements touch a handful of pages, also where a million messages wait and a million effects are kept."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from outbox.conftest import at_database, execute
from outbox.test_plans import FILL, NOON, ONE_OF_MANY, STATEMENTS, scans

from khaossync.outbox.ownership import PROMOTE

# Indexes are made once everything is in, for that takes seconds instead of a minute.
TAKE_DOWN = """
select indexname as name, indexdef as definition from pg_indexes
where schemaname = 'khaossync' and tablename in ('messages', 'ledger')
    and indexname not in (select conname from pg_constraint)"""
VAST = """
    insert into khaossync.ledger (id, key, destination, kind, version, accepted_at)
    select 200000 + n, 'past:' || lpad(n::text, 7, '0'), 'khaos', 'order', '1', :noon
    from generate_series(1, 1000000) n;
    insert into khaossync.messages
        (id, destination, kind, key, version, source, body, state, created_at, ready_at, expires_at, not_before)
    select id, destination, kind, key, version, 'shop', '{}', state, :noon, :noon, :noon,
        case when state = 'waiting' then :noon + interval '1 hour' end
    from (
        select *, case when id % 100 = 0 then 'parked' when id % 5 = 0 then 'waiting' else 'ready' end as state
        from khaossync.ledger where id > 200000
    ) backlog""".replace(":noon", NOON)

PAGES = 400
"""The most that a statement may touch for the few records that it is asked about: indexes are four pages deep here."""
PAGES_OF_A_WINDOW = 5000
"""For 500 messages at a time: a page or two, an index entry and a look at what blocks it for each."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def vast(postgres_server: str, template: str) -> AsyncIterator[str]:
    """A database with a long past and a great backlog."""
    await execute(postgres_server, f"create database outbox_vast template {template}")
    dsn = at_database(postgres_server, "outbox_vast")
    connection = await asyncpg.connect(dsn)
    indexes = await connection.fetch(TAKE_DOWN)
    await connection.close()
    down = [f"drop index khaossync.{row['name']}" for row in indexes]
    await execute(dsn, *down, VAST, *(row["definition"] for row in indexes), FILL, "vacuum (analyze)")
    yield dsn
    await execute(postgres_server, "drop database outbox_vast with (force)")


async def performed(dsn: str, statement: str, arguments: str) -> dict[str, Any]:
    """What a statement did, with the plan that every process comes to after a while; nothing of it stays."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare hot as {statement}")
        await connection.execute("begin")
        [row] = await connection.fetch(f"explain (analyze, buffers, timing off, format json) execute hot ({arguments})")
        [explained] = json.loads(row[0])
        return dict(explained["Plan"])
    finally:
        await connection.close()


def pages(plan: dict[str, Any]) -> int:
    """How many pages were touched, each as often as it was."""
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_hot_statement_touches_few_pages_of_a_million_rows(vast: str, name: str) -> None:
    plan = await performed(vast, *STATEMENTS[name])
    assert scans(plan) & ONE_OF_MANY == set(), json.dumps(plan, indent=1)
    assert pages(plan) <= (PAGES_OF_A_WINDOW if name.startswith("read ") else PAGES), json.dumps(plan, indent=1)


async def test_a_window_of_the_backlog_is_read_in_order_without_sorting(vast: str) -> None:
    plan = await performed(vast, STATEMENTS["read events"][0], "'khaos', 700000, 500")
    assert plan["Actual Rows"] == 500
    assert all(node["Node Type"] != "Sort" for node in nodes(plan))


async def test_what_is_due_is_found_among_the_deferred_without_reading_them(vast: str) -> None:
    plan = await performed(vast, PROMOTE, f"array['khaos'], {NOON}, 1000, array[7]::bigint[]")
    assert plan["Actual Rows"] == 0
    assert pages(plan) < 50


async def test_the_guard_sees_a_statement_that_touches_too_much(vast: str) -> None:
    plan = await performed(vast, "select count(*) from khaossync.messages where id > $1", "0")
    assert pages(plan) > PAGES
