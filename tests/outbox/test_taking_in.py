"""Pages that come together share a transaction, but each is judged by all that those before it have stored."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import examples
import pytest
from outbox.stories import a_level, acceptance, order_document, order_message, value

from khaossync.domain.despatch import OrderState
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.knowledge import Knowledge, Question, Unposted
from khaossync.domain.stock import Wanted
from khaossync.outbox import Database, PostgresOutbox
from khaossync.outbox.asking import Asked, Changes
from khaossync.ports import Acceptance, Stored

ORDER = "shop:5001"
MUG = frozenset({("khaos", "MUG")})


def a_page(kind: Kind, key: str, body: object, source: str = "khaos", *, complete: bool = False) -> Acceptance:
    document = examples.document(source, kind, key, body)  # type: ignore[arg-type]  # whatever a test tells
    return acceptance(source=source, page=Page((document,), "1", complete=complete))


def stock(code: str) -> Acceptance:
    return a_page(Kind.STOCK_LEVEL, code, examples.stock_level(code=code))


def asking(question: Question, then: Acceptance, known: list[Knowledge]) -> Callable[[Stored], Awaitable[Acceptance]]:
    """A judge that wants to know something first; what it learnt is added to `known`."""

    async def judge(stored: Stored) -> Acceptance:
        known.append(await stored.look_up(question))
        return then

    return judge


async def together(outbox: PostgresOutbox, *judges: Callable[[Stored], Awaitable[Acceptance]]) -> None:
    """Have these judged while another page is being stored, so that they come together."""
    behind, begun = asyncio.Event(), asyncio.Event()

    async def slow(_stored: Stored) -> Acceptance:
        begun.set()
        await behind.wait()
        return acceptance(stream="first")

    first = asyncio.create_task(outbox.take_in("shop", slow))
    await begun.wait()
    others = [asyncio.create_task(outbox.take_in("shop", judge)) for judge in judges]
    await asyncio.sleep(0)
    behind.set()
    await asyncio.gather(first, *others)


async def test_a_page_that_asks_for_what_another_tells_is_judged_once_that_is_stored(outbox: PostgresOutbox) -> None:
    """S-17: judged at once, a level would follow from half of what is known."""
    heard: list[Knowledge] = []
    question = Question(stock_levels=MUG)
    await together(
        outbox,
        asking(Question(), stock("MUG"), []),
        asking(question, acceptance(stream="asks"), heard),
        asking(Question(), stock("CUP"), []),
    )
    assert [len(known.stock_levels) for known in heard] == [0, 1], "and what was judged in vain was not stored"
    assert await outbox.cursor("shop", "asks") == "1"


async def test_pages_that_have_nothing_to_do_with_each_other_are_stored_at_once(
    outbox: PostgresOutbox, database: Database
) -> None:
    heard: list[Knowledge] = []
    pages = [stock(code) for code in ("MUG", "CUP", "TEE")]
    await together(
        outbox,
        *(asking(Question(), page, []) for page in pages),
        asking(Question(orders=frozenset({ORDER})), acceptance(documents=[order_document()]), heard),
    )
    assert len(heard) == 1
    assert await value(database, "select count(distinct xmin::text) from khaossync.documents") == 1


async def test_what_would_be_judged_again_for_ever_is_not(outbox: PostgresOutbox) -> None:
    """Each page asks for what the other tells."""
    heard: list[Knowledge] = []
    asks = [asking(Question(stock_levels=MUG), replace(stock("MUG"), stream=f"s{n}"), heard) for n in range(3)]
    await together(outbox, *asks)
    assert len(heard) == 5, "each is judged in vain once at most"
    assert [await outbox.cursor("khaos", f"s{n}") for n in range(3)] == ["1"] * 3


SET = Document("khaos", Kind.STOCK_ITEM, "SET", "1", examples.NOON, examples.stock_item("SET"), "{}")
IN_ERP = OrderState("S5001", "SO1", ("5",), complete=False, cancelled=False)
STATE = examples.document("khaos", Kind.ORDER_STATE, "SO1", IN_ERP)
REFUND = examples.refund()


@pytest.mark.parametrize(
    ("question", "told", "concerns"),
    [
        (Question(stock_levels=MUG), stock("MUG"), True),
        (Question(stock_levels=MUG), stock("CUP"), False),
        (Question(listings=frozenset({("shop", "MUG")})), acceptance(levels=(Wanted("shop", "k", a_level(1)),)), True),
        (Question(orders=frozenset({ORDER})), acceptance(documents=[order_document()]), True),
        (Question(orders=frozenset({ORDER})), acceptance(documents=[order_document("5002")]), False),
        (Question(orders=frozenset({ORDER})), acceptance(order_message()), True),
        (Question(orders=frozenset({ORDER})), acceptance(refs={ORDER: ("khaos", "S5001")}), True),
        (Question(refs=frozenset({("khaos", "S5001")})), acceptance(refs={ORDER: ("khaos", "S5001")}), True),
        (Question(refs=frozenset({("khaos", "S5001")})), acceptance(documents=[STATE]), True),
        (Question(refunds=frozenset({REFUND.key})), a_page(Kind.REFUND, "r1", REFUND, "shop"), True),
        (Question(held=frozenset({ORDER})), acceptance(holds={ORDER: ("khaos", {})}), True),
        (
            Question(unposted=frozenset({Unposted("shop", "MUG")})),
            acceptance(holds={"shop:5002": ("khaos", {"MUG": Decimal(1)})}),
            True,
        ),
        (
            Question(unposted=frozenset({Unposted("shop", "MUG")})),
            acceptance(counted={("khaos", "MUG"): examples.NOON}),
            True,
        ),
        (Question(packs_of=MUG), acceptance(documents=[SET]), True),
        (Question(packs_of=MUG), stock("CUP"), False),
        (Question(complete=frozenset({("shop", Kind.LISTING)})), replace(stock("CUP"), page=Page((), "1")), False),
        (
            Question(complete=frozenset({("khaos", Kind.STOCK_LEVEL)})),
            replace(stock("CUP"), page=Page((), "1", complete=True)),
            True,
        ),
    ],
)
def test_pages_have_to_do_with_each_other_when_one_may_change_the_others_answers(
    question: Question, told: Acceptance, concerns: bool
) -> None:
    asked = Asked()
    asked.question(question)
    assert asked.concerns(changed_by(told)) is concerns


def changed_by(*pages: Acceptance) -> Changes:
    changes = Changes()
    for page in pages:
        changes.add(page)
    return changes


def test_the_same_record_told_twice_and_a_look_at_everything_concern_each_other() -> None:
    asked = Asked()
    asked.about([order_document()])
    assert asked.concerns(changed_by(acceptance(documents=[order_document(version="2")])))
    assert not asked.concerns(changed_by(stock("MUG")))
    asked.everything()
    assert asked.concerns(changed_by(stock("MUG")))
    assert not asked.concerns(changed_by())
