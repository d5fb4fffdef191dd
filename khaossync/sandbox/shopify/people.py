"""Who buys and where it goes: customers, addresses, companies."""

from dataclasses import dataclass, field
from datetime import datetime

from khaossync.sandbox.shopify.ids import gid


@dataclass(frozen=True)
class Person:
    """What a shopper types about themself."""

    first_name: str = "Test"
    last_name: str = "Customer"
    email: str | None = "customer@example.com"
    phone: str | None = None


@dataclass(frozen=True)
class Address:
    """A postal address; `country_code` is ISO 3166."""

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
    number: int = 1

    typename = "MailingAddress"

    @property
    def id(self) -> str:
        """Shopify's id of an address on an order."""
        return gid(self.typename, self.number) + "?model_name=Address"

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    @property
    def formatted(self) -> list[str]:
        """The lines of the label, without the name."""
        town = " ".join(part for part in (self.city, self.zip) if part)
        return [part for part in (self.company, self.address1, self.address2, town, self.country) if part]


@dataclass(frozen=True)
class Company:
    """A business that buys on account; the external ids are where a merchant keeps the ERP's customer code."""

    name: str
    external_id: str | None = None
    location_name: str | None = None
    location_external_id: str | None = None
    net_days: int | None = None


@dataclass(eq=False)
class Customer:
    """A customer as the shop keeps it."""

    number: int
    person: Person
    default_address: Address | None
    created_at: datetime
    updated_at: datetime
    tags: list[str] = field(default_factory=list)

    typename = "Customer"
    locale = "en"
    note = None
    tax_exempt = False

    @property
    def display_name(self) -> str:
        """First and last name, or the e-mail address."""
        return f"{self.person.first_name} {self.person.last_name}".strip() or str(self.person.email)


@dataclass(eq=False)
class CompanyRecord:
    """A company, its one location and its one contact, as the shop keeps them."""

    number: int
    location_number: int
    contact_number: int
    told: Company
    customer: Customer
    address: Address | None
    created_at: datetime
    updated_at: datetime
