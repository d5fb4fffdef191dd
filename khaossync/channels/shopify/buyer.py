"""Who bought: the person, the business and its terms, the addresses, and how far the shop trusts them."""

from khaossync.channels.shopify.fields import Node
from khaossync.domain.orders import Address, Company, Customer, Risk

_RISKS = {"ACCEPT": Risk.ACCEPT, "INVESTIGATE": Risk.INVESTIGATE, "CANCEL": Risk.CANCEL}

# Terms by which money comes after the goods. RECEIPT asks for it at once, and UNKNOWN promises nothing.
# https://shopify.dev/docs/api/admin-graphql/latest/enums/PaymentTermsType
_LATER = ("NET", "FIXED", "FULFILLMENT")


def risk(order: Node) -> Risk:
    """What the shop's fraud analysis recommends; UNKNOWN before it has spoken, and for a word that is new to us."""
    summary = order.node_or_none("risk")
    return _RISKS.get(summary.text_or("recommendation"), Risk.UNKNOWN) if summary else Risk.UNKNOWN


def on_terms(order: Node) -> bool:
    """Whether it is agreed that the order is paid later.

    Only payment terms say so: a manual payment may just as well be one that the customer still has to make.
    """
    terms = order.node_or_none("paymentTerms")
    return terms is not None and terms.text_or("paymentTermsType") in _LATER


def company(order: Node) -> Company | None:
    """The business; its location's external id is its code in the ERP before its own, for it is the nearer one."""
    entity = order.node_or_none("purchasingEntity")
    business = entity.node_or_none("company") if entity else None
    if not entity or not business:
        return None
    location = entity.node_or_none("location")
    nearer = location.text_or("externalId").strip() if location else ""
    return Company(business.text("id"), business.text_or("name"), nearer or business.text_or("externalId").strip())


def customer(order: Node) -> Customer:
    """The person; one without an account has no id."""
    known = order.node_or_none("customer") or Node({})
    email, phone = known.node_or_none("defaultEmailAddress"), known.node_or_none("defaultPhoneNumber")
    return Customer(
        customer_id=known.text_or("id"),
        email=order.text_or("email") or (email.text_or("emailAddress") if email else ""),
        forename=known.text_or("firstName"),
        surname=known.text_or("lastName"),
        telephone=order.text_or("phone") or (phone.text_or("phoneNumber") if phone else ""),
    )


def address(order: Node, name: str) -> Address | None:
    """The order's address of this name, if it has one."""
    node = order.node_or_none(name)
    if node is None:
        return None
    return Address(
        forename=node.text_or("firstName"),
        surname=node.text_or("lastName"),
        company=node.text_or("company"),
        line1=node.text_or("address1"),
        line2=node.text_or("address2"),
        town=node.text_or("city"),
        county=node.text_or("province"),
        postcode=node.text_or("zip"),
        country_code=node.text_or("countryCodeV2"),
        telephone=node.text_or("phone"),
    )
