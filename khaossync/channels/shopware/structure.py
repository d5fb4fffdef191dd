"""Which lines of an order stand for what was bought, told by how they belong together and not by their types.

The list is flat; `parentId` says what belongs to what. Containers, bundles and custom products repeat the price of
their children, or their children cost nothing; every plugin has types of its own. So only the sums decide, and where
they do not, the order's own arithmetic fails and a person looks.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from khaossync.channels.shopware.fields import Node
from khaossync.domain.money import ZERO

_PENNY = Decimal("0.01")

Children = Mapping[str, Sequence[Node]]
"""Line id → the lines that belong to it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The lines that carry the money or the goods, and the texts of those that carry neither."""

    lines: tuple[Node, ...]
    texts: tuple[str, ...]


def chosen(lines: Sequence[Node]) -> Chosen:
    """Each pound and each thing once. Raises MalformedError."""
    known = {line.text("id") for line in lines}
    children: dict[str, list[Node]] = defaultdict(list)
    for line in sorted(lines, key=_place):
        parent = line.text_or("parentId")
        children[parent if parent in known else ""].append(line)
    told: list[Node] = []
    texts: list[str] = []
    for line in children[""]:
        _choose(line, children, told, texts)
    return Chosen(tuple(told), tuple(texts))


def sku(line: Node, typed: str) -> str:
    """The product's number, which survives its deletion; what has none goes by its label, or as the settings say."""
    payload = line.node_or_none("payload")
    number = payload.text_or("productNumber").strip() if payload else ""
    return number or typed or line.text_or("label").strip()[:255]


def total(line: Node) -> Decimal:
    """What a line comes to, in the terms of its order."""
    return line.node("price").number("totalPrice")


def _choose(line: Node, children: Children, told: list[Node], texts: list[str]) -> None:
    inner = children.get(line.text("id"), ())
    below = sum((total(child) for child in inner), ZERO)
    if inner and (_same(below, total(line)) or below):
        # It repeats its children. Where the sums differ, the children do not make the order's total, and it is held.
        for child in inner:
            _choose(child, children, told, texts)
    elif total(line) or has_number(line):
        told.append(line)
        texts += [text for child in inner if (text := _text(child))]
    elif text := _text(line):
        texts.append(text)


def has_number(line: Node) -> bool:
    """Whether it is a product's."""
    payload = line.node_or_none("payload")
    return bool(payload and payload.text_or("productNumber").strip())


def _same(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) < _PENNY


def _text(line: Node) -> str:
    """What the customer typed or chose; only of what can hold such a thing."""
    payload = line.node_or_none("payload")
    value = payload.value.get("value") if payload else None
    if not isinstance(value, str) or not value.strip() or line.text_or("type") == "promotion":
        return ""
    return f"{line.text_or('label')}: {value.strip()}"


def _place(line: Node) -> tuple[Decimal, str]:
    return (line.number("position") if line.has("position") else ZERO, line.text("id"))
