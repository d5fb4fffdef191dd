"""XML that may be hostile: read without entities, network or DTD, looked into by local name only, written clean."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

Element = etree._Element

# Only before the root can a declaration stand; further down `<!DOCTYPE html>` may be honest text in a description.
_DECLARATION = re.compile(r"[\s\ufeff]*+(?>(?><\?.*?\?>|<!--.*?-->)\s*+)*+<![Dd]", re.DOTALL)
_REFERENCE = re.compile(r"&#(x[0-9a-fA-F]+|[0-9]+);")
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LARGEST = 0x10FFFF


class UnintelligibleError(ValueError):
    """A text, or one record of it, is not what was agreed; says what was expected where."""


def parse(text: str) -> Element:
    """The root of an XML document; namespaces, unknown tags and comments are left to the reader.

    A DOCTYPE is refused before parsing (no entity of any kind). Characters that XML forbids are dropped, raw or as
    `&#x1F;`: Delphi writes what the operator typed, and one such key press must not hide a chunk of records.
    Raises UnintelligibleError.
    """
    honest = clean(text)
    if declares(honest):
        raise UnintelligibleError("it declares a DOCTYPE, which no honest answer does")
    try:
        return etree.fromstring(honest.encode(), etree.XMLParser(**hardened()))
    except (etree.XMLSyntaxError, ValueError) as error:
        # It quotes what it stumbled over, however long that is.
        raise UnintelligibleError(f"it is no XML: {str(error)[:200]}") from error


def clean(text: str) -> str:
    """The text without what XML forbids, be it raw or written as a reference."""
    return legal(_REFERENCE.sub(_legal_reference, text))


def declares(text: str) -> bool:
    """Whether a DOCTYPE stands before the root."""
    return _DECLARATION.match(text) is not None


def hardened() -> dict[str, Any]:
    """What every parser is told: nothing is fetched, resolved or expanded, and no text is without bounds."""
    return {
        "encoding": "utf-8",
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
    }


def legal(text: str) -> str:
    """The text without the characters that XML 1.0 §2.2 forbids (controls, lone surrogates)."""
    return _ILLEGAL.sub("", text)


def is_legal(text: str) -> bool:
    """Whether XML can carry every character of the text."""
    return _ILLEGAL.search(text) is None


def _legal_reference(match: re.Match[str]) -> str:
    digits = match[1]
    if len(digits) > 8:
        return ""
    code = int(digits[1:], 16) if digits.startswith("x") else int(digits)
    return match[0] if code <= _LARGEST and is_legal(chr(code)) else ""


def name(element: Element) -> str:
    """The local name of a tag, whatever its namespace."""
    return etree.QName(element).localname


def children(element: Element, *names: str) -> Iterator[Element]:
    """The child elements of these local names (all when none is given), in document order."""
    return (child for child in element if isinstance(child.tag, str) and (not names or name(child) in names))


def child(element: Element, *path: str) -> Element | None:
    """The element found by following local names downwards, or None."""
    found: Element | None = element
    for step in path:
        found = None if found is None else next(children(found, step), None)
    return found


def value(element: Element, *names: str) -> str:
    """The first of these that is there and not blank, as an attribute or as a child tag; else empty text.

    Some servers write as tags what the documents show as attributes, and the other way round.
    """
    for one in names:
        inner = child(element, one)
        for text in (element.get(one), content(inner) if inner is not None else None):
            if text and text.strip():
                return text.strip()
    return ""


def content(element: Element) -> str:
    """All text of an element, CDATA and nested tags included."""
    return "".join(str(part) for part in element.itertext())


def raw(element: Element) -> str:
    """The element as text, kept for audit."""
    return etree.tostring(element, encoding="unicode", with_tail=False)


def branch(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """A new child with cleaned text; escaping (`& < >`) is the serialiser's work."""
    made = etree.SubElement(parent, tag, {key: legal(one) for key, one in attributes.items()})
    made.text = legal(text) or None
    return made


def document(tag: str) -> Element:
    """The root of a new document."""
    return etree.Element(tag)


def written(root: Element) -> str:
    """A document as text without XML declaration, as Khaos Control writes them."""
    return etree.tostring(root, encoding="unicode")
