"""The inner documents' handwriting: no declaration, no white space, CDATA around long text."""

from decimal import Decimal
from html import escape

_LONG = 40
_SPECIAL = frozenset("&<>\"'")


def element(tag: str, *children: str, **attributes: str) -> str:
    """One element; children are XML already, attribute values are text."""
    written = "".join(f' {name}="{attribute(value)}"' for name, value in attributes.items())
    return f"<{tag}{written}>{''.join(children)}</{tag}>" if children else f"<{tag}{written}/>"


def leaf(tag: str, value: str, **attributes: str) -> str:
    """One element with text; long text goes into CDATA."""
    return element(tag, _cdata(value) if len(value) > _LONG else plain(value), **attributes)


def plain(value: str) -> str:
    """Text between tags; most of it needs no escaping, and a quarter of a million codes shall not pay for the rest."""
    return value if _SPECIAL.isdisjoint(value) else escape(value, quote=False)


def attribute(value: str) -> str:
    """Text inside quotation marks."""
    return value if _SPECIAL.isdisjoint(value) else escape(value)


def long_text(tag: str, value: str, **attributes: str) -> str:
    """One element whose text is always in CDATA, however short."""
    return element(tag, _cdata(value), **attributes)


def yes_no(value: bool) -> str:
    """A boolean inside a document: -1 is true."""
    return "-1" if value else "0"


def money(value: Decimal) -> str:
    """Two decimals, always: `90.50`."""
    return f"{value:.2f}"


def number(value: Decimal) -> str:
    """As few decimals as will do: `17.5`."""
    return f"{value.normalize():f}" if value else "0"


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
