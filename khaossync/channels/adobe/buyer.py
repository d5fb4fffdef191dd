"""Who bought: the person, the business, the addresses, and how far the shop trusts them."""

from collections.abc import Iterator

from khaossync.channels.adobe.fields import Node
from khaossync.domain.orders import Address, Company, Customer, Risk

HELD, REVIEW = "holded", "payment_review"
_LONGEST_LABEL = 40


def confirmed(order: Node) -> bool:
    """Whether the shop lets the order go on: neither staff nor the payment's screening hold it."""
    return order.text_or("state") not in (HELD, REVIEW)


def risk(order: Node) -> Risk:
    """What the payment's screening thinks; it speaks only by the state, so once it is content it says nothing more."""
    if order.text_or("status") == "fraud":
        return Risk.CANCEL
    return Risk.INVESTIGATE if order.text_or("state") == REVIEW else Risk.UNKNOWN


def labels(order: Node) -> tuple[str, ...]:
    """The shop's own labels: its status, which staff may choose, and comments of a single word.

    The code of a status has no hyphens, so each is told with hyphens too.
    """
    comments = (note.text_or("comment").strip() for note in order.items("status_histories"))
    words = [each for each in comments if each and len(each) <= _LONGEST_LABEL and not any(map(str.isspace, each))]
    status = order.text_or("status")
    return tuple(dict.fromkeys(label for label in (status, status.replace("_", "-"), *words) if label))


def company(order: Node) -> Company | None:
    """The business that a B2B customer buys for."""
    told = order.node_or_empty("extension_attributes").node_or_empty("company_order_attributes")
    code = told.ident_or("company_id")
    return Company(code, told.text_or("company_name")) if code else None


def customer(order: Node) -> Customer:
    """The person; a guest has no id."""
    billing = order.node_or_empty("billing_address")
    return Customer(
        customer_id=order.ident_or("customer_id"),
        email=order.text_or("customer_email") or billing.text_or("email"),
        forename=order.text_or("customer_firstname") or billing.text_or("firstname"),
        surname=order.text_or("customer_lastname") or billing.text_or("lastname"),
        telephone=billing.text_or("telephone"),
    )


def billing(order: Node) -> Address | None:
    """The address that the invoice goes to."""
    return _address(order.node_or_empty("billing_address"))


def shipping(order: Node) -> Address | None:
    """The address that the goods go to; what has nothing to ship has none."""
    places = order.node_or_empty("extension_attributes").items("shipping_assignments")
    return _address(places[0].node_or_empty("shipping").node_or_empty("address")) if places else None


def _address(node: Node) -> Address | None:
    if not node.value:
        return None
    first, *rest = [*_street(node), ""]
    return Address(
        forename=node.text_or("firstname"),
        surname=node.text_or("lastname"),
        company=node.text_or("company"),
        line1=first,
        line2=", ".join(line for line in rest if line),
        town=node.text_or("city"),
        county=node.text_or("region"),
        postcode=node.text_or("postcode"),
        country_code=node.text_or("country_id"),
        telephone=node.text_or("telephone"),
    )


def _street(node: Node) -> Iterator[str]:
    return (line.strip() for line in node.listed("street") if isinstance(line, str) and line.strip())
