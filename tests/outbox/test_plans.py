"""The hot statements use their indexes, however much history and backlog lies beside what they look for."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from outbox.conftest import at_database, execute

from khaossync.outbox.arrivals import KEEP_DOCUMENTS, KEEP_RAWS
from khaossync.outbox.casework import ATTACH, CLOSE_CURED, CLOSE_LEFT, DISMISSED, OPEN
from khaossync.outbox.decisions import NEXT, RAWS
from khaossync.outbox.ending import END
from khaossync.outbox.enqueueing import AGAIN, ENQUEUE
from khaossync.outbox.feeds import READ_EVENTS, READ_LEVELS
from khaossync.outbox.holding import AWAITED, COUNT, HELD, POSTED, UNPOSTED
from khaossync.outbox.intents import DOUBT, INTEND, RESOLVE
from khaossync.outbox.knowing import (
    BODIES,
    HOOK,
    KNOWN,
    LINKS,
    LISTED,
    OPEN_REFERENCES,
    PACKS,
    REFUNDS,
    TOLD,
)
from khaossync.outbox.levelling import DELIVERED, KEEP_LEVELS, LOCK_LEVELS, REPLACE
from khaossync.outbox.levelling import UNFINISHED as UNFINISHED_LEVELS
from khaossync.outbox.linking import INTEND as INTEND_LINKS
from khaossync.outbox.linking import OBSERVE, SENT, WAKE_PENDING
from khaossync.outbox.ownership import PROMOTE, STILL_BLOCKING
from khaossync.outbox.releasing import BY_CLASS, BY_STOCK_CODE, GO
from khaossync.outbox.settling import DEFER, FINISH, PARK, TAKEN
from khaossync.outbox.tracing import EVENTS, NAMES, UNFINISHED

NOON = "timestamptz '2026-11-02 12:00Z'"
FILL = """
    -- a history of 20,000 effects, and a backlog of 9,000 messages: ready, deferred, parked, and levels
    insert into khaossync.ledger (key, destination, kind, version, accepted_at)
    select 'shop:' || n, 'khaos', 'order', '1', :noon from generate_series(1, 20000) n;
    insert into khaossync.messages
        (id, destination, kind, key, version, source, body, state, created_at, ready_at, expires_at, not_before)
    select id, destination, kind, key, version, 'shop', '{}', state, :noon, :noon, :noon,
        case when state = 'waiting' then :noon + interval '1 hour' end
    from (
        select *, case id % 6 when 0 then 'parked' when 1 then 'waiting' else 'ready' end as state
        from khaossync.ledger where id <= 6000
    ) backlog;
    insert into khaossync.messages
        (id, destination, kind, key, version, source, body, created_at, ready_at, expires_at)
    select 100000 + n, 'shop', 'stock_level', 'SKU' || n || '@1', '1', 'khaos', '{}', :noon, :noon, :noon
    from generate_series(1, 3000) n;
    insert into khaossync.levels (destination, key, desired, serial, desired_at)
    select 'shop', 'SKU' || n || '@1', 1, 1, :noon from generate_series(1, 3000) n;
    insert into khaossync.links (key, channel, order_id, erp, ref, state, finished, intended_at, sent_at)
    select 'shop:' || n, 'shop', n::text, 'khaos', 'S' || n, 'sent', n < 4900, :noon, :noon
    from generate_series(1, 5000) n;
    insert into khaossync.documents (source, kind, key, version, moment, about, number, body, received_at)
    select 'shop', 'order', 'shop:' || n, '1', :noon, 'shop:' || n, '#' || n, '{}', :noon
    from generate_series(1, 5000) n;
    insert into khaossync.raws (source, kind, key, version, moment, raw, received_at, expires_at)
    select 'shop', 'order', 'shop:' || n, '1', :noon, '', :noon, :noon from generate_series(1, 5000) n;
    insert into khaossync.decisions (sort, connector, decided_at, expires_at, orders, configuration, content)
    select 'routing', 'shop', :noon + n * interval '1 second', :noon, array['shop:' || n], 'c', ''
    from generate_series(1, 20000) n;
    insert into khaossync.history (at, message_id, destination, kind, key, event, who, why)
    select :noon, n, 'khaos', 'order', 'shop:' || n, 'retry', '', '' from generate_series(1, 5000) n;
    insert into khaossync.cases (class, source, subject, state, detail, evidence, opened_at, told_at, closed_at)
    select 'unmapped_sku', 'shop', 'shop:' || n, case when n % 2000 = 0 then 'open' else 'closed' end, '',
        '{"stock codes": "CUP, JUG"}', :noon, :noon, case when n % 2000 > 0 then :noon end
    from generate_series(1, 20000) n;
    insert into khaossync.unposted (order_key, stock_code, channel, erp, units, posted_at)
    select 'shop:' || n, 'SKU' || n % 900, 'shop', 'khaos', 1, case when n % 2 = 0 then :noon end
    from generate_series(1, 5000) n;
    insert into khaossync.case_messages (case_id, message_id) select n, n from generate_series(1, 20000) n;
    analyze;
