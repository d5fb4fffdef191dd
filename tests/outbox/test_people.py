"""What people see and do: cases, traces, status, runs, and what is pruned."""

import asyncio
from datetime import timedelta

import examples
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
    order_document,
    order_message,
    query,
    value,
)

from khaossync.domain.documents import Kind, Page, Unreadable
from khaossync.domain.errors import ConfigError
from khaossync.domain.knowledge import Question
from khaossync.domain.links import LinkState
from khaossync.domain.messages import Message, Park, Retry, Settlement
from khaossync.outbox import (
    Database,
    PostgresOutbox,
    begin_run,
    end_run,
    ignore_case,
    list_cases,
    retry_case,
    show_case,
    status,
    trace,
)
from khaossync.outbox.counting import Blocker, Depth
from khaossync.ports import Hint


async def parked(outbox: PostgresOutbox) -> Message:
    """An order that is parked, with a cancellation behind it."""
    await accept(outbox, an_accepted_order())
    await accept(outbox, acceptance(order_message(kind=Kind.CANCELLATION)))
    message = await claim_one(outbox)
    await outbox.settle([Settlement(message, Park(a_case()))])
    return message


async def test_a_case_shows_what_waits_with_it_and_what_that_blocks(outbox: PostgresOutbox, database: Database) -> None:
    """SHW-12, X-OWN: which order is stuck, and why."""
    message = await parked(outbox)
    [filed] = await list_cases(database)
    assert (filed.case, filed.state, filed.waiting) == (a_case(), "open", 1)
    file = await show_case(database, filed.case_id)
    [waiting] = file.waiting
    assert (waiting.message_id, waiting.state, waiting.behind) == (message.id, "parked", 1)


async def test_a_retried_case_sends_its_messages_again_with_all_their_attempts(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """SHW-28, SHW-34, MKP-F1."""
    await accept(outbox, an_accepted_order())
    first = await claim_one(outbox)
    await outbox.settle([Settlement(first, Retry(clock.now(), "refused", spent=True))])
    await outbox.turn()
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case()))])
    clock.forward(days=3)
    waking = asyncio.ensure_future(outbox.ready("khaos", Kind.ORDER))
    assert await retry_case(database, 1, "Operator", clock.now()) == 1
    await asyncio.wait_for(waking, 5)
    message = await claim_one(outbox)
    assert (message.attempts, message.failures) == (0, 0)
    assert message.expires_at == clock.now() + timedelta(hours=24)
    await complete(outbox, message)
    [filed] = await list_cases(database, state="closed")
    assert filed.closed_by == "khaossync"
    trail = await query(database, "select event, who from khaossync.history where case_id is null order by id")
    events = [tuple(row) for row in trail]
    assert events == [("retry", "khaossync"), ("parked", "khaossync"), ("retried", "Operator")]


async def test_an_ignored_case_withdraws_its_messages_and_frees_their_key(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await parked(outbox)
    await outbox.turn()
    assert await outbox.claim("khaos", Kind.CANCELLATION, 10) == []
    waking = asyncio.ensure_future(outbox.ready("khaos", Kind.CANCELLATION))
    assert await ignore_case(database, 1, "Operator", "keyed by hand", clock.now()) == 1
    await asyncio.wait_for(waking, 5)
    assert (await claim_one(outbox, kind=Kind.CANCELLATION)).key == "shop:5001"
    [filed] = await list_cases(database, state="closed")
    assert (filed.closed_by, filed.why, filed.closed_at) == ("Operator", "keyed by hand", clock.now())
    known = await outbox.look_up(Question(orders=frozenset({"shop:5001"})))
    assert known.links["shop:5001"].state is LinkState.WITHDRAWN
    outcomes = await query(database, "select outcome from khaossync.ledger order by id")
    assert [row["outcome"] for row in outcomes] == ["withdrawn", "open"]


async def test_a_case_that_is_not_there_or_not_open_is_told_to_the_person(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    with pytest.raises(ConfigError, match="no case 7"):
        await show_case(database, 7)
    await accept(outbox, acceptance(cases=(a_case(),)))
    await ignore_case(database, 1, "Operator", "done", clock.now())
    with pytest.raises(ConfigError, match="No case 1 is open"):
        await ignore_case(database, 1, "Operator", "done", clock.now())
    assert await retry_case(database, 1, "Operator", clock.now()) == 0


async def test_a_closed_case_that_happens_again_is_a_new_case(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await accept(outbox, acceptance(cases=(a_case(),)))
    await ignore_case(database, 1, "Operator", "done", clock.now())
    assert (await accept(outbox, acceptance(cases=(a_case(),)))).cases == 1
    assert [filed.case_id for filed in await list_cases(database)] == [2]


async def test_the_case_of_an_unreadable_record_shows_its_raw_text(outbox: PostgresOutbox, database: Database) -> None:
    broken = Unreadable("shop", Kind.ORDER, "shop:5001", "no currency", "{broken}")
    await accept(outbox, acceptance(page=Page((), "1", unreadable=(broken,))))
    assert (await show_case(database, 1)).raw == "{broken}"


@pytest.mark.parametrize("name", ["shop:5001", "#5001", "5001", "S5001", "SO77"])
async def test_a_trace_tells_an_orders_whole_life(
    outbox: PostgresOutbox, database: Database, clock: HandClock, name: str
) -> None:
    """Law 8, MKP-11, S-31: by whatever name a person knows the order."""
    await accept(outbox, an_accepted_order())
    clock.forward(minutes=1)
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case()))])
    clock.forward(minutes=1)
    await retry_case(database, 1, "Operator", clock.now())
    clock.forward(minutes=1)
    await outbox.turn()
    await complete(outbox, await claim_one(outbox), reference="SO77")
    clock.forward(minutes=1)
    despatch = examples.despatch(sales_order_code="SO77")
    told = examples.document("khaos", Kind.DESPATCH, "d1", despatch)
    message = order_message(kind=Kind.DESPATCH, destination="shop", body=despatch)
    await accept(outbox, acceptance(message, source="khaos", stream="despatches", documents=[told]))
    found = await trace(database, name)
    assert [event.what for event in found.events] == [
        *("accepted", "linked", "told"),
        *("opened", "parked"),
        "retried",
        *("closed", "done", "sent"),
        *("accepted", "told"),
    ]
    [unfinished] = found.unfinished
    assert (unfinished.destination, unfinished.kind, unfinished.state) == ("shop", "despatch", "ready")


