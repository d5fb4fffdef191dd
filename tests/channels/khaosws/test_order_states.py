"""What Khaos Control says of an order becomes how far it is and what has left, whatever the site's habits."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from channels.khaosws.service import settings
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.despatch import Despatch, DespatchLine, OrderState
from khaossync.erp.khaosws.markup import UnintelligibleError, parse
from khaossync.erp.khaosws.order_states import Rule, despatches, order_state, orders

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


def record(inside: str, attributes: str = "", *, complete: str = "0") -> str:
    return (
        f'<STATUS_LIST><ORDER_STATUS SORDER_CODE="SO1" ASSOCIATED_REF="S5001" {attributes}>'
        '<COMPANY_NAME COMPANY_CODE="C1">Test Customer</COMPANY_NAME><ORDER_TYPE TYPE_ID="S">Sales Order</ORDER_TYPE>'
        f"<COURIER>Royal Mail 48</COURIER><DATE_CREATED>02/11/2026</DATE_CREATED><COMPLETE>{complete}</COMPLETE>"
        f"{inside}</ORDER_STATUS></STATUS_LIST>"
    )


def invoice(inside: str = "", stage: int = 14, code: str = "INV1", **attributes: Any) -> str:
    told = "".join(f' {key}="{text}"' for key, text in attributes.items())
    return f'<INVOICE INVOICE_CODE="{code}" INVOICE_STAGE_ID="{stage}"{told}>{inside}</INVOICE>'


def items(*pairs: tuple[str, str], tag: str = "INVOICE_ITEM") -> str:
    rows = "".join(f'<{tag} STOCK_CODE="{code}" QTY_SENT="{count}"/>' for code, count in pairs)
    return f"<INVOICE_ITEMS>{rows}</INVOICE_ITEMS>" if tag == "INVOICE_ITEM" else rows


def box(*pairs: tuple[str, str], **attributes: str) -> str:
    told = "".join(f' {key}="{text}"' for key, text in attributes.items())
    return f"<BOX{told}>{items(*pairs, tag='BOX_ITEM')}</BOX>"


def read(text: str, now: datetime = NOW, **setting: Any) -> tuple[OrderState, tuple[Despatch, ...]]:
    rule = Rule.of(settings(**setting), now)
    (one,) = orders(parse(text))
    return order_state(one, rule), despatches(one, rule)


def state(*invoices: str, **setting: Any) -> OrderState:
    return read(record(f"<INVOICES>{''.join(invoices)}</INVOICES>", complete="-1"), **setting)[0]


def left(*invoices: str, **setting: Any) -> tuple[Despatch, ...]:
    return read(record(f"<INVOICES>{''.join(invoices)}</INVOICES>"), **setting)[1]


MUGS = items(("MUG", "2"))
SHIPPED: dict[str, Any] = {
    "SHIP_DATE": "04/11/2026",
    "CONSIGNMENT_REF": "T1",
    "TRACKING_URL": "https://track.example/T1",
}


def test_an_invoice_with_a_ship_date_is_a_despatch() -> None:
    """SHO-8: what the shop needs to tell the customer: goods, courier, tracking."""
    (found,) = left(invoice(MUGS, COURIER="RM48", **SHIPPED))
    assert found.despatch_id.startswith("INV1:")
    assert found == Despatch(
        ref="S5001",
        sales_order_code="SO1",
        despatch_id=found.despatch_id,
        despatched_at=datetime(2026, 11, 4, tzinfo=UTC),
        courier="RM48",
        tracking_number="T1",
        tracking_url="https://track.example/T1",
        lines=(DespatchLine("MUG", Decimal(2)),),
    )


@pytest.mark.parametrize("stage", [16, 70, 71, 72, 73])
def test_an_issued_invoice_is_a_despatch_even_without_a_ship_date(stage: int) -> None:
    (found,) = left(invoice(MUGS, stage=stage, SHIP_DATE="30/12/1899", ISSUE_DATE="05/11/2026"))
    assert found.despatched_at == datetime(2026, 11, 5, tzinfo=UTC)
    assert found.courier == "Royal Mail 48"


@pytest.mark.parametrize("stage", [9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21])
def test_an_invoice_on_its_way_through_the_warehouse_is_none(stage: int) -> None:
    assert left(invoice(MUGS, stage=stage, SHIP_DATE="1899-12-30")) == ()


def test_a_ship_date_in_the_future_is_a_plan() -> None:
    assert left(invoice(MUGS, SHIP_DATE="06/11/2026")) == ()
    assert len(left(invoice(MUGS, SHIP_DATE="05/11/2026"))) == 1


def test_despatched_is_a_rule_of_the_site() -> None:
    assert left(invoice(MUGS, **SHIPPED), despatched_when_ship_date=False) == ()
    assert left(invoice(MUGS, stage=16), despatched_stages=[70]) == ()
    assert len(left(invoice(MUGS, stage=14), despatched_stages=[14])) == 1


def test_a_site_that_tracks_everything_waits_for_the_consignment() -> None:
    assert left(invoice(MUGS, stage=16), despatched_needs_consignment=True) == ()
    assert len(left(invoice(MUGS, stage=16, CONSIGNMENT_REF="T1"), despatched_needs_consignment=True)) == 1


def test_a_cancelled_invoice_never_left() -> None:
    assert left(invoice(MUGS, stage=1, **SHIPPED)) == ()


def test_part_shipments_are_despatches_of_their_own() -> None:
    """S-28: the rest of the order stays open until its own invoice leaves."""
    first = invoice(items(("MUG", "1")), **SHIPPED)
    second = invoice(items(("MUG", "1")), stage=18, code="INV2")
    (found,) = left(first, second)
    assert found.lines == (DespatchLine("MUG", Decimal(1)),)
    both = left(first, invoice(items(("MUG", "1")), stage=70, code="INV2"))
    assert both[0] == found
    assert len({one.despatch_id for one in both}) == 2


def test_boxes_are_told_apart_and_the_invoices_items_are_not_told_twice() -> None:
    boxes = box(("MUG", "1"), CONSIGNMENT_REF="B1", COURIER="DPD") + box(
        ("MUG", "1"), ("TEA", "3"), CONSIGNMENT_REF="B2"
    )
    found = left(invoice(boxes + items(("MUG", "2"), ("TEA", "3")), **SHIPPED))
    assert [(one.tracking_number, one.courier, one.lines) for one in found] == [
        ("B1", "DPD", (DespatchLine("MUG", Decimal(1)),)),
        ("B2", "Royal Mail 48", (DespatchLine("MUG", Decimal(1)), DespatchLine("TEA", Decimal(3)))),
    ]


def test_boxes_leave_one_by_one() -> None:
    boxes = (
        box(("MUG", "1"), SHIPPED="-1", CONSIGNMENT_REF="B1")
        + box(("TEA", "1"), SHIPPED="0", CONSIGNMENT_REF="B2")
        + box(("POT", "1"), SHIP_DATE="03/11/2026", CONSIGNMENT_REF="B3")
    )
    assert [one.tracking_number for one in left(invoice(boxes, SHIP_DATE="04/11/2026"))] == ["B1", "B3"]
    assert [one.tracking_number for one in left(invoice(boxes, stage=70))] == ["B1", "B2", "B3"]


def test_boxes_without_contents_leave_the_telling_to_the_invoice() -> None:
    (found,) = left(invoice(box(SHIPPED="-1", CONSIGNMENT_REF="B1") + MUGS))
    assert (found.tracking_number, found.lines) == ("B1", (DespatchLine("MUG", Decimal(2)),))
    assert left(invoice(box(SHIPPED="-1") + box(SHIPPED="0") + MUGS)) == ()


def test_boxes_under_one_number_are_one_consignment() -> None:
    """SHO-9: a shop recognises a parcel by its number, so two alike would be told once and one never."""
    two = box(("MUG", "1"), SHIPPED="-1", CONSIGNMENT_REF="B1") * 2
    first, second, other = left(invoice(two + box(("MUG", "1"), ("TEA", "1"), SHIPPED="-1", CONSIGNMENT_REF="B2")))
    assert first.lines == second.lines == (DespatchLine("MUG", Decimal(2)),)
    assert other.lines == (DespatchLine("MUG", Decimal(1)), DespatchLine("TEA", Decimal(1)))
    assert len({first.despatch_id, second.despatch_id, other.despatch_id}) == 3


def test_a_box_that_leaves_later_under_the_same_number_is_a_despatch_with_all_of_them() -> None:
    """SHO-9: whichever box goes first; the shop tells what it does not yet know under the number."""
    gone, waiting = (box(("MUG", "1"), SHIPPED=flag, CONSIGNMENT_REF="B1") for flag in ("-1", "0"))
    first, second = left(invoice(gone + gone))
    for boxes, early in ((gone + waiting, first), (waiting + gone, second)):
        (alone,) = left(invoice(boxes))
        assert alone.despatch_id == early.despatch_id
        assert alone.lines == (DespatchLine("MUG", Decimal(1)),)
    assert second.lines == (DespatchLine("MUG", Decimal(2)),)


def test_invoices_of_one_order_under_one_number_are_one_consignment() -> None:
    both = left(invoice(MUGS, **SHIPPED), invoice(MUGS, code="INV2", **SHIPPED))
    assert [one.lines for one in both] == [(DespatchLine("MUG", Decimal(4)),)] * 2
    assert len({one.despatch_id for one in both}) == 2


def test_two_boxes_alike_and_without_a_number_are_two_despatches() -> None:
    twins = box(("MUG", "1"), SHIPPED="-1") * 2
    first, second = left(invoice(twins))
    assert second.despatch_id == f"{first.despatch_id}:2"


def test_a_despatch_keeps_its_id_however_often_and_in_whatever_order_it_is_told() -> None:
    one = left(invoice(items(("MUG", "1.00"), ("TEA", "2")), **SHIPPED))
    other = left(
        invoice(items(("TEA", "2.0"), ("MUG", "1")), stage=71, **SHIPPED), now=datetime(2027, 1, 1, tzinfo=UTC)
    )
    assert one[0].despatch_id == other[0].despatch_id


@pytest.mark.parametrize("boxed", [False, True])
def test_a_number_typed_in_or_corrected_later_makes_no_other_despatch(boxed: bool) -> None:
    """SHO-9: told as another one, it would fulfil units that have not left."""

    def ids(number: str) -> list[str]:
        boxes = box(("MUG", "1"), SHIPPED="-1", CONSIGNMENT_REF=number) * 2 if boxed else MUGS
        return [one.despatch_id for one in left(invoice(boxes, SHIP_DATE="04/11/2026", CONSIGNMENT_REF=number))]

    assert ids("") == ids("T1") == ids("T2")
    assert len(set(ids(""))) == (2 if boxed else 1)


def test_one_code_twice_is_one_line_and_decimals_stay() -> None:
    (found,) = left(invoice(items(("MUG", "1"), ("ROPE", "90.50"), ("MUG", "1")), **SHIPPED))
    assert found.lines == (DespatchLine("MUG", Decimal(2)), DespatchLine("ROPE", Decimal("90.5")))


def test_what_was_not_sent_or_came_back_is_in_no_parcel() -> None:
    (found,) = left(invoice(items(("MUG", "1"), ("TEA", "0"), ("POT", "-1")), **SHIPPED))
    assert [line.stock_code for line in found.lines] == ["MUG"]
    assert left(invoice(items(("MUG", "0")), **SHIPPED)) == ()


def test_a_stage_that_goes_backwards_untells_nothing() -> None:
    """The source stops telling the despatch; nothing says that it did not happen."""
    forward, back = invoice(MUGS, stage=16), invoice(MUGS, stage=12)
    assert len(left(forward)) == 1
    assert left(back) == ()
    assert (state(forward).complete, state(back).complete) == (True, False)


def test_complete_needs_every_living_invoice_to_have_left() -> None:
    assert state(invoice(MUGS, stage=70), invoice(MUGS, stage=1, code="INV2")).complete
    assert not state(invoice(MUGS, stage=70), invoice(MUGS, stage=18, code="INV2")).complete
    assert not read(record(f"<INVOICES>{invoice(MUGS, stage=70)}</INVOICES>"))[0].complete


def test_stages_are_told_as_they_are() -> None:
    assert state(invoice(stage=70), invoice(stage=18, code="INV2")).stages == ("70", "18")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("", False),
        ("<CANCELLED/>", False),
        ("<CANCELLED><CANCELLED_DATE_TIME>1899-12-30T00:00:00</CANCELLED_DATE_TIME><REASON/></CANCELLED>", False),
        ("<CANCELLED><CANCELLED_DATE_TIME>2026-11-03T10:00:00</CANCELLED_DATE_TIME></CANCELLED>", True),
        ("<CANCELLED><REASON>Out of stock</REASON></CANCELLED>", True),
        (f"<INVOICES>{invoice(stage=1)}</INVOICES>", True),
        ("<INVOICES/>", False),
    ],
)
def test_cancelled_means_that_something_is_said_about_it(tag: str, expected: bool) -> None:
    assert read(record(tag))[0].cancelled is expected


def test_a_cancellation_keeps_its_reason() -> None:
    cancelled = "<CANCELLED><REASON><![CDATA[Customer & co]]></REASON><Unheard/></CANCELLED>"
    assert read(record(cancelled))[0].reason == "Customer & co"


def test_credit_notes_and_counter_sales_are_none_of_ours() -> None:
    text = (
        '<STATUS_LIST><ORDER_STATUS SORDER_CODE="C1" ASSOCIATED_REF="S1"><ORDER_TYPE TYPE_ID="2"/></ORDER_STATUS>'
        '<ORDER_STATUS SORDER_CODE="SO2" ASSOCIATED_REF=""/><UNHEARD/></STATUS_LIST>'
    )
    assert list(orders(parse(text))) == []


@pytest.mark.parametrize(
    "broken",
    [
        f"<INVOICES>{invoice(MUGS, SHIP_DATE='soon')}</INVOICES>",
        f"<INVOICES>{invoice(items(('MUG', 'two')), **SHIPPED)}</INVOICES>",
        f"<INVOICES>{invoice(items(('', '1')), **SHIPPED)}</INVOICES>",
        f"<INVOICES>{invoice(MUGS, code='', **SHIPPED)}</INVOICES>",
        f"<INVOICES>{invoice(QTY_SENT='2', **SHIPPED)}</INVOICES>",
        "<COMPLETE>perhaps</COMPLETE>",
    ],
)
def test_a_record_that_cannot_be_understood_says_why(broken: str) -> None:
    text = record(broken).replace("<COMPLETE>0</COMPLETE>", "") if "perhaps" in broken else record(broken)
    with pytest.raises(UnintelligibleError) as caught:
        read(text)
    assert len(str(caught.value)) > 10


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="<&\"'\ufffe\uffff"), max_size=12))
def test_any_text_in_any_figure_is_read_or_refused(text: str) -> None:
    for field in ("SHIP_DATE", "QTY_SENT", "INVOICE_DATE"):
        try:
            told, found = read(record(f"<INVOICES>{invoice(MUGS, stage=16, **{field: text})}</INVOICES>"))
        except UnintelligibleError:
            continue
        assert told.ref == "S5001"
        assert len(found) == 1
