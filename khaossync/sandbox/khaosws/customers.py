"""The customer file: who an imported order belongs to, and what is known of them."""

from collections.abc import Iterator, Mapping
from itertools import count

from khaossync.sandbox.khaosws.records import Customer
from khaossync.sandbox.khaosws.soap import SoapFaultError

_MATCHED = ("COMPANY_CODE", "OTHER_REF", "WEB_USER")


class CustomerFile:
    """Companies, found by code, then other ref, then web user; the first key that hits wins."""

    def __init__(self) -> None:
        self._codes = count(1)
        self._by: dict[str, dict[str, Customer]] = {key: {} for key in (*_MATCHED, "COMPANY_NAME")}

    def __iter__(self) -> Iterator[Customer]:
        return iter(self._by["COMPANY_CODE"].values())

    def find(self, key: str, value: str) -> Customer | None:
        """The customer by one of COMPANY_CODE, OTHER_REF, WEB_USER, COMPANY_NAME."""
        return self._by[key].get(value)

    def match(self, detail: Mapping[str, str]) -> Customer | None:
        """The customer that an order's CUSTOMER_DETAIL tags mean, None for somebody new."""
        if detail["IS_NEW_CUSTOMER"] == "-1":
            return None
        found = (self.find(key, detail.get(key, "")) for key in _MATCHED)
        return next((customer for customer in found if customer is not None), None)

    def check_currency(self, customer: Customer | None, currency: str) -> None:
        """An order cannot differ from its customer's currency: a fault."""
        if customer is not None and currency != customer.currency:
            raise SoapFaultError(
                f"Order currency {currency} differs from customer {customer.code}: {customer.currency}"
            )

    def next_code(self) -> str:
        """A URN that nobody has."""
        return next(
            code for code in (f"C{number:06d}" for number in self._codes) if not self.find("COMPANY_CODE", code)
        )

    def add(self, customer: Customer) -> Customer:
        """Take up a company; where two share a name or a ref, the first answers to it."""
        names = (customer.code, customer.other_ref, customer.web_user, customer.name)
        for customers, name in zip(self._by.values(), names, strict=True):
            if name:
                customers.setdefault(name, customer)
        return customer
