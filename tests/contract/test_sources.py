"""What every stream owes its readers in good weather."""

from datetime import timedelta

from contract.telling import Telling, documents, identities, versions
from contract.world import NAME, Identity

from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.documents import Kind, Page
from khaossync.domain.methods import DeliveryMethod
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import Listing, StockItem, StockLevel

BODIES = {
    Kind.ORDER: Order,
    Kind.REFUND: Refund,
    Kind.DESPATCH: Despatch,
    Kind.ORDER_STATE: OrderState,
    Kind.STOCK_ITEM: StockItem,
    Kind.STOCK_LEVEL: StockLevel,
    Kind.LISTING: Listing,
    Kind.DELIVERY_METHOD: DeliveryMethod,
}
_PAGES = 200


async def test_every_document_says_what_it_is_and_carries_its_raw_text(telling: Telling) -> None:
    created = await telling.create(2)
    pages = await telling.read()
    assert [page.unreadable for page in pages if page.unreadable] == []
    told = documents(pages)
    assert set(created) <= identities(pages)
    assert {each.kind for each in told} == telling.stream.KINDS
    for each in told:
        assert each.source == NAME
        assert each.key
        assert each.version
        assert isinstance(each.body, BODIES[each.kind])
        assert isinstance(each.raw, str)
        assert each.raw.strip()
        assert each.moment.utcoffset() == timedelta(0)


async def test_asking_twice_from_any_cursor_tells_the_same_versions(telling: Telling) -> None:
    await telling.create(4)
    for cursor in _cursors(await telling.read()):
        first, second = await telling.read(cursor), await telling.read(cursor)
        assert versions(first) == versions(second)


async def test_every_page_is_told_again_to_who_asks_from_before_it(telling: Telling) -> None:
    """Whether the reader broke off after a page or lost one half-way, what it has not stored is told again."""
    await telling.create(5)
    pages = await telling.read()
    assert len(pages) > 1, "give the world smaller pages: one page proves nothing"
    for place, cursor in enumerate(_cursors(pages)):
        assert versions(pages[place:]) <= versions(await telling.read(cursor))


async def test_a_reading_that_breaks_off_at_every_step_still_comes_to_its_end(telling: Telling) -> None:
    """A page that moves the cursor is a place to break off; one that does not belongs to the step of the next.

    Meanwhile more appears, on either side of where the reading stands; the next reading at the latest tells it.
    """
    await telling.create(5)
    whole = versions(await telling.read())
    cursor, ended, pages, created = None, False, list[Page](), list[Identity]()
    while not ended:
        more, ended = await telling.read_one_step(cursor)
        pages += more
        cursor = more[-1].cursor if more else cursor
        created += await telling.create(len(created) < 3)
        assert len(pages) < _PAGES, "the reading goes in circles"
    assert whole <= versions(pages)
    assert set(created) <= identities([*pages, *await telling.read(cursor)])


async def test_a_reader_who_is_up_to_date_stays_so(telling: Telling) -> None:
    """A cursor of the present is one to ask from, however often nothing has happened."""
    created = await telling.create(2)
    pages = await telling.read()
    for _ in range(3):
        pages = await telling.read(pages[-1].cursor) or pages
    await telling.stream.change(created[0])
    assert created[0] in identities(await telling.read(pages[-1].cursor))


async def test_what_appears_during_a_reading_is_told_by_the_next_at_the_latest(telling: Telling) -> None:
    await telling.create(3)
    created: list[Identity] = []
    pages: list[Page] = []
    async with telling.world.connected() as connector:
        async for page in telling.source(connector).changes(None):
            pages.append(page)
            created += await telling.create(len(created) < 3)
    following = await telling.read(pages[-1].cursor)
    assert set(created) <= identities([*pages, *following])


async def test_a_change_is_a_new_version_of_the_same_record(telling: Telling) -> None:
    kind, key = changed = (await telling.create(3))[1]
    before = await telling.read()
    await telling.stream.change(changed)
    after = await telling.read(before[-1].cursor)
    old = [each for each in documents(before) if (each.kind, each.key) == (kind, key)]
    new = [each for each in documents(after) if (each.kind, each.key) == (kind, key)]
    assert {each.version for each in new}.isdisjoint(each.version for each in old)
    assert new
    assert new[-1].moment >= old[-1].moment


async def test_a_cursor_is_text_that_a_database_can_keep(telling: Telling) -> None:
    """Every other law reads on with a new connector, so a cursor leans on nothing that was in memory."""
    await telling.create(4)
    for page in await telling.read():
        assert isinstance(page.cursor, str)
        assert page.cursor
        assert "\0" not in page.cursor
        assert page.cursor.encode().decode() == page.cursor


async def test_only_the_end_of_a_full_reading_is_complete(telling: Telling) -> None:
    """Broken off and resumed it still ends so: what it did not tell may be taken for gone."""
    await telling.create(5)
    pages = await telling.read()
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [telling.stream.WHOLE]
    for cursor in _cursors(pages):
        resumed = await telling.read(cursor)
        assert resumed[-1].complete == telling.stream.WHOLE
        assert not any(page.complete for page in resumed[:-1])


async def test_the_last_look_shows_what_the_stream_tells(telling: Telling) -> None:
    """Where orders can be read again one by one: the same version, and None for an order that never was."""
    if Kind.ORDER not in telling.stream.KINDS:
        return
    (identity,) = await telling.create(1)
    (told,) = [each for each in documents(await telling.read()) if (each.kind, each.key) == identity]
    async with telling.world.connected() as connector:
        assert connector.rereader is not None
        assert await connector.rereader.reread(told.key) == told
        assert await connector.rereader.reread(f"{told.key}0") is None


def _cursors(pages: list[Page]) -> list[str | None]:
    """The cursor before each page: what is stored when that page is asked for."""
    return [None, *(page.cursor for page in pages[:-1])]
