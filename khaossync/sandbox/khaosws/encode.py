"""Results as Delphi encodes them: typed elements, arrays of `item`, nested or as href/id pairs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from khaossync.sandbox.khaosws import soap
from khaossync.sandbox.khaosws.xmlout import number, plain

TYPES = "urn:IKosWebIntf"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A dateTime that has been written already."""

    text: str


@dataclass(frozen=True, slots=True)
class Struct:
    """An object of a Delphi class."""

    type_name: str
    fields: dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class Array:
    """An array whose items are all of one type: a class name, or `string`."""

    item_type: str
    items: Sequence["Value"]


Value: TypeAlias = str | int | Decimal | Stamp | Struct | Array


def answer(operation: str, result: Value, *, multiref: bool) -> str:
    """The whole answer to one call."""
    apart: list[str] | None = [] if multiref else None
    returned = _encode("return", result, apart)
    response = f'<NS1:{operation}Response xmlns:NS1="{soap.SERVICE}">{returned}</NS1:{operation}Response>'
    return soap.envelope(response + "".join(apart or []))


def _encode(tag: str, value: Value, apart: list[str] | None) -> str:
    """One element. `apart` collects what stands beside the response and is only referred to."""
    if isinstance(value, Struct | Array):
        return _compound(tag, value, apart, "") if apart is None else _apart(tag, value, apart)
    kind, write = _SIMPLE[type(value)]
    return f'<{tag} xsi:type="xsd:{kind}">{write(value)}</{tag}>'


def _apart(tag: str, value: Struct | Array, apart: list[str]) -> str:
    apart.append("")  # keeps the place, so that ids count from the outside in
    place = len(apart)
    apart[place - 1] = _compound(_type(value), value, apart, f' id="{place}"')
    return f'<{tag} href="#{place}"/>'


def _compound(tag: str, value: Struct | Array, apart: list[str] | None, identity: str) -> str:
    spaces = f' xmlns:NS2="{TYPES}"' if tag.startswith("NS2:") or identity or tag == "return" else ""
    if isinstance(value, Struct):
        inside = "".join(_encode(name, field, apart) for name, field in value.fields.items())
        return f'<{tag}{spaces}{identity} xsi:type="NS2:{value.type_name}">{inside}</{tag}>'
    kind = "xsd:string" if value.item_type == "string" else f"NS2:{value.item_type}"
    inside = "".join(_encode("item", item, apart) for item in value.items)
    described = f'xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="{kind}[{len(value.items)}]"'
    return f"<{tag}{spaces}{identity} {described}>{inside}</{tag}>"


def _type(value: Struct | Array) -> str:
    return f"NS2:{value.type_name}" if isinstance(value, Struct) else "SOAP-ENC:Array"


_SIMPLE: Mapping[type, tuple[str, Callable[[Any], str]]] = {
    str: ("string", plain),
    int: ("int", str),
    bool: ("boolean", lambda value: "true" if value else "false"),
    Decimal: ("double", number),
    Stamp: ("dateTime", lambda value: str(value.text)),
}
"""How each plain type is called and written."""
