"""Who bought, and where it goes."""

from khaossync.channels.shopware.fields import Node
from khaossync.domain.orders import Address, Company, Customer


def customer(order: Node, telephone: str) -> Customer:
    """The person; Shopware keeps a telephone number with addresses only."""
    told = order.node_or_none("orderCustomer") or Node({})
    return Customer(
        customer_id=told.text_or("customerId"),
        email=told.text_or("email"),
        forename=told.text_or("firstName"),
        surname=told.text_or("lastName"),
        telephone=telephone,
    )


def company(order: Node, accounts: bool) -> Company | None:
    """The business, where the shop's companies have accounts in the ERP; its code there is what [companies] maps.

    A company's name alone is what anybody may type at the till, and then it only stands on the address.
    """
    told = order.node_or_none("orderCustomer")
    name = told.text_or("company").strip() if told else ""
    if not told or not name or not accounts:
        return None
    return Company(told.text_or("customerNumber") or told.text_or("customerId"), name)


def address(node: Node | None) -> Address | None:
    """A postal address."""
    if node is None:
        return None
    country, county = node.node_or_none("country"), node.node_or_none("countryState")
    more = (node.text_or("additionalAddressLine1"), node.text_or("additionalAddressLine2"), node.text_or("department"))
    return Address(
        forename=node.text_or("firstName"),
        surname=node.text_or("lastName"),
        company=node.text_or("company"),
        line1=node.text_or("street"),
        line2=", ".join(text for text in more if text),
        town=node.text_or("city"),
        county=county.text_or("name") if county else "",
        postcode=node.text_or("zipcode"),
        country_code=country.text_or("iso") if country else "",
        telephone=node.text_or("phoneNumber"),
    )
