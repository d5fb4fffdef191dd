"""Which document sets what in motion."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from examples import NOON, despatch, document, link, listing, order, refund, rules, stock_item, stock_level

from khaossync.domain import routing
from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import OrderState
from khaossync.domain.documents import Document, DocumentBody, Kind
from khaossync.domain.knowledge import Knowledge
from khaossync.domain.links import Link, LinkState
from khaossync.domain.orders import Order, PaymentState, Risk
from khaossync.domain.plan import Plan
from khaossync.domain.routing import follow_up, learnt, question
from khaossync.domain.rules import Rules

RULES = Rules.of([rules()])
IN_ERP = Knowledge(links={order().key: link()})


def route(document: Document, rules: Rules, knows: Knowledge) -> Plan:
    """The plan of a document that is the only one of its page."""
    return routing.route(document, rules, learnt([document], knows))


def told(source: str, kind: Kind, body: DocumentBody) -> Document:
    return document(source, kind, "key", body)


def plan_for(body: Order, known_link: Link | None = None) -> Plan:
    known = Knowledge(links={known_link.key: known_link} if known_link else {})
    return route(told("shop", Kind.ORDER, body), RULES, known)


def test_an_eligible_order_goes_to_its_erp_once_with_its_reference() -> None:
    """SHO-4, SHO-6: a paid order becomes one message for the ERP, whatever its later versions say."""
    plan = plan_for(order())
    (message,) = plan.messages
    assert (message.destination, message.kind, message.version) == ("khaos", Kind.ORDER, "1")
    assert plan.refs == {order().key: ("khaos", "S5001")}


@pytest.mark.parametrize(
    "waiting",
    [
        order(payment=PaymentState.PENDING),
        order(confirmed=False),
        order(payment=PaymentState.UNKNOWN),
        order(test=True),
        order(placed_at=NOON - timedelta(days=31)),
        order(cancelled_at=NOON),
    ],
)
def test_an_order_that_is_not_eligible_sets_nothing_in_motion(waiting: Order) -> None:
    """SHO-4: unpaid, unconfirmed, test, old and cancelled orders stay out of the ERP."""
    plan = plan_for(waiting)
    assert (plan.messages, plan.refs, plan.cases) == ((), {}, ())


def kinds(plan: Plan) -> list[Kind]:
    return [message.kind for message in plan.messages]


def test_an_order_that_is_on_its_way_is_asked_for_anew_and_its_edit_follows_it() -> None:
    """S-29: what was read before it was sent may have been edited before that was noted; nobody would ask again."""
    underway = link(state=LinkState.INTENDED)
    assert kinds(plan_for(order(), underway)) == [Kind.ORDER]
    assert kinds(plan_for(order(shipping=None), underway)) == [Kind.ORDER, Kind.AMENDMENT]
    assert kinds(plan_for(order(cancelled_at=NOON), underway)) == [Kind.ORDER, Kind.CANCELLATION]


def test_an_order_in_the_erp_is_not_asked_for_anew() -> None:
    assert plan_for(order(), link()).messages == ()


def test_an_order_is_asked_for_at_once_and_may_go_when_its_hold_is_over() -> None:
    """ADB-2: no new version of it is needed for that."""
    held = Rules.of([rules(hold_seconds=1800)])

    def due(one: Order) -> datetime | None:
        (message,) = route(told("shop", Kind.ORDER, one), held, Knowledge()).messages
        return message.not_before

    assert due(order()) == NOON + timedelta(minutes=30)
    assert due(order(tags=("release-to-erp",))) == NOON
    assert due(order(risk=Risk.CANCEL)) is None, "whom a person must look at is told to the person at once"


def test_an_order_on_terms_goes_where_the_channel_accepts_that() -> None:
    """SHO-F5: a business that pays later is no unpaid order."""
    later = told("shop", Kind.ORDER, order(payment=PaymentState.PENDING, on_terms=True, payments=()))
    assert kinds(route(later, RULES, Knowledge())) == []
    assert kinds(route(later, Rules.of([rules(accept_on_terms=True)]), Knowledge())) == [Kind.ORDER]


def test_an_order_that_a_person_withdrew_stays_out() -> None:
    assert plan_for(order(), link(state=LinkState.WITHDRAWN, fingerprint="")) == Plan()


def test_a_cancellation_follows_the_order() -> None:
    """S-29: cancelled after injection never passes unseen."""
    (message,) = plan_for(order(cancelled_at=NOON), link()).messages
    assert (message.destination, message.kind, message.key) == ("khaos", Kind.CANCELLATION, order().key)


def test_an_edit_after_sending_is_an_amendment_and_a_refund_is_not() -> None:
    edited = order(lines=(order().lines[0], *order(lines=()).lines), shipping=None)
    (message,) = plan_for(edited, link()).messages
    assert message.kind is Kind.AMENDMENT
    refunded_line = order(total=order().total - 12, refund_ids=("r1",))
    assert plan_for(refunded_line, link()) == Plan()


def test_an_order_edited_back_to_what_it_was_is_amended_once_more() -> None:
    """S-29: the warehouse that amended the sales order must hear that the customer changed back."""
    there = link(fingerprint="of the edit that was told")
    (first,) = plan_for(order(), there).messages
    (again,) = plan_for(order(updated_at=NOON + timedelta(hours=1)), there).messages
    assert first.version != again.version


def test_an_order_reference_too_long_for_the_erp_is_a_case() -> None:
    plan = plan_for(order(order_id="gid://shopify/Order/12345678901234567890"))
    assert [case.case_class for case in plan.cases] == [CaseClass.REFERENCE_TOO_LONG]
    assert not plan.messages


def test_a_refund_goes_to_the_erp_in_the_lane_of_its_order() -> None:
    """SHO-F3: each refund is one message, keyed by the refund."""
    (message,) = route(told("shop", Kind.REFUND, refund()), RULES, IN_ERP).messages
    assert (message.kind, message.key, message.version) == (Kind.REFUND, order().key, "gid://shopify/Refund/9001")


def test_a_refund_whose_money_has_not_moved_waits() -> None:
    assert route(told("shop", Kind.REFUND, refund(pending=True)), RULES, IN_ERP) == Plan()


def test_a_refund_told_before_its_order_is_let_in_follows_the_order() -> None:
    """S-15: the goodwill of the first minute is not lost because the order was still on its way to us."""
    early = told("shop", Kind.REFUND, refund())
    assert route(early, RULES, Knowledge()) == Plan()
    known = Knowledge(refunds={order().key: (refund(), refund(refund_id="2", pending=True))})
    plan = route(told("shop", Kind.ORDER, order()), RULES, known)
    assert [(message.kind, message.version) for message in plan.messages] == [
        (Kind.ORDER, "1"),
        (Kind.REFUND, refund().refund_id),
    ]


def test_a_refund_without_money_is_an_edit_and_told_as_one() -> None:
    assert route(told("shop", Kind.REFUND, refund(total=Decimal(0))), RULES, IN_ERP) == Plan()


def test_a_despatch_goes_to_the_shop_that_sold_the_order() -> None:
    """SHO-8, SHO-24: the reference finds the shop."""
    known = Knowledge(links_by_ref={("khaos", "S5001"): link()})
    (message,) = route(told("khaos", Kind.DESPATCH, despatch()), RULES, known).messages
    assert (message.destination, message.key, message.version) == ("shop", order().key, "INV1/TRACK1")


@pytest.mark.parametrize(
    ("before", "now", "version"),
    [
        (None, "T1", "INV1"),
        ("T1", "T1", "INV1"),
        ("", "T1", "INV1~T1"),
        ("T1", "T2", "INV1~T2"),
        ("T1", "", "INV1"),
        ("", "", "INV1"),
    ],
    ids=["first told", "as before", "typed in later", "corrected", "taken away", "still none"],
)
def test_a_despatch_is_told_once_more_for_a_number_that_it_gets_later(
    before: str | None, now: str, version: str
) -> None:
    """SHO-8, S-26, S-28."""
    document = told("khaos", Kind.DESPATCH, despatch(despatch_id="INV1", tracking_number=now))
    assert question(document, RULES).despatches == {("khaos", "INV1")}
    earlier = despatch(despatch_id="INV1", tracking_number=before)
    known = Knowledge(
        links_by_ref={("khaos", "S5001"): link()},
        despatches={} if before is None else {("khaos", "INV1"): earlier},
    )
    (message,) = route(document, RULES, known).messages
    assert message.version == version


def test_a_despatch_under_our_prefix_that_we_never_sent_is_a_case() -> None:
    """S-4: an orphan is named, with its tracking."""
    plan = route(told("khaos", Kind.DESPATCH, despatch(ref="S777")), RULES, Knowledge())
    assert [case.case_class for case in plan.cases] == [CaseClass.ORPHANED_DESPATCH]


def test_a_despatch_of_somebody_else_s_order_is_not_ours() -> None:
    assert route(told("khaos", Kind.DESPATCH, despatch(ref="PHONE-12")), RULES, Knowledge()) == Plan()


def test_a_withdrawn_order_that_the_erp_speaks_of_is_an_urgent_case() -> None:
    """S-29: its import was still at work when we looked, and came late."""
    state = OrderState("S5001", "SO100001", ("1",), complete=False, cancelled=False, reason="")
    known = Knowledge(links_by_ref={("khaos", "S5001"): link(state=LinkState.WITHDRAWN)})
    (case,) = route(told("khaos", Kind.ORDER_STATE, state), RULES, known).cases
    assert (case.case_class, case.evidence["sales order"]) == (CaseClass.ORDER_TO_CANCEL, "SO100001")


@pytest.mark.parametrize("ours", [LinkState.SENT, LinkState.INTENDED])
def test_a_sales_order_cancelled_in_the_erp_is_told_to_people(ours: LinkState) -> None:
    """Also while the answer to its sending is still in doubt: the ERP speaks of it once only."""
    state = OrderState("S5001", "SO100001", ("1",), complete=False, cancelled=True, reason="no stock")
    known = Knowledge(links_by_ref={("khaos", "S5001"): link(state=ours)})
    plan = route(told("khaos", Kind.ORDER_STATE, state), RULES, known)
    assert [case.case_class for case in plan.cases] == [CaseClass.CANCELLED_IN_ERP]


def test_a_level_goes_to_every_shop_that_lists_the_item() -> None:
    """SHO-7: available minus buffer, per location."""
    both = Rules.of([rules(buffer=2), rules(channel="outlet", prefix="T", sites={"loc-1": ("1",)})])
    known = Knowledge(
        stock_items={("khaos", "MUG"): stock_item()},
        listings={("shop", "MUG"): listing(), ("outlet", "MUG"): listing()},
    )
    plan = route(told("khaos", Kind.STOCK_LEVEL, stock_level("7")), both, known)
    assert {(told.destination, told.level.quantity) for told in plan.levels} == {("shop", 5), ("outlet", 7)}


def test_a_level_of_an_item_that_no_shop_lists_goes_nowhere() -> None:
    assert route(told("khaos", Kind.STOCK_LEVEL, stock_level()), RULES, Knowledge()) == Plan()


def test_a_listing_is_held_against_the_level_that_it_should_show() -> None:
    """S-17: what the shop shows is a sighting, told by the shop itself."""
    known = Knowledge(stock_items={("khaos", "MUG"): stock_item()}, stock_levels={("khaos", "MUG"): stock_level("7")})
    plan = route(told("shop", Kind.LISTING, listing(shown=9)), RULES, known)
    (wanted,) = plan.levels
    assert (wanted.destination, wanted.source, wanted.level.quantity, wanted.seen) == ("shop", "shop", 7, 9)


def test_listings_that_share_a_sku_are_reported_and_never_guessed() -> None:
    """S-5: a duplicate SKU is a case, not a push."""
    plan = route(told("shop", Kind.LISTING, listing(duplicates=("gid://2",))), RULES, Knowledge())
    assert [case.case_class for case in plan.cases] == [CaseClass.DUPLICATE_SKU]
    assert not plan.levels


def test_what_is_asked_for_covers_every_shop_and_both_names_of_an_item() -> None:
    mapped = Rules.of([rules(skus={"TEE": "TEE/RED"})])
    asked = question(told("khaos", Kind.STOCK_LEVEL, stock_level(code="TEE/RED")), mapped)
    assert asked.listings == {("shop", "TEE")}
    asked = question(told("shop", Kind.LISTING, listing("TEE")), mapped)
    assert asked.stock_levels == asked.stock_items == {("khaos", "TEE/RED")}


def test_a_pack_shows_as_many_as_its_scarcest_part_allows() -> None:
    """SHO-7: the ERP has no level for a pack header, so every change of a part is a change of the pack."""
    header = stock_item("SET", pack={"MUG": Decimal(1), "SAUCER": Decimal(2)})
    known = Knowledge(
        packs={("khaos", "MUG"): (header,)},
        stock_levels={("khaos", "SAUCER"): stock_level("9", "SAUCER")},
        listings={("shop", "SET"): listing("SET")},
    )
    plan = route(told("khaos", Kind.STOCK_LEVEL, stock_level("7")), RULES, known)
    assert [(one.level.sku, one.level.quantity) for one in plan.levels] == [("SET", 4)]
    assert follow_up(told("khaos", Kind.STOCK_LEVEL, stock_level("7")), known, RULES).stock_levels == {
        ("khaos", "MUG"),
        ("khaos", "SAUCER"),
    }


def test_a_pack_with_a_part_of_unknown_level_is_not_guessed() -> None:
    header = stock_item("SET", pack={"MUG": Decimal(1), "SAUCER": Decimal(2)})
    known = Knowledge(packs={("khaos", "MUG"): (header,)}, listings={("shop", "SET"): listing("SET")})
    assert not route(told("khaos", Kind.STOCK_LEVEL, stock_level("7")), RULES, known).levels
