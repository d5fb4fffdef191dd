"""What a shop may still sell: the ERP's free units less the buffer and less what it sold already."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from examples import NOON, document, line, link, listing, order, rules, stock_item, stock_level

from khaossync.domain import routing
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Document, Kind
from khaossync.domain.knowledge import Knowledge, Question, Unposted
from khaossync.domain.levels import changed_elsewhere
from khaossync.domain.links import Link, LinkState
from khaossync.domain.orders import Order, PaymentState
from khaossync.domain.plan import Plan
from khaossync.domain.routing import follow_up, learnt, question
from khaossync.domain.rules import ChannelRules, Peak, Rules
from khaossync.domain.stock import ChannelLevel, Sale, StockItem, StockLevel

D = Decimal
SET = {"MUG": D(1), "SAUCER": D(2)}
TWO = {"loc-1": ("1",), "loc-2": ("2",)}


def route(document: Document, rules: Rules, knows: Knowledge) -> Plan:
    """The plan of a document that is the only one of its page."""
    return routing.route(document, rules, learnt([document], knows))


def known(*, mugs: str = "10", links: Link | None = None, **more: Any) -> Knowledge:
    """A catalogue with a mug that the shop lists."""
    base = Knowledge(
        stock_items={("khaos", "MUG"): stock_item()},
        stock_levels={("khaos", "MUG"): stock_level(mugs)},
        listings={("shop", "MUG"): listing(shown=10)},
        complete=frozenset({("khaos", Kind.STOCK_ITEM)}),
        links={links.key: links} if links else {},
    )
    return base | Knowledge(**more)


def told_order(body: Order, knows: Knowledge, **settings: Any) -> Plan:
    return route(document("shop", Kind.ORDER, body.key, body), Rules.of([rules(**settings)]), knows)


def told_level(level: StockLevel, knows: Knowledge, **settings: Any) -> Plan:
    return route(document("khaos", Kind.STOCK_LEVEL, level.stock_code, level), Rules.of([rules(**settings)]), knows)


def told_listing(knows: Knowledge, channel: ChannelRules | None = None, **changes: Any) -> Plan:
    body = replace(listing(shown=changes.pop("shown", 10)), **changes)
    return route(document("shop", Kind.LISTING, body.sku, body), Rules.of([channel or rules()]), knows)


def quantities(plan: Plan) -> dict[str, int]:
    return {wanted.level.key: wanted.level.quantity for wanted in plan.levels}


def closed(plan: Plan) -> set[CaseClass]:
    return {case_class for case_class, _, _ in plan.closed}


def cases(plan: Plan) -> list[tuple[CaseClass, str, str]]:
    return [(case.case_class, case.source, case.subject) for case in plan.cases]


def test_a_sale_takes_its_units_off_the_level_before_the_erp_knows() -> None:
    """SHO-12, S-20: until the order is posted, the ERP still counts what the shop has sold."""
    plan = told_order(order(lines=(line(quantity=3),)), known())
    assert plan.holds == {order().key: ("khaos", {"MUG": D(3)})}
    [wanted] = plan.levels
    assert (wanted.level.quantity, wanted.seen, wanted.sold, wanted.source) == (7, None, (Sale(3, NOON),), "shop")


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.AUTHORISED, PaymentState.UNKNOWN])
def test_an_order_that_waits_holds_its_goods(state: PaymentState) -> None:
    """SHO-4: the shop has taken them off already, whether or not the ERP may have the order yet."""
    assert told_order(order(payment=state), known(), accept_authorised=False).holds[order().key] == (
        "khaos",
        {"MUG": D(1)},
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"test": True},
        {"cancelled_at": NOON},
        {"placed_at": NOON - timedelta(days=60)},
        {"payment": PaymentState.VOIDED},
    ],
)
def test_an_order_that_will_never_go_holds_nothing(changes: dict[str, Any]) -> None:
    plan = told_order(order(**changes), known(held={order().key: {"MUG": D(1)}}, unposted={("shop", "MUG"): D(1)}))
    assert plan.holds == {order().key: ("khaos", {})}
    [wanted] = plan.levels
    assert (wanted.level.quantity, wanted.sold) == (10, (Sale(-1, NOON),))


@pytest.mark.parametrize("state", [LinkState.SENT, LinkState.CLOSED])
def test_an_order_in_the_erp_changes_no_holding(state: LinkState) -> None:
    plan = told_order(order(), known(links=link(state=state, fingerprint=order().fingerprint)))
    assert (plan.holds, plan.levels) == ({}, ())


def test_an_order_told_again_unchanged_moves_no_level() -> None:
    held = {order().key: {"MUG": D(1)}}
    plan = told_order(order(), known(held=held, unposted={("shop", "MUG"): D(1)}))
    assert (plan.holds, plan.levels) == ({}, ())


def test_gift_cards_and_lines_without_a_sku_hold_nothing() -> None:
    lines = (line(), line("CARD", gift_card=True), line("", quantity=2), line("TEE", quantity=0))
    assert told_order(order(lines=lines), known()).holds[order().key] == ("khaos", {"MUG": D(1)})


def test_with_two_locations_nobody_knows_which_one_shows_less() -> None:
    listings = {("shop", "MUG"): replace(listing(), shown={"loc-1": 10, "loc-2": 4})}
    levels = {("khaos", "MUG"): StockLevel("MUG", {"1": D(10), "2": D(4)})}
    plan = told_order(order(), known(stock_levels=levels, listings=listings), sites=TWO)
    assert quantities(plan) == {"MUG@loc-1": 9, "MUG@loc-2": 3}
    assert [wanted.sold for wanted in plan.levels] == [None, None]


def test_a_level_of_the_erp_is_lowered_by_what_it_does_not_count() -> None:
    plan = told_level(stock_level("50"), known(unposted={("shop", "MUG"): D(4)}), buffer=3)
    assert quantities(plan) == {"MUG@loc-1": 43}
    assert closed(plan) == {CaseClass.NEGATIVE_STOCK, CaseClass.OVERSOLD, CaseClass.UNMAPPED_LISTING}


def test_a_level_asks_for_what_was_sold_in_every_shop() -> None:
    both = Rules.of([rules(), rules(channel="outlet", prefix="T")])
    asked = question(document("khaos", Kind.STOCK_LEVEL, "MUG", stock_level()), both)
    assert asked.unposted == {Unposted("shop", "MUG", NOON), Unposted("outlet", "MUG", NOON)}


def test_less_than_none_in_the_erp_is_shown_as_none_and_told() -> None:
    """S-19, SHW-25."""
    plan = told_level(stock_level("-4"), known())
    assert quantities(plan) == {"MUG@loc-1": 0}
    assert cases(plan) == [(CaseClass.NEGATIVE_STOCK, "khaos", "MUG")]
    assert CaseClass.OVERSOLD in closed(plan)


def test_more_sold_than_there_is_is_told_with_the_order_that_did_it() -> None:
    """S-20, SHO-12: an order line beyond what the ERP has free."""
    plan = told_order(order(lines=(line(quantity=5),)), known(mugs="3"))
    assert (CaseClass.OVERSOLD, "shop", "MUG") in cases(plan)
    assert quantities(plan) == {"MUG@loc-1": 0}
    assert "has sold 2 more than khaos has free (3)" in plan.cases[-1].detail


def test_an_item_that_is_not_controlled_cannot_be_short() -> None:
    free = {("khaos", "MUG"): stock_item(controlled=False)}
    assert told_level(stock_level("-4"), known(stock_items=free)).cases == ()


class Packs:
    """A set of one mug and two saucers, as the ERP's pack or as the channel's own bundle."""

    header = StockItem("SET", "Set", pack=SET)
    more: dict[str, Any]

    def __init__(self, as_bundle: bool) -> None:
        self.settings: dict[str, Any] = {"bundles": {"SET": {"MUG": 1, "SAUCER": 2}}} if as_bundle else {}
        items = {("khaos", "MUG"): stock_item(), ("khaos", "SAUCER"): stock_item("SAUCER")}
        packs = {("khaos", "MUG"): (self.header,), ("khaos", "SAUCER"): (self.header,)}
        self.more = {
            "stock_levels": {("khaos", "MUG"): stock_level("10"), ("khaos", "SAUCER"): stock_level("9", "SAUCER")},
            "listings": {("shop", sku): listing(sku) for sku in ("MUG", "SAUCER", "SET")},
            "stock_items": items if as_bundle else {**items, ("khaos", "SET"): self.header},
            "packs": {} if as_bundle else packs,
        }


@pytest.fixture(params=[False, True], ids=["pack of the ERP", "bundle of the channel"])
def packs(request: pytest.FixtureRequest) -> Packs:
    return Packs(request.param)


def test_a_pack_shows_what_its_scarcest_part_allows_after_what_was_sold(packs: Packs) -> None:
    """SHO-F1: the parts are what leaves the shelf."""
    knows = known(**packs.more, unposted={("shop", "SAUCER"): D(3)})
    plan = told_level(stock_level("10"), knows, **packs.settings)
    assert quantities(plan) == {"MUG@loc-1": 10, "SET@loc-1": 3}


def test_what_a_part_lacks_at_one_location_no_other_makes_packs_of(packs: Packs) -> None:
    levels = {
        ("khaos", "MUG"): StockLevel("MUG", {"1": D(-4), "2": D(10)}),
        ("khaos", "SAUCER"): StockLevel("SAUCER", {"1": D(5), "2": D(17)}),
    }
    two = replace(listing("SET"), shown=dict.fromkeys(TWO, 0))
    knows = known(**{**packs.more, "stock_levels": levels, "listings": {("shop", "SET"): two}})
    plan = told_level(levels["khaos", "MUG"], knows, **packs.settings, sites=TWO)
    assert [wanted.level.quantity for wanted in plan.levels if wanted.level.sku == "SET"] == [0, 6]


def test_a_sold_pack_holds_its_parts(packs: Packs) -> None:
    plan = told_order(order(lines=(line("SET", quantity=2),)), known(**packs.more), **packs.settings)
    assert plan.holds == {order().key: ("khaos", {"MUG": D(2), "SAUCER": D(4)})}
    assert quantities(plan) == {"MUG@loc-1": 8, "SAUCER@loc-1": 5, "SET@loc-1": 2}
    sold = {wanted.level.sku: wanted.sold for wanted in plan.levels}
    assert sold == {"MUG": (), "SAUCER": (), "SET": (Sale(2, NOON),)}


def test_everything_that_the_level_of_a_sold_pack_follows_from_is_asked_for(packs: Packs) -> None:
    body = order(lines=(line("SET"),))
    told = document("shop", Kind.ORDER, body.key, body)
    all_rules = Rules.of([rules(**packs.settings)])
    everything = known(**packs.more)
    asked, more = Question(), question(told, all_rules)
    while more:
        asked |= more
        more = follow_up(told, everything, all_rules) - asked
    assert {("khaos", "MUG"), ("khaos", "SAUCER")} <= asked.stock_levels
    assert {("shop", "MUG"), ("shop", "SAUCER"), ("shop", "SET")} <= asked.listings
    assert {Unposted("shop", "MUG"), Unposted("shop", "SAUCER")} <= asked.unposted


def test_a_listing_that_the_erp_does_not_know_is_told_before_it_is_ordered() -> None:
    """S-5, SHW-26, ADB-26: as soon as the ERP's catalogue has been read to its end."""
    nothing = Knowledge(complete=frozenset({("khaos", Kind.STOCK_ITEM)}))
    assert cases(told_listing(nothing)) == [(CaseClass.UNMAPPED_LISTING, "shop", "MUG")]
    assert cases(told_listing(Knowledge())) == []
    deleted = nothing | Knowledge(stock_items={("khaos", "MUG"): stock_item(deleted=True)})
    assert cases(told_listing(deleted)) == [(CaseClass.UNMAPPED_LISTING, "shop", "MUG")]
    assert CaseClass.UNMAPPED_LISTING in closed(told_listing(known()))
    assert CaseClass.UNMAPPED_LISTING in closed(told_listing(nothing, rules(bundles={"MUG": {"CUP": 1}})))


