"""Orders and refunds are read whole, page by page, from any cursor, and one bad record hides no other."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from channels.shopify.answers import Json, line, order, refund, refunded, transaction
from channels.shopify.scripts import Notebook, PaperShop, Selling, StillClock, settings

from khaossync.channels.shopify.sources import LastLook, Orders, Refunds
from khaossync.channels.shopify.windows import Position, dump, load
from khaossync.channels.shopify.wire import TooDearError
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind, Page
from khaossync.domain.errors import ConfigError, ConnectorDownError, RejectedError
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund

Asked = Mapping[str, Any]


def numbered(number: int, **changes: Any) -> Json:
    return order(id=f"gid://shopify/Order/{number}", updatedAt=f"2026-11-02T12:00:{number:02}Z", **changes)


def page(*records: object, after: str | None = None) -> Json:
    return {"orders": {"nodes": list(records), "pageInfo": {"hasNextPage": bool(after), "endCursor": after}}}


def following(after: str | None, *entries: object) -> Json:
    return {"nodes": list(entries), "pageInfo": {"hasNextPage": bool(after), "endCursor": after}}


async def read(pages: AsyncIterator[Page]) -> list[Page]:
    return [each async for each in pages]


def keys(pages: list[Page]) -> list[list[str]]:
    return [[document.key.rsplit("/", 1)[-1] for document in each.documents] for each in pages]


def orders(shop: PaperShop, **changes: Any) -> Orders:
    return Orders("shop", shop, settings(**changes), StillClock(), Notebook())


async def test_every_state_is_asked_for_by_name_from_the_beginning() -> None:
    """SHO-11: a filter that is left out hides closed orders in silence."""
    shop = Selling(lambda _: page(numbered(1)))
    await read(orders(shop).changes(None))
    assert shop.asked[0][1]["query"] == "(status:open OR status:closed OR status:cancelled)"


async def test_a_first_reading_may_begin_at_an_instant() -> None:
    shop = Selling(lambda _: page())
    await read(orders(shop, orders_since="2026-11-01T00:00:00+01:00").changes(None))
    assert shop.asked[0][1]["query"].startswith("updated_at:>='2026-10-31T23:00:00Z' AND ")


async def test_pages_follow_each_other_to_the_present() -> None:
    def answer(asked: Asked) -> Json:
        return page(numbered(2)) if asked["after"] == "one" else page(numbered(1), after="one")

    shop = Selling(answer)
    assert keys(await read(orders(shop).changes(None))) == [["1"], ["2"]]


async def test_the_next_reading_reaches_back_behind_the_last_change_seen() -> None:
    shop = Selling(lambda _: page(numbered(30)))
    (last,) = await read(orders(shop, overlap=20).changes(None))
    shop.asked.clear()
    await read(orders(shop, overlap=20).changes(last.cursor))
    assert shop.asked[0][1]["query"].startswith("updated_at:>='2026-11-02T12:00:10Z' AND ")
    assert shop.asked[0][1]["after"] is None


async def test_a_quiet_shop_does_not_make_the_window_grow() -> None:
    shop = Selling(lambda _: page())
    cursor = dump(Position(floor="2026-11-02T12:00:00Z", top="2026-11-02T12:00:30Z"))
    for _ in range(3):
        (last,) = await read(orders(shop, overlap=30).changes(cursor))
        cursor = last.cursor
    assert {asked["query"][:34] for _, asked in shop.asked} == {"updated_at:>='2026-11-02T12:00:00Z"}


async def test_a_reading_that_broke_off_goes_on_behind_its_last_stored_page() -> None:
    def answer(asked: Asked) -> Json:
        return page(numbered(2)) if asked["after"] == "one" else page(numbered(1), after="one")

    shop = Selling(answer)
    first = await anext(orders(shop).changes(None))
    assert keys(await read(orders(shop).changes(first.cursor))) == [["2"]]


async def test_a_reading_never_goes_deeper_than_shopify_pages() -> None:
    shop = Selling(lambda asked: page(numbered(9)) if asked["after"] is None else page(numbered(1), after="z"))
    deep = dump(Position(floor="2026-01-01T00:00:00Z", after="y", seen=19_999, top="2026-11-02T12:00:00Z"))
    assert keys(await read(orders(shop).changes(deep))) == [["1"], ["9"]]
    assert [(asked["after"], asked["query"][13:34]) for name, asked in shop.asked if name == "ListedOrders"] == [
        ("y", "'2026-01-01T00:00:00Z"),
        (None, "'2026-11-02T12:00:01Z"),
    ]


async def test_too_dear_a_page_is_halved_until_it_is_allowed() -> None:
    """SHO-3."""

    def answer(asked: Asked) -> Json | TooDearError:
        return TooDearError("too dear") if asked["first"] > 100 else page(numbered(1))

    shop = Selling(answer)
    await read(orders(shop).changes(None))
    assert [asked["first"] for name, asked in shop.asked if name == "ListedOrders"] == [250, 125, 62]


async def test_too_many_orders_at_once_are_read_in_halves() -> None:
    """SHO-3."""
    shop = Selling(lambda _: page(*(numbered(n) for n in range(1, 8))))
    whole = shop.answers["Orders"]
    shop.answers["Orders"] = lambda asked: TooDearError("too dear") if len(asked["ids"]) > 2 else whole(asked)
    assert keys(await read(orders(shop, order_page=8).changes(None))) == [list("1234567")]
    assert [len(asked["ids"]) for name, asked in shop.asked if name == "Orders"] == [7, 3, 1, 2, 4, 2, 2]


@pytest.mark.parametrize("operation", ["ListedOrders", "Orders"])
async def test_one_order_that_is_too_dear_is_an_error(operation: str) -> None:
    shop = Selling(lambda _: page(numbered(1)))
    shop.answers[operation] = lambda _: TooDearError("too dear")
    with pytest.raises(TooDearError):
        await read(orders(shop).changes(None))


async def test_what_was_read_before_a_failure_stays_valid() -> None:
    def answer(asked: Asked) -> Json | ConnectorDownError:
        return ConnectorDownError("down") if asked["after"] else page(numbered(1), after="one")

    pages = orders(Selling(answer)).changes(None)
    assert keys([await anext(pages)]) == [["1"]]
    with pytest.raises(ConnectorDownError):
        await anext(pages)


async def test_one_bad_record_is_kept_with_its_reason_and_hides_no_other() -> None:
    """SHO-13."""
    bad = numbered(2, currencyCode=7)
    shop = Selling(lambda _: page(numbered(1), bad, None, "x", numbered(3)))
    (only,) = await read(orders(shop, order_page=5).changes(None))
    assert keys([only]) == [["1", "3"]]
    assert [(each.key, each.reason) for each in only.unreadable] == [
        ("", "order is null where an object was expected"),
        ("", "order is a text where an object was expected"),
        ("shop:gid://shopify/Order/2", "order.currencyCode is a number where a text was expected"),
    ]
    assert json.loads(only.unreadable[-1].raw)["currencyCode"] == 7


async def test_lines_deliveries_refunds_and_payments_are_followed_to_their_end() -> None:
    """SHO-6: an order of 120 lines is an order of 120 lines."""
    total = "1440.00"
    node = numbered(
        1,
        currentTotalPriceSet={"shopMoney": {"amount": total, "currencyCode": "GBP"}},
        shippingLines=following(None),
        lineItems=following("l1", line("A1")),
        refunds=[refunded(n, A1=0) for n in (1, 2, 3)],
        transactions=[transaction(number=n) for n in range(5)],
    )
    more = [line(f"B{n}") for n in range(119)]

    def lines(asked: Asked) -> Json:
        rest = following(None, *more[60:]) if asked["after"] == "l2" else following("l2", *more[:60])
        return {"owner": {"page": rest}}

    shop = Selling(
        lambda _: page(node),
        OrderLines=lines,
        OrderTransactions=lambda _: {"owner": {"list": [transaction(number=n) for n in range(50)]}},
        OrderRefunds=lambda _: {"owner": {"list": [_bare(refunded(n)) for n in range(4)]}},
        RefundUnits=lambda asked: {"owner": {"page": refunded(1, A1=0)["refundLineItems"]}},
    )
    (only,) = await read(orders(shop).changes(None))
    (document,) = only.documents
    assert isinstance(document.body, Order)
    assert len(document.body.lines) == 120
    assert len(document.body.payments) == 50
    assert len(document.body.refund_ids) == 4
    assert shop.counts["RefundUnits"] == 4


def _bare(node: Json) -> Json:
    """A refund as the longer list tells it: without its lines."""
    return {name: value for name, value in node.items() if name != "refundLineItems"}


async def test_an_order_reads_the_same_whatever_the_size_of_its_pages() -> None:
    whole = Selling(lambda _: page(numbered(1, lineItems=following(None, line("A"), line("B")))))
    paged = Selling(
        lambda _: page(numbered(1, lineItems=following("x", line("A")))),
        OrderLines=lambda _: {"owner": {"page": following(None, line("B"))}},
    )
    (one,), (other,) = await read(orders(whole).changes(None)), await read(orders(paged).changes(None))
    assert one.documents == other.documents


async def test_more_entries_than_can_be_read_make_an_unreadable_order() -> None:
    many = [transaction(number=n) for n in range(120)]
    shop = Selling(
        lambda _: page(numbered(1, transactions=many[:5])),
        OrderTransactions=lambda _: {"owner": {"list": many}},
    )
    (only,) = await read(orders(shop).changes(None))
    assert "more than 120 entries of OrderTransactions" in only.unreadable[0].reason


@pytest.mark.parametrize("cursor", ["", "null", "7", '{"floor": ""}', "garbage"])
async def test_a_cursor_that_is_not_ours_is_a_matter_of_configuration(cursor: str) -> None:
    with pytest.raises(ConfigError, match="reset this stream"):
        await read(orders(PaperShop()).changes(cursor))


def test_a_position_survives_its_cursor() -> None:
    position = Position("a", "b", 3, "c")
    assert load(dump(position, full="yes")) == (position, {"full": "yes"})


async def test_only_orders_with_refunds_are_looked_into() -> None:
    asked_for = refund()

    def one(asked: Asked) -> Json:
        return {"refund": asked_for | {"id": asked["id"]}}

    scan = page(
        {"id": "gid://shopify/Order/1", "updatedAt": "2026-11-02T12:00:01Z", "refunds": []},
        {
            "id": "gid://shopify/Order/2",
            "updatedAt": "2026-11-02T12:00:02Z",
            "refunds": [{"id": f"gid://shopify/Refund/{n}"} for n in (8, 9)],
        },
    )
    shop = PaperShop(RefundedOrders=lambda _: scan, Refund=one)
    (only,) = await read(Refunds("shop", shop, settings()).changes(None))
    assert [document.key for document in only.documents] == ["gid://shopify/Refund/8", "gid://shopify/Refund/9"]
    assert all(isinstance(document.body, Refund) for document in only.documents)


async def test_an_order_with_many_refunds_tells_them_all() -> None:
    many = [{"id": f"gid://shopify/Refund/{n}"} for n in range(7)]
    scan = page({"id": "gid://shopify/Order/1", "updatedAt": "2026-11-02T12:00:01Z", "refunds": many[:5]})
    shop = PaperShop(
        RefundedOrders=lambda _: scan,
        OrderRefunds=lambda _: {"owner": {"list": many}},
        Refund=lambda asked: {"refund": refund(id=asked["id"])},
    )
    (only,) = await read(Refunds("shop", shop, settings()).changes(None))
    assert len(only.documents) == 7


async def test_an_order_whose_list_of_refunds_is_no_list_is_told_and_not_asked_for_as_a_refund() -> None:
    """S-15: a refund that nobody can name must not vanish."""
    badly = {"id": "gid://shopify/Order/1", "updatedAt": "2026-11-02T12:00:01Z", "refunds": [None]}
    shop = PaperShop(RefundedOrders=lambda _: page(badly))
    (only,) = await read(Refunds("shop", shop, settings()).changes(None))
    assert [(each.kind, each.key) for each in only.unreadable] == [(Kind.REFUND, "gid://shopify/Order/1")]


async def test_a_bad_refund_hides_no_other_and_a_deleted_one_is_nothing() -> None:
    def one(asked: Asked) -> Json:
        bad = {"9": refund(order=None), "7": None}
        return {"refund": bad.get(asked["id"].rsplit("/", 1)[-1], refund())}

    ids = [{"id": f"gid://shopify/Refund/{n}"} for n in (7, 8, 9)]
    scan = page({"id": "gid://shopify/Order/1", "updatedAt": "2026-11-02T12:00:01Z", "refunds": ids}, "nonsense")
    shop = PaperShop(RefundedOrders=lambda _: scan, Refund=one)
    (only,) = await read(Refunds("shop", shop, settings()).changes(None))
    assert [document.key for document in only.documents] == ["gid://shopify/Refund/9001"]
    assert [each.key for each in only.unreadable] == ["gid://shopify/Refund/9", ""]


async def test_the_last_look_reads_the_order_as_it_is_now() -> None:
    shop = PaperShop(Orders=lambda _: {"nodes": [numbered(5)]})
    found = await LastLook("shop", shop, settings()).reread("shop:gid://shopify/Order/5")
    assert found
    assert found.key == "shop:gid://shopify/Order/5"
    assert shop.read == ["5"]


async def test_the_last_look_finds_nothing_where_there_is_no_order() -> None:
    assert await LastLook("shop", PaperShop(Orders=lambda _: {"nodes": [None]}), settings()).reread("shop:gid") is None


async def test_the_last_look_refuses_an_order_that_cannot_be_read() -> None:
    shop = PaperShop(Orders=lambda _: {"nodes": [numbered(5, name=None)]})
    with pytest.raises(RejectedError) as caught:
        await LastLook("shop", shop, settings()).reread("shop:gid://shopify/Order/5")
    assert caught.value.case_class is CaseClass.UNREADABLE_DOCUMENT


async def test_the_last_look_tells_the_version_that_the_stream_tells() -> None:
    shop = Selling(lambda _: page(numbered(5)))
    (only,) = await read(orders(shop).changes(None))
    assert await LastLook("shop", shop, settings()).reread(only.documents[0].key) == only.documents[0]
