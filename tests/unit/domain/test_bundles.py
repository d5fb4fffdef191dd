"""A bundle that only the shop knows becomes its parts in the ERP, and no penny of it moves."""

from dataclasses import replace
from decimal import Decimal

from examples import VAT, despatch, line, link, order, refund, rules, stock_item
from hypothesis import given, settings
from hypothesis import strategies as st

from khaossync.domain.bundles import bundle_item, sold_codes
from khaossync.domain.composition import compose
from khaossync.domain.consigning import consignment
from khaossync.domain.crediting import credit_note
from khaossync.domain.despatch import DespatchLine
from khaossync.domain.links import SentLine, SentPart
from khaossync.domain.money import ZERO, minor_unit
from khaossync.domain.orders import Discount, Tax
from khaossync.domain.refunds import RefundLine
from khaossync.domain.sales_order import NOTHING, SalesLine
from khaossync.domain.stock import StockItem
from khaossync.domain.unbundling import opened

D = Decimal
RULES = rules(bundles={"SET-1": {"CUP": 2, "TRAY": 1}})
ITEMS = {"CUP": stock_item("CUP", price=D(3)), "TRAY": stock_item("TRAY", price=D(4))}
SENT = SentLine("line-SET-1", "SET-1", "SET-1", 2, (SentPart("CUP", 4, D("12.00")), SentPart("TRAY", 2, D("8.00"))))


def told(lines: tuple[SalesLine, ...]) -> list[tuple[str, int, Decimal]]:
    return [(one.stock_code, one.quantity, one.unit_price) for one in lines]


def bundle(price: str, quantity: int = 1, **changes: object) -> SalesLine:
    base = SalesLine("line-SET-1", "SET-1", "Tea set", quantity, D(price), True, VAT, 1, sku="SET-1")
    return replace(base, **changes)  # type: ignore[arg-type]  # a test's own changes


def test_a_bundle_is_a_pack_of_its_parts_and_nothing_else_is() -> None:
    assert bundle_item("SET-1", RULES) == StockItem("SET-1", "SET-1", pack={"CUP": D(2), "TRAY": D(1)})
    assert bundle_item("CUP", RULES) is None
    assert RULES.bundles_with("CUP") == ("SET-1",)
    assert (sold_codes("SET-1", RULES), sold_codes("CUP", RULES)) == (("CUP", "TRAY"), ("CUP",))


def test_the_bundles_of_a_part_are_found_without_looking_at_all_bundles() -> None:
    """Asked for every stock code of a page."""
    bundles = {"SET-1": {"CUP": 2, "TRAY": 1}, "SET-2": {"CUP": 4}}
    indexed = rules(bundles=bundles)
    bundles.clear()
    assert indexed.bundles_with("CUP") == ("SET-1", "SET-2")
    assert (indexed.bundles_with("TRAY"), indexed.bundles_with("JUG")) == (("SET-1",), ())


def test_an_ordered_bundle_becomes_lines_of_its_parts_at_the_same_price() -> None:
    """SHO-F1: the sales order lists the components; the discount stays a line of its own."""
    discounted = line("SET-1", price="30.00", discounts=(Discount("TEN", D("3.00")),), taxes=(Tax(VAT, D("4.50")),))
    composed = compose(order(lines=(discounted,), tax=D("5.50"), total=D("33.00")), RULES, ITEMS)
    assert told(composed.lines) == [("CUP", 2, D("9.00")), ("TRAY", 1, D("12.00")), ("DISCOUNT", 1, D("-3.00"))]
    assert {one.tax_code for one in composed.lines} == {1}
    parts = (SentPart("CUP", 2, D("18.00")), SentPart("TRAY", 1, D("12.00")))
    assert composed.sent_lines == (SentLine("line-SET-1", "SET-1", "SET-1", 1, parts),)


def test_without_the_erp_s_prices_every_unit_carries_the_same() -> None:
    free = {**ITEMS, "TRAY": stock_item("TRAY", price=D(0))}
    assert told(opened(bundle("18.00"), {"CUP": 2, "TRAY": 1}, free, "GBP")) == [
        ("CUP", 2, D("6.00")),
        ("TRAY", 1, D("6.00")),
    ]


def test_a_share_that_cannot_be_divided_makes_units_a_penny_apart() -> None:
    untaxed = bundle("10.00", tax_rate=D(0))
    assert told(opened(untaxed, {"CUP": 3}, ITEMS, "GBP")) == [("CUP", 2, D("3.33")), ("CUP", 1, D("3.34"))]