def test_a_stock_item_that_appears_closes_what_was_told_of_its_listing() -> None:
    told = document("khaos", Kind.STOCK_ITEM, "MUG", stock_item())
    plan = route(told, Rules.of([rules()]), Knowledge(listings={("shop", "MUG"): listing()}))
    assert closed(plan) == {CaseClass.UNMAPPED_LISTING}


def test_a_sku_that_is_unique_again_closes_its_case() -> None:
    assert CaseClass.DUPLICATE_SKU in closed(told_listing(known()))
    assert CaseClass.DUPLICATE_SKU not in closed(told_listing(known(), duplicates=("other",)))


def test_a_quantity_that_agrees_closes_the_report_of_its_change() -> None:
    agreeing = (CaseClass.STOCK_CHANGED_IN_SHOP, "shop", "MUG@loc-1")
    assert agreeing in told_listing(known(mugs="10"), shown=10).closed
    assert agreeing not in told_listing(known(mugs="9"), shown=10).closed


@pytest.mark.parametrize(
    ("left", "found", "quantity", "told"),
    [(10, 50, 10, True), (10, 4, 9, True), (10, 9, 9, False), (9, 9, 10, False), (None, 50, 10, False)],
)
def test_a_change_that_nobody_we_know_made_is_reported(left: int | None, found: int, quantity: int, told: bool) -> None:
    """S-39, ADB-F3: stock moves in Khaos Control first."""
    level = ChannelLevel("MUG", "item-1", "loc-1", quantity, expected=found, seen_at=NOON, left=left)
    case = changed_elsewhere(level, "shop")
    assert (case is not None) is told
    assert case is None or (case.subject, case.evidence["found"]) == ("MUG@loc-1", str(found))


def test_a_peak_holds_back_at_least_its_buffer_while_it_lasts() -> None:
    """SHO-25: a margin for the busy days."""
    peak = Peak(NOON, NOON + timedelta(days=3), 5)
    channel = rules(buffer=2, buffers={"TEE": 0, "CAP": 9}, peaks=(peak,))
    before, during = channel.at(NOON - timedelta(seconds=1)), channel.at(NOON)
    assert [before.buffer_of(sku) for sku in ("MUG", "TEE", "CAP")] == [2, 0, 9]
    assert [during.buffer_of(sku) for sku in ("MUG", "TEE", "CAP")] == [5, 5, 9]
    assert channel.at(NOON + timedelta(days=3)) == before
