"""How a waiting fact becomes ready, or why not."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from examples import NOON, despatch, line, link, message, order, refund, rules, stock_item

from khaossync.domain.by_hand import by_hand
from khaossync.domain.cases import CaseClass
from khaossync.domain.corrections import Amendment, Cancellation, Search
from khaossync.domain.credit_note import CreditNote
from khaossync.domain.despatch import Consignment
from khaossync.domain.documents import Kind
from khaossync.domain.knowledge import Knowledge
from khaossync.domain.links import LinkState
from khaossync.domain.messages import Message, Park, Payload, Retry, Verdict, Withdraw
from khaossync.domain.orders import PaymentState, Risk
from khaossync.domain.owners import Owner
from khaossync.domain.preparation import Ready, prepare, question
from khaossync.domain.rules import ChannelRules, Rules
from khaossync.domain.sales_order import SalesOrder
from khaossync.domain.stock import ChannelLevel

RULES = Rules.of([rules()])
CATALOGUE = Knowledge(stock_items={("khaos", "MUG"): stock_item()}, complete=frozenset({("khaos", Kind.STOCK_ITEM)}))
LET_IN = replace(CATALOGUE, links={order().key: link(state=LinkState.INTENDED)})
IN_ERP = replace(CATALOGUE, links={order().key: link()})


def judged(one: Message, known: Knowledge = LET_IN, channel: ChannelRules | None = None) -> Ready | Verdict:
    return prepare(one, Rules.of([channel]) if channel else RULES, known, NOON)


def payload(one: Message, known: Knowledge = LET_IN) -> Payload:
    ready = judged(one, known)
    assert isinstance(ready, Ready), ready
    return ready.payload


def test_an_order_becomes_a_sales_order_with_the_same_money() -> None:
    """SHO-6: customer, lines and money in one packet."""
    made = payload(message(Kind.ORDER, order()))
    assert isinstance(made, SalesOrder)
    assert made.totals.gross == order().total


def test_an_order_cancelled_in_the_last_moment_is_withdrawn() -> None:
    """S-29: the last look stops it."""
    assert isinstance(judged(message(Kind.ORDER, order(cancelled_at=NOON))), Withdraw)


def test_a_cancelled_order_that_may_have_been_sent_is_looked_for() -> None:
    """S-29: its answer was lost, so neither sending it nor forgetting it is right."""
    lost = replace(message(Kind.ORDER, order(cancelled_at=NOON)), doubt=True)
    made = payload(lost)
    assert isinstance(made, Search)
    assert (made.ref, made.number) == (link().ref, order().number)
    assert "cancelled" in made.why


def test_an_order_that_lost_its_payment_waits_without_spending_an_attempt() -> None:
    verdict = judged(message(Kind.ORDER, order(payment=PaymentState.PENDING)))
    assert isinstance(verdict, Retry)
    assert not verdict.spent


def test_no_order_is_judged_before_the_catalogue_was_read_to_its_end() -> None:
    """A first start must not open a case for every SKU that it has not read yet."""
    verdict = judged(message(Kind.ORDER, order()), replace(LET_IN, complete=frozenset()))
    assert isinstance(verdict, Retry)


def test_an_unknown_sku_quarantines_its_order_with_a_name() -> None:
    """SHO-11, SHO-13, S-5: which order, which SKU."""
    verdict = judged(message(Kind.ORDER, order(lines=(line("GHOST"),))))
    assert isinstance(verdict, Park)
    assert verdict.case.case_class is CaseClass.UNMAPPED_SKU
    assert verdict.case.subject == order().key
    assert "GHOST" in verdict.case.detail


def test_a_refund_becomes_a_credit_note_against_its_sales_order() -> None:
    note = payload(message(Kind.REFUND, refund()), IN_ERP)
    assert isinstance(note, CreditNote)
    assert (note.sales_order_code, note.total) == ("SO100001", refund().total)


def test_a_refund_that_the_sales_order_already_reflects_is_not_credited_twice() -> None:
    sent_after = replace(IN_ERP, links={order().key: link(refund_ids=(refund().refund_id,))})
    assert isinstance(judged(message(Kind.REFUND, refund()), sent_after), Withdraw)


def test_money_beyond_the_lines_of_a_refund_is_credited_even_when_the_lines_were_never_sent() -> None:
    """S-15: a goodwill refund before the order is sent changes no line, and must not vanish."""
    goodwill = refund(total=Decimal("15.00"), adjustment=Decimal("3.00"))
    sent_after = replace(IN_ERP, links={order().key: link(refund_ids=(goodwill.refund_id,))})
    note = payload(message(Kind.REFUND, goodwill), sent_after)
    assert isinstance(note, CreditNote)
    assert (note.total, note.lines) == (Decimal("3.00"), ())


def test_a_refund_of_an_order_that_never_went_to_the_erp_needs_nothing_there() -> None:
    assert isinstance(judged(message(Kind.REFUND, refund()), CATALOGUE), Withdraw)
    withdrawn = replace(IN_ERP, links={order().key: link(state=LinkState.WITHDRAWN)})
    assert isinstance(judged(message(Kind.REFUND, refund()), withdrawn), Withdraw)


def test_two_refunds_of_one_order_are_two_cases() -> None:
    """S-15: each refund awaits its own credit note, with the figures to key."""
    second = refund(refund_id="gid://shopify/Refund/9002")
    cases = [
        by_hand(message(Kind.REFUND, one), payload(message(Kind.REFUND, one), IN_ERP)) for one in (refund(), second)
    ]
    assert len({case.subject for case in cases}) == 2
    assert all(case.case_class is CaseClass.CREDIT_NOTE_TO_KEY for case in cases)
    assert any("12.00" in value for value in cases[0].evidence.values())


def test_a_cancelled_order_in_the_erp_is_to_be_stopped_there() -> None:
    stop = payload(message(Kind.CANCELLATION, order(cancelled_at=NOON)), IN_ERP)
    assert isinstance(stop, Cancellation)
    assert by_hand(message(Kind.CANCELLATION, order()), stop).playbook.urgent


def test_an_edit_names_what_changed() -> None:
    edited = order(lines=(line(), line("CUP")))
    edit = payload(message(Kind.AMENDMENT, edited), IN_ERP)
    assert isinstance(edit, Amendment)
    assert "CUP" in str(dict(edit.differences))


def test_an_edit_that_was_sent_with_the_order_is_not_amended_again() -> None:
    assert isinstance(judged(message(Kind.AMENDMENT, order()), IN_ERP), Withdraw)


def test_a_despatch_becomes_a_consignment_by_order_line() -> None:
    made = payload(message(Kind.DESPATCH, despatch()), IN_ERP)
    assert isinstance(made, Consignment)
    assert [(one.line_ids, one.quantity) for one in made.lines] == [(("line-MUG",), 1)]


def test_a_despatch_with_a_late_number_names_what_it_was_told_as() -> None:
    """SHO-8: the shop changes the fulfilment it has, and makes no other."""
    late = message(Kind.DESPATCH, despatch(despatch_id="INV1"), version="INV1~LATE1")
    first = (late.destination, Kind.DESPATCH, late.key, "INV1")
    assert question(late, RULES).told == {first}
    made = payload(late, IN_ERP | Knowledge(told={first: "gid-1"}))
    assert isinstance(made, Consignment)
    assert made.told_as == "gid-1"


def test_a_despatch_that_was_never_told_is_told_whole_whatever_its_version() -> None:
    late = message(Kind.DESPATCH, despatch(despatch_id="INV1"), version="INV1~LATE1")
    made = payload(late, IN_ERP)
    assert isinstance(made, Consignment)
    assert made.told_as == ""


def test_the_first_telling_of_a_despatch_asks_for_no_earlier_one() -> None:
    assert question(message(Kind.DESPATCH, despatch(despatch_id="INV1"), version="INV1"), RULES).told == frozenset()


def test_a_despatch_waits_for_its_order_to_be_confirmed() -> None:
    """A crash between the import and its record must not lose the despatch that follows quickly."""
    underway = replace(IN_ERP, links={order().key: link(state=LinkState.INTENDED)})
    verdict = judged(message(Kind.DESPATCH, despatch()), underway)
    assert isinstance(verdict, Retry)
    assert verdict.at > NOON


def test_a_level_is_ready_as_it_is() -> None:
    level = ChannelLevel("MUG", "gid://1", "loc-1", 5)
    assert payload(message(Kind.STOCK_LEVEL, level)) is level


def test_the_question_before_an_order_names_its_stock_codes_and_the_catalogue() -> None:
    mapped = Rules.of([rules(skus={"MUG": "MUG/1"})])
    asked = question(message(Kind.ORDER, order()), mapped)
    assert asked.stock_items == {("khaos", "MUG/1")}
    assert asked.complete == {("khaos", Kind.STOCK_ITEM)}
    assert asked.orders == {order().key}


def test_an_order_waits_but_not_for_ever() -> None:
    late = message(Kind.ORDER, order(payment=PaymentState.PENDING), expires_at=NOON + timedelta(seconds=1))
    verdict = judged(late)
    assert isinstance(verdict, Park)
    assert verdict.case.case_class is CaseClass.EXPIRED


@pytest.mark.parametrize("risk", [Risk.CANCEL, Risk.INVESTIGATE])
def test_an_order_that_the_shop_mistrusts_awaits_a_person(risk: Risk) -> None:
    """ADB-2, S-1: customer service hears of it at once, with the way to let it go."""
    verdict = judged(message(Kind.ORDER, order(risk=risk)))
    assert isinstance(verdict, Park)
    assert verdict.case.case_class is CaseClass.ORDER_HELD
    assert verdict.case.playbook.owner is Owner.CUSTOMER_SERVICE
    assert verdict.case.evidence == {"risk": risk.value, "total": "18.00 GBP", "tag": "release-to-erp"}


def test_a_person_lets_a_mistrusted_order_go_by_its_tag() -> None:
    tagged = order(risk=Risk.CANCEL, tags=("vip", "Release-To-ERP"))
    assert isinstance(judged(message(Kind.ORDER, tagged)), Ready)


def test_a_mistrusted_order_that_is_cancelled_needs_nobody() -> None:
    assert isinstance(judged(message(Kind.ORDER, order(risk=Risk.CANCEL, cancelled_at=NOON))), Withdraw)


def test_a_channel_may_let_orders_go_that_are_only_to_be_looked_at() -> None:
    bold = rules(hold_investigated=False)
    assert isinstance(judged(message(Kind.ORDER, order(risk=Risk.INVESTIGATE)), channel=bold), Ready)
    assert isinstance(judged(message(Kind.ORDER, order(risk=Risk.CANCEL)), channel=bold), Park)


def test_an_order_stays_with_the_shop_until_its_hold_is_over() -> None:
    """ADB-2: a short-interval batch that waits for the fraud screening."""
    verdict = judged(message(Kind.ORDER, order()), channel=rules(hold_seconds=1800))
    assert isinstance(verdict, Retry)
    assert verdict.at == NOON + timedelta(minutes=30)
    placed_before = order(placed_at=NOON - timedelta(minutes=30))
    assert isinstance(judged(message(Kind.ORDER, placed_before), channel=rules(hold_seconds=1800)), Ready)
    released = order(tags=("release-to-erp",))
    assert isinstance(judged(message(Kind.ORDER, released), channel=rules(hold_seconds=1800)), Ready)


def test_an_order_whose_reference_another_order_has_is_never_sent() -> None:
    """MKP-23: under it the ERP would take it for the other one."""
    verdict = judged(message(Kind.ORDER, order()), CATALOGUE)
    assert isinstance(verdict, Park)
    assert (verdict.case.case_class, verdict.case.evidence) == (CaseClass.REFERENCE_TAKEN, {"reference": "S5001"})


def test_an_order_keeps_the_reference_that_it_was_given() -> None:
    """Also when the prefix is changed: what may have been sent is looked for under the old one."""
    made = judged(message(Kind.ORDER, order()), channel=rules(prefix="NEW"))
    assert isinstance(made, Ready)
    assert isinstance(made.payload, SalesOrder)
    assert made.payload.ref == "S5001"


def test_the_question_before_a_bundle_names_its_parts() -> None:
    """SHO-F1."""
    known = Rules.of([rules(bundles={"SET-1": {"CUP": 2, "TRAY": 1}})])
    asked = question(message(Kind.ORDER, order(lines=(line("SET-1"),))), known)
    assert asked.stock_items == {("khaos", "CUP"), ("khaos", "TRAY")}
