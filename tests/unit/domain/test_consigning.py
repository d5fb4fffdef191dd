"""What left the warehouse finds the order lines that sold it."""

from decimal import Decimal

import pytest
from examples import despatch, link, stock_item
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.cases import CaseClass
from khaossync.domain.consigning import consignment
from khaossync.domain.despatch import Consignment, ConsignmentLine, Despatch, DespatchLine
from khaossync.domain.errors import RejectedError
from khaossync.domain.links import Link, SentLine

D = Decimal
ITEMS = {
    "MUG": stock_item("MUG"),
    "PLATE": stock_item("PLATE"),
    "SET": stock_item("SET", pack={"MUG": D(2), "PLATE": D(1)}),
    "DUO": stock_item("DUO", pack={"MUG": D(2)}),
    "DISCOUNT": stock_item("DISCOUNT", controlled=False),
}


def sold(**quantities: int) -> Link:
    """An order of these stock codes, one line each, sold under the SKU in lower case."""
    return link(lines=tuple(SentLine(f"line-{code}", code.lower(), code, units) for code, units in quantities.items()))


def sent(**quantities: object) -> Despatch:
    return despatch(lines=tuple(DespatchLine(code, D(str(units))) for code, units in quantities.items()))


def told(what: Despatch, order: Link) -> dict[str, int]:
    return {line.sku: line.quantity for line in consignment(what, order, ITEMS).lines}


def refused(what: Despatch, order: Link) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        consignment(what, order, ITEMS)
    assert caught.value.case_class is CaseClass.UNALLOCATED_DESPATCH
    return caught.value


def test_a_despatch_is_told_with_its_tracking_in_the_channel_s_words() -> None:
    """SHO-8, MKP-21: courier and tracking reach the shop."""
    what = despatch(tracking_url="https://track.example/1")
    assert consignment(what, link(), ITEMS) == Consignment(
        order_id="gid://shopify/Order/5001",
        despatch_id="INV1/TRACK1",
        despatched_at=what.despatched_at,
        courier="Royal Mail 48",
        tracking_number="TRACK1",
        tracking_url="https://track.example/1",
        lines=(ConsignmentLine("MUG", ("line-MUG",), 1),),
    )


def test_one_sku_on_two_lines_is_one_entry_with_both() -> None:
    order = link(lines=(SentLine("a", "mug", "MUG", 1), SentLine("b", "mug", "MUG", 2)))
    lines = consignment(sent(MUG=3), order, ITEMS).lines
    assert lines == (ConsignmentLine("mug", ("a", "b"), 3),)


def test_a_code_listed_twice_is_added_up() -> None:
    twice = despatch(lines=(DespatchLine("MUG", D("1.00")), DespatchLine("MUG", D("1.0"))))
    assert told(twice, sold(MUG=2)) == {"mug": 2}


@pytest.mark.parametrize(
    ("despatched", "ordered", "expected"),
    [
        ({"SET": 1, "MUG": 2, "PLATE": 1}, {"SET": 1}, {"set": 1}),
        ({"SET": 1}, {"SET": 1}, {"set": 1}),
        ({"MUG": 2, "PLATE": 1}, {"SET": 1}, {"set": 1}),
        ({"MUG": 4, "PLATE": 2}, {"SET": 2}, {"set": 2}),
        ({"MUG": 2, "PLATE": 1}, {"SET": 2}, {"set": 1}),
        ({"SET": 1, "MUG": 3, "PLATE": 1}, {"SET": 1, "MUG": 1}, {"set": 1, "mug": 1}),
        ({"SET": 1, "MUG": 1}, {"SET": 1, "MUG": 1}, {"set": 1, "mug": 1}),
        ({"MUG": 3, "PLATE": 1}, {"SET": 1, "MUG": 1}, {"set": 1, "mug": 1}),
        ({"MUG": 1}, {"SET": 1, "MUG": 1}, {"mug": 1}),
        ({"MUG": 5}, {"MUG": 1, "DUO": 2}, {"duo": 2, "mug": 1}),
        ({"SET": 1, "MUG": 4, "PLATE": 1}, {"DUO": 1, "SET": 1}, {"set": 1, "duo": 1}),
        ({"SET": 1, "PLATE": 1}, {"SET": 1}, {"set": 1}),
        ({"SET": 0, "MUG": 2, "PLATE": 1}, {"SET": 1}, {"set": 1}),
        ({"MUG": 2}, {"DUO": 2}, {"duo": 1}),
    ],
)
def test_the_children_of_a_pack_are_told_as_the_pack(
    despatched: dict[str, int], ordered: dict[str, int], expected: dict[str, int]
) -> None:
    """SHO-F1: the customer ordered the set, whatever the warehouse lists."""
    assert told(sent(**despatched), sold(**ordered)) == expected


