"""The catalogue of the shop against the one of the ERP, before anybody orders."""

from typing import Any

from examples import listing, rules, stock_item

from khaossync.domain.findings import Finding, Severity
from khaossync.domain.stock import Listing, StockItem
from khaossync.ops.checking.catalogue import catalogue
from khaossync.ops.checking.codes import codes
from khaossync.ops.checking.delivery import delivery


def items(*kept: StockItem) -> dict[str, StockItem]:
    return {item.stock_code: item for item in kept}


def told(listings: list[Listing], kept: dict[str, StockItem], **changes: Any) -> dict[str, Finding]:
    found = {one.subject: one for one in catalogue(rules(**changes), listings, kept)}
    assert all(one.remedy for one in found.values() if one.severity is not Severity.OK)
    return found


def bad(listings: list[Listing], kept: dict[str, StockItem], **changes: Any) -> dict[str, tuple[str, ...]]:
    """Subject → items of what a person must look at."""
    found = told(listings, kept, **changes)
    return {subject: one.items for subject, one in found.items() if one.severity is not Severity.OK}


def test_catalogues_that_fit_are_counted() -> None:
    found = told([listing("MUG")], items(stock_item("MUG"), stock_item("CUP")))
    assert found["catalogue"].detail == "1 SKUs here, 2 stock codes in khaos"
    assert {one.severity for one in found.values()} == {Severity.OK}


def test_a_sku_without_stock_code_is_found_before_it_is_ordered() -> None:
    """ADB-26, SHO-11, SHW-26, S-5."""
    assert bad([listing("GHOST"), listing("MUG")], items(stock_item("MUG"))) == {"SKUs without stock code": ("GHOST",)}


def test_a_sku_that_differs_in_case_or_blanks_only_is_suggested_as_a_line_of_the_table() -> None:
    """S-37: it drifted, or was typed so."""
    kept = items(stock_item("TEE-RED-L"), stock_item("MUG"))
    found = bad([listing("tee-red -L"), listing("MUG")], kept)
    assert found == {"SKUs nearly alike": ('"tee-red -L" = "TEE-RED-L"',)}


def test_nothing_is_suggested_that_another_sku_sells_already_or_that_is_in_doubt() -> None:
    taken = bad([listing("mug"), listing("MUG")], items(stock_item("MUG")))
    assert taken == {"SKUs without stock code": ("mug",)}
    doubtful = bad([listing("mug")], items(stock_item("MUG"), stock_item("Mug")))
    assert doubtful == {"SKUs without stock code": ("mug",)}


def test_a_mapped_sku_is_judged_by_its_stock_code() -> None:
    kept = items(stock_item("TS-R-L"))
    assert bad([listing("TSHIRT")], kept, skus={"TSHIRT": "TS-R-L"}) == {}
    assert bad([listing("TSHIRT")], kept, skus={"TSHIRT": "TS-X"}) == {"SKUs without stock code": ("TSHIRT",)}


def test_two_skus_for_one_stock_code_are_one_too_many() -> None:
    found = bad([listing("MUG"), listing("OLD-MUG")], items(stock_item("MUG")), skus={"OLD-MUG": "MUG"})
    assert found == {"shared stock codes": ("MUG (stock code MUG stands for OLD-MUG)",)}


def test_a_bundle_needs_every_part() -> None:
    both = {"SET": {"MUG": 1, "CUP": 2}}
    assert bad([listing("SET")], items(stock_item("MUG"), stock_item("CUP")), bundles=both) == {}
    assert bad([listing("SET")], items(stock_item("MUG")), bundles=both) == {"SKUs without stock code": ("SET",)}


def test_withdrawn_goods_duplicates_and_untracked_variants_are_named() -> None:
    """SHO-10."""
    kept = items(stock_item("OLD", discontinued=True), stock_item("TWIN"), stock_item("FREE"), stock_item("POST"))
    kept |= items(stock_item("POST", controlled=False))
    listings = [listing("OLD"), listing("TWIN", duplicates=("gid-2",))]
    listings += [listing("FREE", tracked=False), listing("POST", tracked=False)]
    assert bad(listings, kept) == {
        "withdrawn goods": ("OLD",),
        "duplicate SKUs": ("TWIN (2 variants)",),
        "untracked variants": ("FREE",),
    }


def test_what_the_erp_marks_for_the_web_and_nobody_lists_is_named() -> None:
    kept = items(
        stock_item("MUG", web=True),
        stock_item("CUP", web=True),
        stock_item("BOX", web=False),
        stock_item("GONE", web=True, discontinued=True),
        stock_item("DISCOUNT", web=True, controlled=False),
    )
    assert bad([listing("MUG")], kept) == {"unlisted goods": ("CUP",)}


def test_an_erp_without_such_a_mark_is_not_judged_by_it() -> None:
    assert "does not tell" in told([], items(stock_item("CUP")))["unlisted goods"].detail


def severities(found: list[Finding]) -> dict[str, Severity]:
    return {one.subject: one.severity for one in found}


def test_codes_of_money_must_be_there_and_hold_no_stock() -> None:
    kept = items(
        stock_item("DISCOUNT", controlled=False),
        stock_item("TIP"),
        stock_item("OLD", controlled=False, discontinued=True),
        stock_item("GONE", controlled=False, deleted=True),
    )
    chosen = rules(money_codes={"tip": "TIP", "gift_card": "CARD", "duties": "OLD", "rounding": "GONE"})
    assert severities(list(codes(chosen, kept))) == {
        "discount_code": Severity.OK,
        "money_codes.tip": Severity.FAIL,
        "money_codes.gift_card": Severity.FAIL,
        "money_codes.duties": Severity.FAIL,
        "money_codes.rounding": Severity.FAIL,
    }


def test_stock_codes_that_the_table_names_must_exist() -> None:
    kept = items(stock_item("DISCOUNT", controlled=False), stock_item("A"))
    chosen = rules(skus={"one": "A", "two": "B"}, bundles={"SET": {"A": 1, "C": 2}})
    found = {one.subject: one for one in codes(chosen, kept)}
    assert (found["skus"].severity, found["skus"].items) == (Severity.FAIL, ("B", "C"))
    good = rules(skus={"one": "A"})
    assert severities(list(codes(good, kept)))["skus"] is Severity.OK


def test_a_delivery_method_without_courier_is_found_with_how_often_it_was_chosen() -> None:
    """SHW-F3, S-8."""
    (found,) = delivery(rules(), {"Standard": 9, "Next day": 4})
    assert (found.severity, found.items) == (Severity.WARN, ("Next day (4 orders)",))


def test_a_default_courier_takes_them_all_and_it_is_told_which() -> None:
    (found,) = delivery(rules(default_courier="DPD"), {"Next day": 4})
    assert found.severity is Severity.OK
    assert "Next day" in found.detail


def test_methods_that_are_mapped_or_were_never_seen_are_well() -> None:
    assert severities(list(delivery(rules(), {"Standard": 2}))) == {"delivery methods": Severity.OK}
    assert severities(list(delivery(rules(), {}))) == {"delivery methods": Severity.OK}