""".replace(":noon", NOON)
ONE_OF_MANY = {
    "messages",
    "ledger",
    "links",
    "documents",
    "raws",
    "history",
    "levels",
    "cases",
    "case_messages",
    "unposted",
    "decisions",
}
"""The tables that grow with the trade; the others stay small or are written in order."""

STATEMENTS: dict[str, tuple[str, str]] = {
    "read events": (READ_EVENTS, "'khaos', 100, 500"),
    "read levels": (READ_LEVELS, "'shop', 100100, 500"),
    "enqueue": (
        ENQUEUE,
        "array['khaos'], array['order'], array['shop:7'], array['2'], array['shop'], array['{}'], "
        f"array[null]::timestamptz[], array[{NOON}], {NOON}",
    ),
    "keep documents": (
        KEEP_DOCUMENTS,
        f"array['shop'], array['order'], array['shop:7'], array['2'], array[{NOON}], array['shop:7'], array['#7'], "
        f"array['{{}}'], {NOON}",
    ),
    "keep raws": (
        KEEP_RAWS,
        f"array['shop'], array['order'], array['shop:7'], array['2'], array[{NOON}], array[''], array[{NOON}], {NOON},"
        " array['shop:7']",
    ),
    "bodies": (BODIES, "array['shop'], array['order'], array['shop:7']"),
    "refunds": (REFUNDS, "array['shop:7']"),
    "packs": (PACKS, "array['khaos'], array['SKU7']"),
    "lock levels": (LOCK_LEVELS, "array['shop'], array['SKU7@1']"),
    "unfinished levels": (UNFINISHED_LEVELS, "array['shop'], array['SKU7@1']"),
    "keep levels": (
        KEEP_LEVELS,
        "array['shop'], array['SKU7@1'], array[1], array[1], array[2]::bigint[], "
        f"array[{NOON}], array[{NOON}], array[{NOON}], {NOON}",
    ),
    "replace a level": (REPLACE, f"array['shop'], array['SKU7@1'], array['khaos'], array['{{}}'], {NOON}, {NOON}"),
    "deliver levels": (DELIVERED, f"array['shop'], array['SKU7@1'], array[1], array[false], {NOON}"),
    "intend links": (
        INTEND_LINKS,
        f"array['shop:7'], array['shop'], array['7'], array['khaos'], array['S7'], array[''], {NOON}",
    ),
    "observe": (OBSERVE, "array['khaos'], array['S7'], array[true]"),
    "wake pending": (WAKE_PENDING, f"array['khaos'], array['S7'], {NOON}"),
    "sent": (
        SENT,
        "array['shop:7'], array['khaos'], array['SO7'], array['f'], array['[]'], array['[]'], " + NOON,
    ),
    "taken": (TAKEN, "array['khaos'], array['order'], array['shop:7'], array['1'], array['SO7']"),
    "close left": (CLOSE_LEFT, f"array[7]::bigint[], {NOON}, 'cured', array[]::bigint[]"),
    "still blocking": (STILL_BLOCKING, "array[6]::bigint[]"),
    "promote": (PROMOTE, f"array['khaos', 'shop'], {NOON}, 1000, array[7]::bigint[]"),
    "finish": (FINISH, f"array[5, 6]::bigint[], array[0, 0], array['done', 'done'], array['', ''], {NOON}"),
    "end": (END, f"array['khaos'], array[1]::bigint[], array[5]::bigint[], array[''], {NOON}"),
    "defer": (
        DEFER,
        f"array[5]::bigint[], array[0], array['waiting'], array[{NOON}], array[0], array[0], array[false]",
    ),
    "park": (PARK, "array[5]::bigint[], array[0], array[false]"),
    "intend": (
        INTEND,
        f"'khaos', 1, {NOON}, array[5]::bigint[], array[1]::bigint[], array[5]::bigint[], array['{{}}']",
    ),
    "resolve": (RESOLVE, "array[1]::bigint[], array[2]::bigint[], array[5]::bigint[]"),
    "doubt": (DOUBT, f"'khaos', {NOON}, interval '1 minute'"),
    "ask again": (
        AGAIN,
        "array['khaos'], array['order'], array['shop:6'], array['1'], array['{}'], "
        f"array[null]::timestamptz[], {NOON}, array[{NOON}]",
    ),
    "open cases": (
        OPEN,
        f"array['unmapped_sku'], array['shop'], array['shop:7'], array['said'], array['{{}}'], {NOON}",
    ),
    "attach": (ATTACH, "array[7]::bigint[], array[6]::bigint[]"),
    "release by class": (BY_CLASS, "array['unmapped_sku']"),
    "release by stock code": (BY_STOCK_CODE, "array['unmapped_sku'], array['khaos'], array['CUP']"),
    "go": (GO, f"array[6]::bigint[], {NOON}, false, array['order'], array[interval '1 day']"),
    "known": (KNOWN, "array['shop'], array['order'], array['shop:7']"),
    "told": (TOLD, "array['khaos'], array['order'], array['shop:7'], array['1']"),
    "links": (LINKS, "array['shop:7'], array['khaos'], array['S8']"),
    "open references": (OPEN_REFERENCES, "'khaos'"),
    "dismissed": (DISMISSED, "array['unmapped_sku'], array['shop'], array['shop:7']"),
    "close cured": (CLOSE_CURED, f"array['unmapped_sku'], array['shop'], array['shop:7'], {NOON}"),
    "listed": (LISTED, "'shop', 'SKU5', 500"),
    "held": (HELD, "array['shop:7']"),
    "unposted": (UNPOSTED, f"array['shop'], array['SKU7'], array[{NOON}]"),
    "awaited": (AWAITED, f"array['khaos'], array['SKU7'], array[{NOON}]"),
    "count": (COUNT, f"array['khaos'], array['SKU7'], array[{NOON}]"),
    "posted": (POSTED, f"array['shop:7'], {NOON}"),
    "hook": (HOOK, f"'shop', 'd', 't', {NOON}"),
    "names of a trace": (NAMES, "'#77'"),
    "events of a trace": (EVENTS, "array['shop:77', 'S77']"),
    "next decisions": (NEXT, f"100, 20000, {NOON}, {NOON} + interval '1 day', null, 50"),
    "raws of decisions": (RAWS, f"array['shop'], array['order'], array['shop:7'], array['1'], array[{NOON}]"),
    "unfinished of a trace": (UNFINISHED, "array['shop:77']"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def busy(postgres_server: str, template: str) -> AsyncIterator[str]:
    """A database with a past."""
    await execute(postgres_server, f"create database outbox_busy template {template}")
    dsn = at_database(postgres_server, "outbox_busy")
    await execute(dsn, FILL)
    yield dsn
    await execute(postgres_server, "drop database outbox_busy with (force)")


def scans(plan: dict[str, Any]) -> set[str]:
    """The tables that a plan reads from end to end."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scans(child) for child in plan.get("Plans", [])))