@pytest.mark.parametrize("despatched", [{"MUG": 1, "PLATE": 1}, {"MUG": 3, "PLATE": 1}, {"MUG": 2}])
def test_an_incomplete_pack_awaits_a_person(despatched: dict[str, int]) -> None:
    error = refused(sent(**despatched), sold(SET=2))
    assert "completes no pack" in str(error)


def test_a_code_that_was_never_sold_awaits_a_person_with_the_tracking() -> None:
    """S-26, S-28: the goods have left, so somebody must tell the customer."""
    error = refused(sent(MUG=1, VASE=2), sold(MUG=1))
    assert "VASE was not sold" in str(error)
    assert error.evidence == {
        "sales order": "SO100001",
        "reference": "S5001",
        "courier": "Royal Mail 48",
        "tracking": "TRACK1",
        "despatched": "MUG × 1; VASE × 2",
        "sold": "MUG × 1",
        "stock codes": "MUG, VASE",
    }


def test_lines_that_stand_for_money_are_no_goods() -> None:
    assert told(sent(MUG=1, DISCOUNT=1), sold(MUG=1)) == {"mug": 1}


def test_a_sold_item_counts_even_when_its_stock_is_not_controlled() -> None:
    assert told(sent(DISCOUNT=1), sold(DISCOUNT=1)) == {"discount": 1}


@pytest.mark.parametrize("despatched", [{}, {"DISCOUNT": 1}, {"MUG": 0}])
def test_a_despatch_without_goods_is_never_told(despatched: dict[str, int]) -> None:
    """A shop may read an empty list of lines as all of them."""
    assert "nothing that was sold as goods" in str(refused(sent(**despatched), sold(MUG=1)))


@pytest.mark.parametrize("units", ["0.5", "90.50", "-1"])
def test_only_whole_units_can_be_told(units: str) -> None:
    assert "no whole number" in str(refused(sent(MUG=units), sold(MUG=100)))


def test_whole_units_may_be_written_with_decimals() -> None:
    assert told(sent(MUG="90.00"), sold(MUG=90)) == {"mug": 90}


def test_a_pack_record_without_children_is_an_ordinary_item() -> None:
    items = {"BOX": stock_item("BOX", pack={"MUG": D(0)})}
    assert consignment(sent(BOX=1), sold(BOX=1), items).lines[0].quantity == 1
    with pytest.raises(RejectedError):
        consignment(sent(MUG=1), sold(BOX=1), items)


@given(
    sets=st.integers(0, 5),
    duos=st.integers(0, 5),
    mugs=st.integers(0, 5),
    plates=st.integers(0, 5),
    headers_listed=st.booleans(),
)
def test_a_whole_order_despatched_is_a_whole_order_told(
    sets: int, duos: int, mugs: int, plates: int, headers_listed: bool
) -> None:
    ordered = {"SET": sets, "DUO": duos, "MUG": mugs, "PLATE": plates}
    ordered = {code: units for code, units in ordered.items() if units}
    left = {"MUG": 2 * sets + 2 * duos + mugs, "PLATE": sets + plates}
    if headers_listed:
        left |= {"SET": sets, "DUO": duos}
    if ordered:
        expected = {code.lower(): units for code, units in ordered.items()}
        assert told(sent(**left), sold(**ordered)) == expected
