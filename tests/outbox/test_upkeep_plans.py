"""Upkeep finds what is due by an index: it works beside the trade, on tables that grow with it."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from outbox.conftest import at_database, execute
from outbox.test_plans import NOON, plan_of, scans

from khaossync.outbox import arrivals, counting, decisions, desk, erasing, forgetting, sealing, tidying

FILL = """
    insert into khaossync.documents (source, kind, key, version, moment, about, number, body, received_at)
    select 'shop', 'order', 'shop:' || n, '1', :noon, 'shop:' || n, '#' || n, '{}', :noon
    from generate_series(1, 20000) n;
    insert into khaossync.raws (source, kind, key, version, moment, raw, received_at, expires_at)
    select 'shop', 'order', 'shop:' || n, '1', :noon, 'raw', :noon, :noon + n * interval '1 hour'
    from generate_series(1, 20000) n;
    insert into khaossync.hooks (source, delivery_id, topic, received_at)
    select 'shop', n::text, 't', :noon + n * interval '1 hour' from generate_series(1, 20000) n;
    insert into khaossync.ledger (key, destination, kind, version, accepted_at, outcome)
    select 'shop:' || n, 'shop', case when n % 2 = 0 then 'stock_level' else 'order' end, '1',
        :noon + n * interval '1 hour', 'done' from generate_series(1, 40000) n;
    insert into khaossync.history (at, message_id, destination, kind, key, event, who, why)
    select :noon, n, 'khaos', 'order', 'shop:' || n, 'retry', '', 'said' from generate_series(1, 20000) n;
    insert into khaossync.seals (number, first_id, last_id, newest_at, sealed_at, marks, previous, digest, worded)
    select n, n * 10, n * 10 + 9, :noon, :noon, repeat('x', 240)::bytea, '', '', n % 2 = 0
    from generate_series(1, 20000) n;
    insert into khaossync.cases
        (class, source, subject, state, detail, evidence, opened_at, told_at, closed_at, closed_by)
    select 'unmapped_sku', 'shop', 'shop:' || n, 'closed', case when n % 10 = 0 then 'said' else '' end, '{}',
        :noon, :noon, :noon + n * interval '1 hour', 'khaossync' from generate_series(1, 20000) n;
    insert into khaossync.case_messages (case_id, message_id) select n, n from generate_series(1, 20000) n;
    insert into khaossync.messages
        (id, destination, kind, key, version, source, body, state, created_at, ready_at, expires_at, not_before)
    select n, 'khaos', 'order', 'shop:' || n, '1', 'shop', '{}', case n % 4 when 1 then 'waiting' else 'ready' end,
        :noon, :noon, :noon, case when n % 4 = 1 then :noon end
    from generate_series(1, 20000) n;
    insert into khaossync.decisions (sort, connector, decided_at, expires_at, orders, configuration, content)
    select 'routing', 'shop', :noon, :noon + n * interval '1 hour', array['shop:' || n], '', repeat('x', 1500)::bytea
    from generate_series(1, 20000) n;
    insert into khaossync.erased (about, erased_at) select 'shop:' || n, :noon from generate_series(1, 20000) n;
    analyze;
""".replace(":noon", NOON)
GROWING = {
    *(
        "decisions",
        "documents",
        "raws",
        "hooks",
        "ledger",
        "history",
        "seals",
        "cases",
        "case_messages",
        "erased",
        "messages",
    ),
}
RECORD = "array['shop'], array['order'], array['shop:7']"
STATEMENTS = {
    "keep documents": (
        arrivals.KEEP_DOCUMENTS,
        f"{RECORD}, array['2'], array[{NOON}], array['shop:7'], array['#7'], array['{{}}'], {NOON}",
    ),
    "keep raws": (
        arrivals.KEEP_RAWS,
        f"{RECORD}, array['2'], array[{NOON}], array['raw'], array[{NOON}], {NOON}, array['shop:7']",
    ),
    "raws": (tidying.RAWS, f"{NOON}, 500"),
    "decisions": (tidying.DECISIONS, f"{NOON}, 500"),
    "forget decisions": (decisions.FORGET, "array['shop:7']"),
    "scrub raws": (erasing.SCRUB_RAWS, f"{RECORD}, array['shop:7']"),
    "hooks": (tidying.HOOKS, f"{NOON}, 500"),
    "levels": (tidying.LEVELS, f"{NOON}, 500"),
    "cases": (tidying.CASES, f"{NOON}, 500"),
    "words of cases": (tidying.WORDS, f"{NOON}, 500"),
    "seals with words": (tidying.WORDED, f"{NOON}, 500"),
    "oldest seals": (tidying.OLDEST, f"{NOON}, 500"),
    "reasons": (tidying.REASONS, "10, 500"),
    "entries": (tidying.ENTRIES, "10"),
    "pruned seals": (tidying.SEALS, "10"),
    "forget versions": (forgetting.FORGET_VERSIONS, f"{RECORD}, array['1']"),
    "forget persons": (forgetting.FORGET_PERSON, RECORD),
    "newest seal": (sealing.NEWEST, ""),
    "unsealed": (sealing.UNSEALED, "100, 200, 1000"),
    "orders of a person": (erasing.ORDERS, "'shop', 'shop:7', 100, 'x'"),
    "unfinished of a person": (erasing.UNFINISHED, "array['shop:7']"),
    "reasons of a person": (erasing.SCRUB_REASONS, "array['shop:7']"),
    "destinations": (counting.DESTINATIONS, ""),
    "depths": (counting.DEPTHS, "'khaos', 100"),
    "what waits with a case": (desk.WAITING, "7"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kept(postgres_server: str, template: str) -> AsyncIterator[str]:
    """A database in which little is due."""
    await execute(postgres_server, f"create database outbox_kept template {template}")
    dsn = at_database(postgres_server, "outbox_kept")
    await execute(dsn, FILL)
    yield dsn
    await execute(postgres_server, "drop database outbox_kept with (force)")


@pytest.mark.parametrize("name", STATEMENTS)
async def test_upkeep_reads_no_growing_table_from_end_to_end(kept: str, name: str) -> None:
    statement, arguments = STATEMENTS[name]
    plan = await plan_of(kept, statement, arguments) if arguments else await plain_plan(kept, statement)
    assert scans(plan) & GROWING == set(), json.dumps(plan, indent=1)


async def plain_plan(dsn: str, statement: str) -> dict[str, object]:
    """The plan of a statement without arguments."""
    return await plan_of(dsn, f"select * from ({statement}) as asked where $1", "true")  # noqa: S608  our own
