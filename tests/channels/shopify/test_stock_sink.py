"""Quantities are set in batches; a sale in between is noticed, and one bad item spoils no other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from channels.shopify.answers import Json
from channels.shopify.scripts import PaperShop
from examples import message

from khaossync.channels.shopify.stock_sink import StockLevels, Write
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RateLimitedError, RejectedError, TransientError
from khaossync.domain.messages import Absent, Delivery, Done, Outcome
from khaossync.domain.stock import ChannelLevel

Asked = Mapping[str, Any]
PLACE = "gid://shopify/Location/1"


def level(number: int, quantity: int = 5, expected: int | None = 7, place: str = PLACE) -> ChannelLevel:
    return ChannelLevel(f"SKU{number}", f"gid://shopify/InventoryItem/{number}", place, quantity, expected)


def batch(*levels: ChannelLevel, revision: int = 0) -> list[Delivery]:
    return [
        Delivery(message(Kind.STOCK_LEVEL, each, id=number, revision=revision), each)
        for number, each in enumerate(levels)
    ]


def taken() -> Json:
    return {"inventorySetQuantities": {"inventoryAdjustmentGroup": {"id": "gid://group/1"}, "userErrors": []}}


def refused(*errors: tuple[str, int | None]) -> Json:
    told = [
        {
            "code": code,
            "message": f"{code} happened",
            "field": None if place is None else ["input", "quantities", str(place), "inventoryItemId"],
        }
        for code, place in errors
    ]
    return {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": told}}


def skus(asked: Asked) -> list[int]:
    return [int(each["inventoryItemId"].rsplit("/", 1)[-1]) for each in asked["input"]["quantities"]]


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return [type(each).__name__ for each in outcomes]


async def test_a_batch_is_one_call_against_what_was_expected() -> None:
    """SHO-7."""
    shop = PaperShop(SetQuantities=lambda _: taken())
    assert await StockLevels(shop).deliver(batch(level(1), level(2, expected=None))) == [Done("gid://group/1")] * 2
    ((_, asked),) = shop.asked
    assert asked["input"] == {
        "name": "available",
        "reason": "correction",
        "quantities": [
            {
                "inventoryItemId": f"gid://shopify/InventoryItem/{number}",
                "locationId": PLACE,
                "quantity": 5,
                "changeFromQuantity": expected,
            }
            for number, expected in ((1, 7), (2, None))
        ],
    }


async def test_the_same_telling_has_the_same_key_and_a_newer_one_another() -> None:
    shop = PaperShop(SetQuantities=lambda _: taken())
    sink = StockLevels(shop)
    await sink.deliver(batch(level(1)))
    await sink.deliver(batch(level(1)))
    await sink.deliver(batch(level(1), revision=1))
    await sink.deliver(batch(level(1, quantity=4)))
    first, again, newer, other = [asked["key"] for _, asked in shop.asked]
    assert first == again
    assert len({first, newer, other}) == 3


async def test_an_empty_batch_calls_nobody() -> None:
    shop = PaperShop()
    assert await StockLevels(shop).deliver([]) == []
    assert shop.asked == []


async def test_a_sale_in_between_is_seen_and_the_level_is_set_against_what_is_there() -> None:
    """SHO-26: nothing is overwritten unseen."""

    def answer(asked: Asked) -> Json:
        stale = [place for place, each in enumerate(asked["input"]["quantities"]) if is_sold(each)]
        return refused(*(("CHANGE_FROM_QUANTITY_STALE", place) for place in stale)) if stale else taken()

    def is_sold(each: Json) -> bool:
        return bool(each["inventoryItemId"].endswith("/2") and each["changeFromQuantity"] == 7)

    def shown(asked: Asked) -> Json:
        quantity = {"quantities": [{"quantity": 3}]}
        return {"nodes": [{"id": gid, "inventoryLevel": quantity} for gid in asked["ids"]]}

    shop = PaperShop(SetQuantities=answer, ShownQuantities=shown)
    first, second = await StockLevels(shop).deliver(batch(level(1), level(2)))
    assert first == Done("gid://group/1")
    assert second == Done("gid://group/1", shown=1)
    told = [asked["input"]["quantities"] for name, asked in shop.asked if name == "SetQuantities"]
    assert [[each["changeFromQuantity"] for each in call] for call in told] == [[7, 7], [7], [3]]
    assert ("ShownQuantities", {"ids": ["gid://shopify/InventoryItem/2"], "location": PLACE}) in shop.asked


class BusyShop:
    """A shop in which some of the items are sold between any two calls."""

    def __init__(self, items: int, sales: int) -> None:
        self.shown = dict.fromkeys(range(1, items + 1), 1000)
        self.sold = dict.fromkeys(self.shown, 0)
        self._sales, self._next = sales, 0

    def sell(self) -> None:
        for _ in range(self._sales):
            self._next = self._next % len(self.shown) + 1
            self.shown[self._next] -= 1
            self.sold[self._next] += 1

    def set(self, asked: Asked) -> Json:
        self.sell()
        told = list(zip(skus(asked), asked["input"]["quantities"], strict=True))
        stale = [place for place, (n, each) in enumerate(told) if each["changeFromQuantity"] != self.shown[n]]
        if stale:
            return refused(*(("CHANGE_FROM_QUANTITY_STALE", place) for place in stale))
        self.shown |= {n: each["quantity"] for n, each in told}
        return taken()

    def look(self, asked: Asked) -> Json:
        numbers = [int(gid.rsplit("/", 1)[-1]) for gid in asked["ids"]]
        found = [{"id": gid, "inventoryLevel": self.level(n)} for gid, n in zip(asked["ids"], numbers, strict=True)]
        self.sell()
        return {"nodes": found}

    def level(self, number: int) -> Json:
        return {"quantities": [{"quantity": self.shown[number]}]}


@pytest.mark.parametrize("failures", [0, 1])
async def test_a_batch_goes_through_while_its_items_are_being_sold(failures: int) -> None:
    """SHO-23, SHO-F4, S-20: one sold item holds up no other, and what is sold meanwhile is not offered again."""
    busy = BusyShop(items=100, sales=3)
    shop = PaperShop(SetQuantities=busy.set, ShownQuantities=busy.look)
    told = [level(number, quantity=2000, expected=1000) for number in busy.shown]
    deliveries = [
        Delivery(message(Kind.STOCK_LEVEL, each, id=number, failures=failures), each)
        for number, each in enumerate(told)
    ]
    outcomes = await StockLevels(shop).deliver(deliveries)
    assert set(kinds(outcomes)) == {"Done"}
    assert all(busy.shown[number] <= 2000 - sold for number, sold in busy.sold.items())


@pytest.mark.parametrize(
    ("expected", "quantity", "shown", "told"),
    [(10, 50, 48, 48), (10, 50, 8, 48), (10, 4, 4, 4), (10, 4, 3, 3), (10, 8, 5, 5), (10, 4, 9, 3), (10, 4, 12, 4)],
)
async def test_after_a_failure_what_fewer_sales_explain_is_believed(
    expected: int, quantity: int, shown: int, told: int
) -> None:
    """S-20: our own try may have gone through, or not; either way what was sold since stays sold."""
    write = Write(0, "1.0", 1, level(1, quantity, expected), expected, quantity)
    assert write.overtaken(shown).quantity == told


async def test_a_stale_call_that_names_nobody_is_looked_at_as_a_whole() -> None:
    tries: list[Asked] = []

    def answer(asked: Asked) -> Json:
        tries.append(asked)
        return refused(("CHANGE_FROM_QUANTITY_STALE", None)) if len(tries) == 1 else taken()

    def shown(asked: Asked) -> Json:
        return {"nodes": [None, {"id": "gid://shopify/InventoryItem/2", "inventoryLevel": None}, {}]}

    shop = PaperShop(SetQuantities=answer, ShownQuantities=shown)
    assert kinds(await StockLevels(shop).deliver(batch(level(1), level(2, place="L2")))) == ["Done", "Done"]
    assert [each["changeFromQuantity"] for each in tries[1]["input"]["quantities"]] == [None, None]
    assert [asked["location"] for name, asked in shop.asked if name == "ShownQuantities"] == [PLACE, "L2"]


async def test_levels_that_change_under_every_try_are_left_for_later() -> None:
    shop = PaperShop(
        SetQuantities=lambda _: refused(("CHANGE_FROM_QUANTITY_STALE", 0)), ShownQuantities=lambda _: {"nodes": []}
    )
    (outcome,) = await StockLevels(shop).deliver(batch(level(1)))
    assert isinstance(outcome, TransientError)
    assert shop.counts == {"SetQuantities": 4, "ShownQuantities": 4}


async def test_an_item_that_is_named_is_refused_and_the_others_go_through() -> None:
    """SHO-16."""

    def answer(asked: Asked) -> Json:
        numbers = skus(asked)
        bad = [("NON_MUTABLE_INVENTORY_ITEM", numbers.index(n)) for n in (2, 3) if n in numbers]
        return refused(*bad) if bad else taken()

    shop = PaperShop(SetQuantities=answer)
    outcomes = await StockLevels(shop).deliver(batch(*(level(n) for n in range(1, 6))))
    assert kinds(outcomes) == ["Done", "RejectedError", "RejectedError", "Done", "Done"]
    assert isinstance(outcomes[1], RejectedError)
    assert outcomes[1].case_class is CaseClass.STOCK_REFUSED
    assert "did not set SKU2 to 5" in str(outcomes[1])
    assert outcomes[1].evidence["location"] == PLACE
    assert shop.counts["SetQuantities"] == 2


@pytest.mark.parametrize("culprits", [{1}, {8}, {2, 7}, set(range(1, 9))])
async def test_an_item_that_nobody_names_is_found_by_halving(culprits: set[int]) -> None:
    shop = PaperShop(
        SetQuantities=lambda asked: refused(("INVALID_LOCATION", None)) if culprits & set(skus(asked)) else taken()
    )
    outcomes = await StockLevels(shop).deliver(batch(*(level(n) for n in range(1, 9))))
    assert {n for n, outcome in enumerate(outcomes, 1) if isinstance(outcome, RejectedError)} == culprits
    assert {n for n, outcome in enumerate(outcomes, 1) if isinstance(outcome, Done)} == set(range(1, 9)) - culprits


async def test_a_call_that_is_refused_as_such_is_halved_too() -> None:
    refusal = RejectedError("invalid id", CaseClass.STOCK_REFUSED)
    shop = PaperShop(SetQuantities=lambda asked: refusal if 3 in skus(asked) else taken())
    outcomes = await StockLevels(shop).deliver(batch(*(level(n) for n in range(1, 5))))
    assert kinds(outcomes) == ["Done", "Done", "RejectedError", "Done"]


async def test_an_index_beyond_the_batch_names_nobody() -> None:
    shop = PaperShop(SetQuantities=lambda _: refused(("INVALID_REASON", 99)))
    assert kinds(await StockLevels(shop).deliver(batch(level(1)))) == ["RejectedError"]


async def test_a_spent_key_is_replaced() -> None:
    keys: list[str] = []

    def answer(asked: Asked) -> Json:
        keys.append(asked["key"])
        return refused(("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None)) if len(keys) < 3 else taken()

    assert kinds(await StockLevels(PaperShop(SetQuantities=answer)).deliver(batch(level(1)))) == ["Done"]
    assert len(set(keys)) == 3


async def test_spent_keys_are_never_all_there_are() -> None:
    """SHO-23: during an outage every key of a try may be spent; the next try has others and comes through."""
    spent: set[str] = set()
    down = True

    def answer(asked: Asked) -> Json:
        if not down and asked["key"] not in spent:
            return taken()
        spent.add(asked["key"])
        return refused(("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None))

    sink = StockLevels(PaperShop(SetQuantities=answer))
    (outcome,) = await sink.deliver(batch(level(1)))
    assert isinstance(outcome, TransientError)
    down = False
    again = [replace(each, message=replace(each.message, failures=1)) for each in batch(level(1))]
    assert kinds(await sink.deliver(again)) == ["Done"]


async def test_a_call_that_is_still_at_work_is_tried_later() -> None:
    shop = PaperShop(SetQuantities=lambda _: refused(("IDEMPOTENCY_CONCURRENT_REQUEST", None)))
    with pytest.raises(TransientError, match="still at work"):
        await StockLevels(shop).deliver(batch(level(1)))


async def test_what_concerns_the_whole_batch_is_raised() -> None:
    shop = PaperShop(SetQuantities=lambda _: RateLimitedError("slow down", timedelta(seconds=1)))
    with pytest.raises(RateLimitedError):
        await StockLevels(shop).deliver(batch(level(1)))


async def test_an_item_that_staff_have_deleted_wants_no_level_any_more() -> None:
    """S-17: it is no work for a person, and holds up no other level."""
    shop = PaperShop(
        SetQuantities=lambda asked: refused(("INVALID_INVENTORY_ITEM", 1)) if 2 in skus(asked) else taken()
    )
    outcomes = await StockLevels(shop).deliver(batch(level(1), level(2), level(3)))
    assert kinds(outcomes) == ["Done", "Absent", "Done"]
    assert isinstance(outcomes[1], Absent)
    assert "gid://shopify/InventoryItem/2" in outcomes[1].why


async def test_a_write_is_known_as_ours_before_the_shop_answers() -> None:
    """S-39: its webhook may be quicker than its answer."""
    sink = StockLevels(PaperShop(SetQuantities=lambda _: TransientError("the answer never came")))
    with pytest.raises(TransientError):
        await sink.deliver(batch(level(1, quantity=5)))
    assert sink.echoes.holds("gid://shopify/InventoryItem/1", PLACE, 5)
