"""A refund becomes the credit note that finance keys, and its figures always make the money that moved."""

from dataclasses import replace
from decimal import Decimal

import pytest
from examples import link, refund, rules
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.credit_note import CreditLine
from khaossync.domain.crediting import credit_note, figures
from khaossync.domain.links import SentLine
from khaossync.domain.money import ZERO
from khaossync.domain.refunds import Refund, RefundLine

D = Decimal
MUG = RefundLine("line-MUG", "MUG", 1, True, D("12.00"), D("2.00"))


def test_a_refund_is_mirrored_line_by_line_against_its_sales_order() -> None:
    """SHO-F3: what came back into stock is told with it."""
    note = credit_note(refund(note="chipped"), link(), rules())
    assert (note.sales_order_code, note.ref, note.order_number) == ("SO100001", "S5001", "#1001")
    assert note.lines == (CreditLine("MUG", "MUG", 1, D("12.00"), D("2.00"), restocked=True),)
    assert (note.delivery, note.adjustment, note.total, note.note) == (D(0), D(0), D("12.00"), "chipped")


def test_a_line_is_credited_on_the_stock_code_that_it_was_sent_with() -> None:
    """A SKU that was mapped anew since must not move the credit to another item."""
    sent = link(lines=(SentLine("line-MUG", "MUG", "OLD-MUG", 1),))
    note = credit_note(refund(), sent, rules(skus={"MUG": "NEW-MUG"}))
    assert [line.stock_code for line in note.lines] == ["OLD-MUG"]


def test_a_line_that_was_never_sent_still_has_its_stock_code() -> None:
    note = credit_note(refund(), link(lines=()), rules(skus={"MUG": "NEW-MUG"}))
    assert [line.stock_code for line in note.lines] == ["NEW-MUG"]


@pytest.mark.parametrize(
    ("total", "delivery", "lines", "adjustment"),
    [
        ("18.00", "6.00", (MUG,), "0.00"),
        ("10.00", "0", (MUG,), "-2.00"),
        ("5.00", "0", (), "5.00"),
        ("41.94", "0", (replace(MUG, amount=D(0), tax=D(0)),), "41.94"),
        ("0", "0", (MUG,), "-12.00"),
    ],
    ids=["whole order", "less than the goods", "goodwill", "goods worth nothing", "no money"],
)
def test_the_adjustment_is_what_lines_and_delivery_leave_of_the_money_that_moved(
    total: str, delivery: str, lines: tuple[RefundLine, ...], adjustment: str
) -> None:
    """S-15: the money is the truth, and the channel's own adjustment is not asked."""
    told = refund(total=D(total), delivery=D(delivery), lines=lines, adjustment=D(99))
    assert credit_note(told, link(), rules()).adjustment == D(adjustment)


AMOUNTS = st.integers(0, 10**6).map(lambda pence: D(pence) / 100)
LINES = st.lists(st.builds(RefundLine, st.text(), st.text(), st.integers(0, 9), st.booleans(), AMOUNTS, AMOUNTS))


@given(lines=LINES, delivery=AMOUNTS, total=AMOUNTS)
def test_the_parts_of_a_credit_note_make_its_total(lines: list[RefundLine], delivery: D, total: D) -> None:
    told: Refund = refund(lines=tuple(lines), delivery=delivery, total=total)
    note = credit_note(told, link(), rules())
    assert sum((line.amount for line in note.lines), ZERO) + note.delivery + note.adjustment == total == note.total
    assert len(note.lines) == len(lines)


def test_the_figures_are_what_a_person_keys() -> None:
    """ADB-31, S-15: the case holds the sales order and every figure."""
    lines = (replace(MUG, quantity=2, amount=D("24.00"), tax=D("4.00")), RefundLine("?", "", 1, False, D(1), D(0)))
    note = credit_note(refund(lines=lines, delivery=D("6.00"), total=D("30.50")), link(), rules())
    assert figures(note) == {
        "sales order": "SO100001",
        "reference": "S5001",
        "order": "#1001",
        "refund": "gid://shopify/Refund/9001",
        "refunded at": "2026-11-04 12:00 UTC",
        "currency": "GBP",
        "line 1": "MUG × 2 = 24.00 (tax 4.00), back into stock",
        "line 2": "(no stock code) × 1 = 1 (tax 0), not back into stock",
        "delivery": "6.00",
        "adjustment": "-0.50",
        "total": "30.50",
    }
