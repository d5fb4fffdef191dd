"""Addresses fitted into Khaos Control's fields without losing a word, or refused with the name of the field."""

import textwrap
from collections.abc import Sequence

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import Address, Customer
from khaossync.erp.khaosws.markup import legal

LINE, NAME, POSTCODE, EMAIL = 35, 50, 10, 50
"""Characters per field; a longer text makes the whole import fail (Web Integration Guide v7.8d, p27)."""

_LINES = 3
_HOME = "GB"
_NO_POSTCODE = "."

Fields = dict[str, str]
"""Field name without its I or D → text."""


def misfit(field: str, text: str, why: str) -> RejectedError:
    """A field that Khaos Control cannot take as it is; only the evidence shows it, for errors are logged."""
    return RejectedError(
        f"{field} {why}; correct it in the shop's order",
        CaseClass.ADDRESS_DOES_NOT_FIT,
        evidence={"field": field, "text": text},
    )


def fit(field: str, text: str, limit: int) -> str:
    """The text with its blanks tidied. Raises RejectedError when it is longer than the field: nothing is cut off."""
    tidy = " ".join(legal(text).split())
    if len(tidy) > limit:
        raise misfit(field, tidy, f"has {len(tidy)} characters and Khaos Control takes {limit}")
    return tidy


def fields(role: str, address: Address, customer: Customer) -> Fields:
    """An address with its contact, by field. `role` names it in errors: \"invoice address\".

    Raises RejectedError (ADDRESS_DOES_NOT_FIT) naming the field that is missing or too long.
    """
    lines = _street(role, address)
    forename, surname = _names(role, address, customer)
    return {
        "ADDRESS1": lines[0],
        "ADDRESS2": lines[1],
        "ADDRESS3": lines[2],
        "TOWN": _needed(f"{role}: town", fit(f"{role}: town", address.town, LINE)),
        "COUNTY": fit(f"{role}: county", address.county, LINE),
        "POSTCODE": _postcode(role, address),
        # Blank would silently be the system's own country.
        "COUNTRY_CODE": _needed(f"{role}: country", fit(f"{role}: country", address.country_code, 3)),
        "FORENAME": forename,
        "SURNAME": surname,
        "TEL": " ".join((address.telephone or customer.telephone).split()),
        "EMAIL": fit("e-mail", customer.email, EMAIL),
        "ORGANISATION": fit(f"{role}: company", address.company, NAME),
    }


def _street(role: str, address: Address) -> Sequence[str]:
    """Lines as the customer wrote them where they fit, else flowed over the three lines at word ends."""
    written = [tidy for line in (address.line1, address.line2) if (tidy := " ".join(legal(line).split()))]
    _needed(f"{role}: street", "".join(written))
    for lines in ([part for line in written for part in _wrapped(line)], _wrapped(" ".join(written))):
        if len(lines) <= _LINES and all(len(line) <= LINE for line in lines):
            return [*lines, *("" for _ in range(_LINES - len(lines)))]
    raise misfit(f"{role}: street", ", ".join(written), f"does not fit {_LINES} lines of {LINE} characters")


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, LINE, break_long_words=False, break_on_hyphens=False)


def _names(role: str, address: Address, customer: Customer) -> tuple[str, str]:
    """Khaos Control needs a surname; a placeholder would make strangers look alike to its customer matching."""
    forename = fit(f"{role}: forename", address.forename, NAME)
    surname = fit(f"{role}: surname", address.surname, NAME)
    if surname:
        return forename, surname
    stand_in = (
        forename or fit("customer: surname", customer.surname, NAME) or fit(f"{role}: company", address.company, NAME)
    )
    return "", _needed(f"{role}: surname", stand_in)


def _postcode(role: str, address: Address) -> str:
    """Countries without postcodes get the vendor's own stand-in."""
    postcode = fit(f"{role}: postcode", address.postcode, POSTCODE)
    if not postcode and address.country_code.strip().upper() != _HOME:
        return _NO_POSTCODE
    return _needed(f"{role}: postcode", postcode)


def _needed(field: str, text: str) -> str:
    if not text:
        raise misfit(field, text, "is missing, and Khaos Control needs it")
    return text
