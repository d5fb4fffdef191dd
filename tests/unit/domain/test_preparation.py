"""How a waiting fact becomes ready, or why not."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

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
from khaossync.domain.orders import PaymentState
from khaossync.domain.preparation import Ready, prepare, question
from khaossync.domain.rules import Rules
from khaossync.domain.sales_order import SalesOrder
from khaossync.domain.stock import ChannelLevel

RULES = Rules.of([rules()])
CATALOGUE = Knowledge(stock_items={("khaos", "MUG"): stock_item()}, complete=frozenset({("khaos", Kind.STOCK_ITEM)}))
IN_ERP = replace(CATALOGUE, links={order().key: link()})


def judged(one: Message, known: Knowledge = CATALOGUE) -> Ready | Verdict:
    return prepare(one, RULES, known, NOON)


def payload(one: Message, known: Knowledge = CATALOGUE) -> Payload:
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
    made = payload(lost, replace(CATALOGUE, links={order().key: link(state=LinkState.INTENDED)}))
    assert isinstance(made, Search)
    assert (made.ref, made.number) == (link().ref, order().number)
    assert "cancelled" in made.why


def test_an_order_that_lost_its_payment_waits_without_spending_an_attempt() -> None:
    verdict = judged(message(Kind.ORDER, order(payment=PaymentState.PENDING)))
    assert isinstance(verdict, Retry)
    assert not verdict.spent


def test_no_order_is_judged_before_the_catalogue_was_read_to_its_end() -> None:
    """A first start must not open a case for every SKU that it has not read yet."""
    verdict = judged(message(Kind.ORDER, order()), replace(CATALOGUE, complete=frozenset()))
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
