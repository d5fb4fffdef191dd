"""The customer file: who an imported order belongs to."""

from itertools import count

from khaossync.sandbox.khaosws.records import Customer
from khaossync.sandbox.khaosws.soap import SoapFaultError


class CustomerFile:
    """Companies, found by code, then other ref, then web user; the first key that hits wins."""

    def __init__(self) -> None:
        self._codes = count(1)
        self._by: dict[str, dict[str, Customer]] = {"COMPANY_CODE": {}, "OTHER_REF": {}, "WEB_USER": {}}

    def match(self, detail: dict[str, str]) -> Customer | None:
        """The customer that an order's CUSTOMER_DETAIL tags mean, None for somebody new."""
        if detail["IS_NEW_CUSTOMER"] == "-1":
            return None
        for key, customers in self._by.items():
            found = customers.get(detail.get(key, ""))
            if found is not None:
                return found
        return None

    def check_currency(self, customer: Customer | None, currency: str) -> None:
        """An order cannot differ from its customer's currency: a fault."""
        if customer is not None and currency != customer.currency:
            raise SoapFaultError(
                f"Order currency {currency} differs from customer {customer.code}: {customer.currency}"
            )

    def add(self, detail: dict[str, str], name: str, company_class: str, currency: str) -> Customer:
        """A new company with the next URN."""
        code = f"C{next(self._codes):06d}"
        other_ref, web_user = detail.get("OTHER_REF", ""), detail.get("WEB_USER", "")
        customer = Customer(code, other_ref, web_user, company_class, currency, name)
        for key, value in (("COMPANY_CODE", code), ("OTHER_REF", other_ref), ("WEB_USER", web_user)):
            if value:
                self._by[key].setdefault(value, customer)
        return customer