async def plan_of(dsn: str, statement: str, arguments: str) -> dict[str, Any]:
    """The plan that every process comes to after a while: prepared, and generic for all arguments."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare hot as {statement}")
        [row] = await connection.fetch(f"explain (format json) execute hot ({arguments})")
        [explained] = json.loads(row[0])
        return dict(explained["Plan"])
    finally:
        await connection.close()


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_hot_statement_reads_no_growing_table_from_end_to_end(busy: str, name: str) -> None:
    plan = await plan_of(busy, *STATEMENTS[name])
    assert scans(plan) & ONE_OF_MANY == set(), json.dumps(plan, indent=1)


async def test_told_stock_codes_meet_the_open_cases_by_a_hash(busy: str) -> None:
    """Every page of items asks, in the one transaction that all pages wait for: no pairing of each with each."""
    plan = await plan_of(busy, *STATEMENTS["release by stock code"])
    assert "hashed SubPlan" in json.dumps(plan)


async def test_the_guard_sees_a_scan_where_there_is_one(busy: str) -> None:
    plan = await plan_of(busy, "select * from khaossync.messages where version = $1", "'1'")
    assert scans(plan) == {"messages"}


@pytest.mark.parametrize(
    ("statement", "arguments", "index"),
    [
        (READ_EVENTS, "'khaos', 100, 500", "messages_events"),
        (READ_EVENTS, "'khaos', 100, 500", "messages_blockers"),
        (READ_LEVELS, "'shop', 100100, 500", "messages_levels"),
        (PROMOTE, f"array['khaos'], {NOON}, 1000, array[7]::bigint[]", "messages_due"),
    ],
)
async def test_reading_walks_only_what_may_go(busy: str, statement: str, arguments: str, index: str) -> None:
    """Deferred and parked rows do not stand in the index that the reader walks."""
    assert index in json.dumps(await plan_of(busy, statement, arguments))
