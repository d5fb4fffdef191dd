"""Addresses go into Khaos Control's fields without losing a word, or are refused with the field's name."""

import examples
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import Customer
from khaossync.erp.khaosws.addresses import Fields, fields

CUSTOMER = Customer("7", "test@example.com", "Test", "Customer", "0113 496 0000")


def fitted(**changes: str) -> Fields:
    return fields("invoice address", examples.address(**changes), CUSTOMER)


def bare(text: str) -> str:
    return "".join(text.replace(",", "").split())


def street(**changes: str) -> list[str]:
    told = fitted(**changes)
    return [told[f"ADDRESS{line}"] for line in (1, 2, 3)]


def test_lines_that_fit_stay_as_written() -> None:
    assert street(line1="Flat 2", line2="1 High Street") == ["Flat 2", "1 High Street", ""]


def test_a_long_line_flows_over_the_third() -> None:
    long = "Unit 14 The Old Brewery Business Park"
    assert street(line1=long, line2="Brewery Lane") == ["Unit 14 The Old Brewery Business", "Park", "Brewery Lane"]


def test_two_long_lines_flow_together_where_that_is_the_only_way() -> None:
    told = street(line1="Unit 14 The Old Brewery Business Park East", line2="Long Brewery Lane off Main Street North")
    assert told == ["Unit 14 The Old Brewery Business", "Park East Long Brewery Lane off", "Main Street North"]


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=60)


@given(TEXT, TEXT)
def test_no_word_of_a_street_is_lost(line1: str, line2: str) -> None:
    try:
        told = street(line1=line1, line2=line2)
    except RejectedError as refused:
        told = [refused.evidence["text"]]
    assert bare(" ".join(told)) == bare(line1 + line2)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"line1": "", "line2": ""}, "street"),
        ({"line1": "x" * 36}, "street"),
        ({"line1": "word " * 30}, "street"),
        ({"town": ""}, "town"),
        ({"town": "x" * 36}, "town"),
        ({"county": "x" * 36}, "county"),
        ({"postcode": "12345678901"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"country_code": ""}, "country"),
        ({"forename": "x" * 51}, "forename"),
        ({"surname": "x" * 51}, "surname"),
        ({"company": "x" * 51}, "company"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, str], field: str) -> None:
    with pytest.raises(RejectedError) as caught:
        fitted(**changes)
    assert caught.value.case_class is CaseClass.ADDRESS_DOES_NOT_FIT
    assert caught.value.evidence["field"] == f"invoice address: {field}"
    assert caught.value.final


def test_an_error_names_the_field_and_only_its_evidence_shows_the_text() -> None:
    """Errors are logged, and logs hold nobody's address."""
    with pytest.raises(RejectedError) as caught:
        fitted(line1="14 Secret Mews, " + "x" * 40)
    assert "Secret" not in str(caught.value)
    assert "Secret" in caught.value.evidence["text"]


def test_a_country_without_postcodes_gets_the_vendors_stand_in() -> None:
    assert fitted(postcode="", country_code="HK")["POSTCODE"] == "."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"surname": ""}, ("", "Test")),
        ({"forename": "", "surname": ""}, ("", "Customer")),
        ({"forename": "Test", "surname": "O'Customer-Smith"}, ("Test", "O'Customer-Smith")),
    ],
)
def test_a_missing_surname_is_never_a_placeholder(changes: dict[str, str], expected: tuple[str, str]) -> None:
    """S-6: a placeholder would make strangers look alike to the ERP's customer matching."""
    told = fitted(**changes)
    assert (told["FORENAME"], told["SURNAME"]) == expected


def test_nobody_at_all_is_refused() -> None:
    with pytest.raises(RejectedError, match="surname is missing"):
        fields("invoice address", examples.address(forename="", surname=""), Customer("", "", "", "", ""))


def test_blanks_are_tidied_and_the_customers_telephone_stands_in() -> None:
    told = fitted(town="  Leeds \n ", telephone="")
    assert (told["TOWN"], told["TEL"]) == ("Leeds", "0113 496 0000")
