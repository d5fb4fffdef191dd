"""Who buys and where it goes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """What a shopper types about themself."""

    first_name: str = "Test"
    last_name: str = "Customer"
    email: str | None = "customer@example.com"
    phone: str | None = None


@dataclass(frozen=True)
class Address:
    """A postal address; `country_code_v2` is ISO 3166."""

    first_name: str | None = "Test"
    last_name: str | None = "Customer"
    company: str | None = None
    address1: str | None = "1 Test Street"
    address2: str | None = None
    city: str | None = "Testham"
    province: str | None = None
    province_code: str | None = None
    zip: str | None = "TE1 1ST"
    country: str | None = "United Kingdom"
    country_code_v2: str | None = "GB"
    phone: str | None = None


@dataclass(frozen=True)
class Company:
    """A business that buys."""

    name: str
    vat_id: str | None = None
