"""Reads a SALES_ORDERS document to the letter: anything odd in it fails the whole import."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from khaossync.sandbox.khaosws import limits
from khaossync.sandbox.khaosws.soap import SoapFaultError, parse_document

Tags = dict[str, str]


@dataclass(frozen=True)
class Draft:
    """One SALES_ORDER: checked texts by tag. Addresses have lost their I/D prefix; no delivery address is empty."""

    customer: Tags
    invoice_address: Tags
    delivery_address: Tags
    payments: tuple[Tags, ...]
    header: Tags
    items: tuple[Tags, ...]

    @property
    def ref(self) -> str:
        """The associated ref, which makes an order unique."""
        return self.header["ASSOCIATED_REF"]


def read(text: str, reference_limit: int) -> list[Draft]:
    """Every order of a document; SoapFaultError says what is wrong with it."""
    if "£" in text:
        raise SoapFaultError("Invalid character in document: £ must be escaped", "EDOMParseError")
    root = parse_document(text)
    if root.tag != "SALES_ORDERS" or not len(root):
        raise SoapFaultError("The document has no SALES_ORDERS with a SALES_ORDER in it")
    return [_order(order, reference_limit) for order in root]


def _order(order: etree._Element, reference_limit: int) -> Draft:
    parts = {str(part.tag): part for part in order}
    complete = set(parts) - {"PAYMENTS"} == {"CUSTOMER_DETAIL", "ORDER_HEADER", "ORDER_ITEMS"}
    if order.tag != "SALES_ORDER" or not complete or len(parts) != len(order) or not len(parts["ORDER_ITEMS"]):
        raise SoapFaultError(f"SALES_ORDER must hold CUSTOMER_DETAIL, ORDER_HEADER and ORDER_ITEMS, not {list(parts)}")
    header = _section(parts["ORDER_HEADER"], limits.HEADER)
    _check_ref(header["ASSOCIATED_REF"], reference_limit)
    payments = parts.get("PAYMENTS")
    invoice_address, delivery_address = _addresses(parts["CUSTOMER_DETAIL"])
    return Draft(
        _section(parts["CUSTOMER_DETAIL"], limits.CUSTOMER),
        invoice_address,
        delivery_address,
        tuple(_payment(payment) for payment in (payments if payments is not None else ())),
        header,
        tuple(_item(item) for item in parts["ORDER_ITEMS"]),
    )


def _check_ref(ref: str, limit: int) -> None:
    if len(ref) > limit:
        raise SoapFaultError(f"ASSOCIATED_REF is {len(ref)} characters long, the field holds {limit}")
    if "," in ref:
        raise SoapFaultError("ASSOCIATED_REF must not hold a comma")


def _addresses(customer: etree._Element) -> tuple[Tags, Tags]:
    found = {str(address.tag): address for addresses in customer.findall("ADDRESSES") for address in addresses}
    if "INVADDR" not in found or set(found) - {"INVADDR", "DELADDR"}:
        raise SoapFaultError(f"ADDRESSES must hold INVADDR and perhaps DELADDR, not {list(found)}")
    delivery = found.get("DELADDR")
    if delivery is None or not any(_text(tag) for tag in delivery):
        return _section(found["INVADDR"], limits.ADDRESS, "I"), {}
    return _section(found["INVADDR"], limits.ADDRESS, "I"), _section(delivery, limits.ADDRESS, "D")


def _payment(payment: etree._Element) -> Tags:
    if payment.tag != "PAYMENT_DETAIL":
        raise SoapFaultError(f"PAYMENTS must hold PAYMENT_DETAIL, not {payment.tag}")
    tags = _section(payment, limits.PAYMENT)
    if tags["PAYMENT_TYPE"] not in ("0", "1", "2", "3", "4"):
        raise SoapFaultError(f"There is no payment type {tags['PAYMENT_TYPE']}")
    return tags


def _item(item: etree._Element) -> Tags:
    if item.tag != "ORDER_ITEM":
        raise SoapFaultError(f"ORDER_ITEMS must hold ORDER_ITEM, not {item.tag}")
    tags = _section(item, limits.ITEM)
    if "PRICE_NET" not in tags and "PRICE_GRS" not in tags:
        raise SoapFaultError(f"ORDER_ITEM {tags['STOCK_CODE']} has neither PRICE_NET nor PRICE_GRS")
    if any(len(line) > limits.EXTENDED_LINE for line in tags.get("EXTENDED_DESC", "").splitlines()):
        raise SoapFaultError(f"EXTENDED_DESC has a line of more than {limits.EXTENDED_LINE} characters")
    return tags


def _section(section: etree._Element, known: Mapping[str, limits.Tag], prefix: str = "") -> Tags:
    """The filled tags of a section by their name without the prefix."""
    texts: Tags = {}
    for element in section:
        name = str(element.tag).removeprefix(prefix)
        if name not in known or not str(element.tag).startswith(prefix) or name in texts:
            raise SoapFaultError(f"{section.tag} may not hold {element.tag} (again)")
        texts[name] = "" if known[name].kind == "free" else _text(element)
    for name, tag in known.items():
        wrong = "" if tag.kind == "free" else limits.complaint(prefix + name, tag, texts.get(name, ""))
        if wrong:
            raise SoapFaultError(wrong)
    return {name: text for name, text in texts.items() if text}


def _text(element: etree._Element) -> str:
    if len(element):
        raise SoapFaultError(f"{element.tag} must hold text only")
    return (element.text or "").strip()