def test_where_pennies_would_miss_the_tax_the_shares_are_made_of_amounts_whose_tax_is_exact() -> None:
    """S-11: rounded by line, lines of 3.33, 3.33 and 3.34 have 2.01 of tax where one of 10.00 has 2.00."""
    net = bundle("10.00", gross=False)
    lines = opened(net, {"CUP": 1, "TRAY": 1, "POT": 1}, {**ITEMS, "POT": stock_item("POT")}, "GBP")
    assert sum((one.totals("GBP") for one in lines), NOTHING) == net.totals("GBP")
    assert sum(one.unit_price % D("0.05") != 0 for one in lines) <= 1


@settings(max_examples=500, deadline=None)
@given(
    price=st.integers(0, 200_000),
    quantity=st.integers(1, 40),
    parts=st.dictionaries(st.sampled_from(["A", "B", "C", "D", "E"]), st.integers(1, 12), min_size=1),
    worth=st.lists(st.integers(0, 100_000), min_size=5, max_size=5),
    rate=st.sampled_from([VAT, D(0), D("0.05"), D("0.0725")]),
    gross=st.booleans(),
    currency=st.sampled_from(["GBP", "JPY", "KWD"]),
)
def test_no_penny_and_no_unit_of_a_bundle_is_lost(
    price: int, quantity: int, parts: dict[str, int], worth: list[int], rate: D, gross: bool, currency: str
) -> None:
    """SHO-F1, S-12: Σ price × quantity is the line's, its tax too, and every unit is there once."""
    items = {code: stock_item(code, price=D(each) / 100) for code, each in zip("ABCDE", worth, strict=True)}
    whole = bundle("0", quantity, unit_price=price * minor_unit(currency), tax_rate=rate, gross=gross)
    lines = opened(whole, parts, items, currency)
    assert sum((one.unit_price * one.quantity for one in lines), ZERO) == whole.unit_price * quantity
    assert sum((one.totals(currency) for one in lines), NOTHING) == whole.totals(currency)
    for code, each in parts.items():
        assert sum(one.quantity for one in lines if one.stock_code == code) == each * quantity
    assert all(one.quantity > 0 and one.unit_price >= 0 for one in lines)
    assert all(one.unit_price == one.unit_price.quantize(minor_unit(currency)) for one in lines)


def test_a_price_finer_than_a_penny_keeps_its_fraction() -> None:
    net = bundle("1.005", 3, gross=False)
    lines = opened(net, {"CUP": 2, "TRAY": 1}, ITEMS, "GBP")
    assert sum((one.unit_price * one.quantity for one in lines), ZERO) == D("3.015")


def test_despatched_parts_fulfil_the_bundle_s_own_line() -> None:
    """SHO-F1, SHO-8: the shop hears of the set that it sold, whatever the configuration says since."""
    what = despatch(lines=(DespatchLine("CUP", D(5)), DespatchLine("TRAY", D(2))))
    sold = link(lines=(SENT, SentLine("line-CUP", "CUP", "CUP", 1)))
    assert {one.line_ids: one.quantity for one in consignment(what, sold, ITEMS).lines} == {
        ("line-SET-1",): 2,
        ("line-CUP",): 1,
    }


def test_a_refunded_bundle_is_credited_by_its_parts() -> None:
    """S-15: finance keys stock codes that the ERP knows, and their sums are the money that moved."""
    back = RefundLine("line-SET-1", "SET-1", 1, True, D("10.01"), D("1.67"))
    note = credit_note(refund(lines=(back,), total=D("10.01")), link(lines=(SENT,)), rules())
    assert [(one.stock_code, one.quantity, one.amount, one.tax) for one in note.lines] == [
        ("CUP", 2, D("6.01"), D("1.00")),
        ("TRAY", 1, D("4.00"), D("0.67")),
    ]
    assert note.adjustment == 0


def test_a_bundle_that_was_added_after_sending_is_credited_as_it_is_configured() -> None:
    back = RefundLine("line-new", "SET-1", 2, False, D("30.00"), D("5.00"))
    note = credit_note(refund(lines=(back,), total=D("30.00")), link(lines=()), RULES)
    assert [(one.stock_code, one.quantity, one.amount) for one in note.lines] == [
        ("CUP", 4, D("20.00")),
        ("TRAY", 2, D("10.00")),
    ]
