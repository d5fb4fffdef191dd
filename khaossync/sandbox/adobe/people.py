"""Who buys and where it goes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """What a shopper types about themself. A `guest` has no account; `tax_number` is a VAT number."""

    first_name: str = "Test"
    last_name: str = "Customer"
    email: str | None = "customer@example.com"
    phone: str | None = None
    guest: bool = True
    tax_number: str | None = None


@dataclass(frozen=True)
class Address:
    """A postal address; `country_code_v2` is ISO 3166. `address2` is the second line of the street."""

    first_name: str | None = "Test"
    last_name: str | None = "Customer"
    company: str | None = None
    address1: str | None = "1 Test Street"
    address2: str | None = None
    city: str | None = "Testham"
    province: str | None = None
    zip: str | None = "TE1 1ST"
    country_code_v2: str | None = "GB"
    phone: str | None = "01632 960000"