async def test_a_trace_says_what_a_message_waits_for(outbox: PostgresOutbox, database: Database) -> None:
    message = await parked(outbox)
    found = await trace(database, "shop:5001")
    assert [one.blocked_by for one in found.unfinished] == [None, message.id]
    assert (await trace(database, "nobody")).events == []


async def test_the_status_names_what_blocks_what(outbox: PostgresOutbox, database: Database) -> None:
    """Law 3: a parked message says what it blocks. ADB-28, S-25: the backlog is visible."""
    message = await parked(outbox)
    seen = await status(database)
    created = message.created_at
    assert seen.blockers == [Blocker(message.id, "khaos", "order", "shop:5001", "parked", created, 1)]
    assert [(one.kind, one.state, one.count) for one in seen.states] == [
        ("cancellation", "ready", 1),
        ("order", "parked", 1),
    ]
    assert seen.cases == {"unmapped_sku": 1}
    assert [(one.source, one.stream) for one in seen.streams] == [("shop", "orders")]
    assert [(one.connector, one.holder, one.epoch) for one in seen.owners] == [
        ("khaos", "tests", 1),
        ("shop", "tests", 1),
    ]
    assert seen.ledger == {"open": 2}


async def test_only_what_could_go_counts_as_kept_waiting(outbox: PostgresOutbox, clock: HandClock) -> None:
    """S-24: a queue is stalled when something could go and does not."""
    await parked(outbox)
    later = clock.forward(hours=1)
    await accept(outbox, levels(a_level(5)))
    assert await outbox.depths() == [
        Depth("khaos", "cancellation", 1, None),
        Depth("khaos", "order", 1, None),
        Depth("shop", "stock_level", 1, later),
    ]
    assert await outbox.open_cases() == {"unmapped_sku": 1}


async def test_an_unclean_end_is_known_at_the_next_start(database: Database, clock: HandClock) -> None:
    first = await begin_run(database, "host", clock.now())
    assert first.unclean_since is None
    second = await begin_run(database, "host", clock.forward(hours=1))
    assert second.unclean_since == clock.now() - timedelta(hours=1)
    await end_run(database, second, clock.now())
    assert (await begin_run(database, "host", clock.now())).unclean_since is None
    assert (await begin_run(database, "other", clock.now())).unclean_since is None


async def test_tidying_prunes_what_has_had_its_time_and_nothing_else(
    outbox: PostgresOutbox, database: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("khaossync.outbox.tidying.BATCH", 2)
    item = examples.document("khaos", Kind.STOCK_ITEM, "MUG", examples.stock_item())
    orders = [order_document(str(n)) for n in range(5)]
    await accept(outbox, acceptance(order_message("1"), documents=[*orders, item]))
    await accept(outbox, levels(a_level(5), a_level(5, sku="CUP")))
    first, _ = await outbox.claim("shop", Kind.STOCK_LEVEL, 2)
    await complete(outbox, first)
    await outbox.hint("shop", Hint("orders", "delivery-1", "orders/create"))
    assert await outbox.tidy() == {}
    clock.forward(days=4)
    assert await outbox.tidy() == {"raws": 1}
    clock.forward(days=100)
    assert await outbox.tidy() == {"raws": 5, "hooks": 1, "levels": 1}
    assert await value(database, "select count(*) from khaossync.ledger") == 2
    assert await value(database, "select count(*) from khaossync.documents") == 6
