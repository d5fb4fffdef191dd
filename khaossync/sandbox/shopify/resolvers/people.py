"""Customers, companies, addresses and terms of payment."""

from datetime import timedelta
from typing import Any

from khaossync.sandbox.shopify import figures
from khaossync.sandbox.shopify.orders import Order
from khaossync.sandbox.shopify.paging import listed
from khaossync.sandbox.shopify.people import CompanyRecord, Customer
from khaossync.sandbox.shopify.schema import As, Table


def company(record: CompanyRecord) -> As:
    """The business itself."""
    return As("Company", record, record.number)


def company_location(record: CompanyRecord) -> As:
    """The place of a business that buys."""
    return As("CompanyLocation", record, record.location_number)


def _contact(record: CompanyRecord) -> As:
    return As("CompanyContact", record, record.contact_number)


def _place_of(source: As, _info: Any) -> As | None:
    record = source.record
    return As("CompanyAddress", record, record.location_number) if record.address else None


def _email(customer: Customer, _info: Any) -> dict[str, str] | None:
    return {"emailAddress": customer.person.email} if customer.person.email else None


def _phone(customer: Customer, _info: Any) -> dict[str, str] | None:
    return {"phoneNumber": customer.person.phone} if customer.person.phone else None


def _terms(order: Order, _info: Any) -> As | None:
    return As("PaymentTerms", order, order.number) if order.net_days is not None else None


def _schedule(source: As, _info: Any, **window: Any) -> Any:
    return listed([As("PaymentSchedule", source.record, source.number)], **window)


def _due_at(source: As, _info: Any) -> Any:
    return source.record.created_at + timedelta(days=source.record.net_days)


def _is_due(source: As, info: Any) -> bool:
    return bool(figures.outstanding(source.record)) and info.context.state.now() >= _due_at(source, info)


def _net(source: As, _info: Any) -> str:
    return f"Net {source.record.net_days}"


def _address(name: str) -> Any:
    return lambda source, _info: getattr(source.record.address, name)


TABLE: Table = {
    "Customer.defaultEmailAddress": _email,
    "Customer.defaultPhoneNumber": _phone,
    "Customer.firstName": lambda customer, _: customer.person.first_name,
    "Customer.lastName": lambda customer, _: customer.person.last_name,
    "MailingAddress.id": lambda address, _: address.id,
    "MailingAddress.formatted": lambda address, _: address.formatted,
    "PurchasingCompany.company": lambda record, _: company(record),
    "PurchasingCompany.location": lambda record, _: company_location(record),
    "PurchasingCompany.contact": lambda record, _: _contact(record),
    "Company.createdAt": lambda source, _: source.record.created_at,
    "Company.externalId": lambda source, _: source.record.told.external_id,
    "Company.mainContact": lambda source, _: _contact(source.record),
    "Company.name": lambda source, _: source.record.told.name,
    "Company.note": lambda _source, _: None,
    "Company.updatedAt": lambda source, _: source.record.updated_at,
    "CompanyLocation.billingAddress": _place_of,
    "CompanyLocation.company": lambda source, _: company(source.record),
    "CompanyLocation.createdAt": lambda source, _: source.record.created_at,
    "CompanyLocation.currency": lambda _source, info: info.context.state.currency,
    "CompanyLocation.externalId": lambda source, _: source.record.told.location_external_id,
    "CompanyLocation.name": lambda source, _: source.record.told.location_name or source.record.told.name,
    "CompanyLocation.note": lambda _source, _: None,
    "CompanyLocation.phone": lambda _source, _: None,
    "CompanyLocation.shippingAddress": _place_of,
    "CompanyLocation.updatedAt": lambda source, _: source.record.updated_at,
    "CompanyContact.company": lambda source, _: company(source.record),
    "CompanyContact.customer": lambda source, _: source.record.customer,
    "CompanyContact.isMainContact": lambda _source, _: True,
    "CompanyContact.title": lambda _source, _: None,
    "CompanyAddress.address1": lambda source, _: source.record.address.address1 or "",
    "CompanyAddress.address2": _address("address2"),
    "CompanyAddress.city": _address("city"),
    "CompanyAddress.companyName": lambda source, _: source.record.told.name,
    "CompanyAddress.country": _address("country"),
    "CompanyAddress.countryCode": lambda source, _: source.record.address.country_code_v2 or "ZZ",
    "CompanyAddress.firstName": _address("first_name"),
    "CompanyAddress.lastName": _address("last_name"),
    "CompanyAddress.phone": _address("phone"),
    "CompanyAddress.province": _address("province"),
    "CompanyAddress.recipient": _address("name"),
    "CompanyAddress.zip": _address("zip"),
    "CompanyAddress.zoneCode": _address("province_code"),
    "Order.paymentTerms": _terms,
    "PaymentTerms.due": _is_due,
    "PaymentTerms.dueInDays": lambda source, _: source.record.net_days,
    "PaymentTerms.order": lambda source, _: source.record,
    "PaymentTerms.overdue": _is_due,
    "PaymentTerms.paymentSchedules": _schedule,
    "PaymentTerms.paymentTermsName": _net,
    "PaymentTerms.paymentTermsType": lambda _source, _: "NET",
    "PaymentTerms.translatedName": _net,
    "PaymentSchedule.balanceDue": lambda source, _: figures.outstanding(source.record),
    "PaymentSchedule.completedAt": lambda _source, _: None,
    "PaymentSchedule.due": _is_due,
    "PaymentSchedule.dueAt": _due_at,
    "PaymentSchedule.issuedAt": lambda source, _: source.record.created_at,
    "PaymentSchedule.totalBalance": lambda source, _: figures.current(source.record).total,
}
