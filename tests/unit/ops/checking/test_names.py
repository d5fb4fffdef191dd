"""Names that a channel's table takes from other systems, held against what those have."""

import pytest
from examples import rules

from khaossync.domain.findings import Finding, Severity
from khaossync.ops.checking.names import Offers, names, offers

THERE: Offers = {
    ("khaos", "sales sources"): ("Web", "Phone"),
    ("khaos", "company classes"): ("Retail",),
    ("khaos", "couriers"): ("RM48", "Royal Mail 48", "DPD"),
    ("khaos", "site names"): ("Main",),
    ("khaos", "sites"): ("1", "2"),
    ("shop", "locations"): ("loc-1", "loc-2", "loc-3"),
    ("shop", "selling locations"): ("loc-1",),
    ("shop", "currencies"): ("GBP",),
}


def test_a_table_that_names_only_what_there_is_has_no_finding() -> None:
    assert list(names(rules(), THERE)) == []


@pytest.mark.parametrize(
    ("changes", "key", "word"),
    [
        ({"sales_source": "web"}, "sales_source", "write 'Web'"),
        ({"company_class": "Trade"}, "company_class", "to one of: Retail"),
        ({"couriers": {"Standard": "RM48", "Express": "dpd "}}, "couriers", "write 'DPD'"),
        ({"default_courier": "FEDEX"}, "default_courier", "RM48"),
        ({"site": "Man"}, "site", "write 'Main'"),
        ({"sites": {"loc-1": ("1", "7")}}, "sites", "to one of: 1, 2"),
        ({"sites": {"loc-1": ("1",), "loc-9": ("2",)}}, "sites", "loc"),
    ],
)
def test_a_name_that_a_system_does_not_have_is_found_with_the_one_that_is_meant(
    changes: dict[str, object], key: str, word: str
) -> None:
    """S-8, S-39: told before an order is refused for it."""
    (bad,) = names(rules(**changes), THERE)
    assert (bad.severity, bad.subject) == (Severity.FAIL, key)
    assert word in bad.remedy


def test_what_could_not_be_asked_for_is_not_judged() -> None:
    assert list(names(rules(sales_source="anything", sites={"nowhere": ("9",)}), {})) == []


def test_a_site_whose_stock_is_not_read_cannot_feed_a_location() -> None:
    """SHO-10: its units would silently count as none."""
    only_one = dict(THERE) | {("khaos", "sites"): ("1",)}
    (bad,) = names(rules(sites={"loc-1": ("1", "2")}), only_one)
    assert "'2'" in bad.detail


def test_a_location_that_sells_and_is_not_mapped_and_one_that_is_mapped_and_does_not_sell_are_told() -> None:
    told = list(names(rules(sites={"loc-2": ("1",)}), THERE))
    assert [(one.severity, one.items) for one in told] == [(Severity.WARN, ("loc-1",)), (Severity.WARN, ("loc-2",))]
    assert all(one.remedy for one in told)


def test_a_shop_in_a_currency_that_is_not_taken_would_have_every_order_held() -> None:
    (bad,) = names(rules(currencies=frozenset({"EUR"})), THERE)
    assert bad.severity is Severity.FAIL
    assert 'currencies = ["GBP"]' in bad.remedy


def test_offers_are_gathered_by_system_and_subject() -> None:
    told = {"khaos": [Finding.ok("couriers", "two", offers=["A", "B"]), Finding.ok("version", "8")]}
    assert offers(told) == {("khaos", "couriers"): ("A", "B")}
