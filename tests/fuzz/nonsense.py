"""What no honest system sends: values, bytes and mutations of honest answers, all by seeded dice."""

import copy
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

from lxml import etree

Json = dict[str, Any]

LONG = "x" * 100_000
NOISE = "".join(chr(Random(n).randrange(0x21, 0x2FFF)) for n in range(6_000))
"""As long as no index of a database takes it, however well it is compressed."""

NUMBERS: tuple[Any, ...] = (
    0, -1, 1.5, 2**31, -(2**31) - 1, 2**63, 10**40, -(10**40), Decimal("1E+40"), Decimal("1E-400"), Decimal("-0"),
    Decimal("0E+99"), Decimal("1e999999"), Decimal("0." + "3" * 200),
)  # fmt: skip
WORDS = (
    "", " ", "\x00", "\ud800", "\udfff\ud800", LONG, NOISE, "NaN", "-Infinity", "1e999", "-0", "9" * 40, "1_0", "١٢",
    "0x1F", "12,50", "£12.00", "true", "null", "None", "\x1b[2J\x9b31m", "\u202egnp.exe", "%s{0}{}",
    "'; drop table orders; --",
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>&x;", "&lol9;", "=1+1", "../../etc/passwd", "\ufeffid",
    "a\u0301" * 300, "A_NEW_WORD", "gid://shopify/Order/", "gid://shopify/Order/" + "9" * 400,
)  # fmt: skip
MOMENTS = (
    "0001-01-01T00:00:00+14:00", "1899-12-30T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-11:00",
    "9999-12-31T23:59:59Z", "2026-02-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-29T01:30:00",
    "2026-10-25T01:30:00", "1762084800000", "2026-11-02", "2026-W45-1T00:00:00Z", "20261102T120000Z", "31/02/2026",
    "30/12/1899", "99/99/9999", "2026-11-02T24:00:00Z", "2026-11-02T12:00:60Z", "yesterday", "+02026-11-02T12:00:00Z",
    "2026-11-02T12:00:00+99:99", "2026-11-02T12:00:00.123456789123Z",
)  # fmt: skip


def nested(depth: int) -> list[Any]:
    """Lists in lists."""
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


SHAPES: tuple[Any, ...] = (None, True, False, [], {}, [None], [[]], [{}], {"nodes": None}, {"": {}}, nested(200))
VALUES = (*NUMBERS, *WORDS, *MOMENTS, *SHAPES)

Path = tuple[Any, ...]


def refusal(read: Callable[[], object], *errors: type[Exception]) -> str:
    """Why something is refused with one of these errors; empty when it is not."""
    try:
        read()
    except errors as error:
        return str(error) or "without a word"
    return ""


def paths(tree: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a JSON tree, its root left out."""
    if path:
        yield path
    if len(path) > 30:
        return
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inside:
        yield from paths(value, (*path, key))


def spoilt(tree: Any, dice: Random, times: int = 1) -> Any:
    """A copy of a JSON tree with so many places replaced, removed, doubled or wrapped."""
    made = copy.deepcopy(tree)
    for _ in range(times):
        places = list(paths(made))
        if places:
            _spoil(made, dice.choice(places), dice)
    return made


def _spoil(tree: Any, path: Path, dice: Random) -> None:
    for key in path[:-1]:
        tree = tree[key]
    key = path[-1]
    match dice.randrange(8):
        case 0 if isinstance(tree, dict):
            del tree[key]
        case 1 if isinstance(tree, list):
            tree.extend(copy.deepcopy([tree[key]]) * dice.choice((1, 3, 60)))
        case 2:
            tree[key] = [tree[key]]
        case 3:
            tree[key] = {"value": tree[key]}
        case 4 if isinstance(tree, dict):
            tree[str(key).upper()] = tree.pop(key)
        case _:
            tree[key] = copy.deepcopy(dice.choice(VALUES))


def replaced(tree: Any, path: Path, value: Any) -> Any:
    """The JSON tree with one place replaced; what lies beside the path is shared with the original."""
    if not path:
        return value
    made = copy.copy(tree)
    made[path[0]] = replaced(tree[path[0]], path[1:], value)
    return made


Garble = Callable[[bytes, Random], bytes]


def _cut(body: bytes, dice: Random) -> bytes:
    return body[: dice.randrange(len(body) + 1)]


def _hole(body: bytes, dice: Random) -> bytes:
    start = dice.randrange(len(body) + 1)
    return body[:start] + body[start + dice.randrange(1, 200) :]


def _flip(body: bytes, dice: Random) -> bytes:
    made = bytearray(body)
    for _ in range(dice.choice((1, 3, 30)) if made else 0):
        made[dice.randrange(len(made))] = dice.randrange(256)
    return bytes(made)


def _insert(body: bytes, dice: Random) -> bytes:
    start = dice.randrange(len(body) + 1)
    return body[:start] + dice.choice(SPLINTERS) + body[start:]


SPLINTERS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"<!--", b"]]>", b"<![CDATA[", b"&lol;", b"&#0;",
    b"&#xD800;", b"<!DOCTYPE a [<!ENTITY a 'aaaa'>]>", b"\\ud800", b"NaN", b"-", b"1e999", b"[" * 3000, b"{" * 300,
    b"<a>" * 300, b'"', b"\\", b"\r\n", b"9" * 5000, b"1e99999999999999999999",
    b"<?xml version='1.0' encoding='UTF-7'?>",
)  # fmt: skip
GARBLES: tuple[Garble, ...] = (
    _cut,
    _hole,
    _flip,
    _insert,
    lambda body, _: b"\xef\xbb\xbf" + body,
    lambda body, _: body.decode("utf-8", "replace").encode("utf-16"),
    lambda body, _: body.decode("utf-8", "replace").encode("utf-32-be"),
    lambda body, _: body + body,
    lambda body, _: body[::-1],
)


def garbled(body: bytes, dice: Random) -> bytes:
    """The bytes with one thing done to them that a bad line or a bad server does."""
    return dice.choice(GARBLES)(body, dice)


def xml_spoilt(text: str, dice: Random, times: int = 1) -> str:
    """An XML text with so many attributes, texts or elements replaced, removed, doubled or moved."""
    root = etree.fromstring(text.encode())
    for _ in range(times):
        _spoil_element(root, dice.choice([*root.iter("*")]), dice)
    return etree.tostring(root, encoding="unicode")


def _spoil_element(root: Any, element: Any, dice: Random) -> None:
    parent, names = element.getparent(), list(element.attrib)
    match dice.randrange(7):
        case 0 if parent is not None:
            parent.remove(element)
        case 1 if parent is not None:
            parent.extend(copy.deepcopy(element) for _ in range(dice.choice((1, 3, 60))))
        case 2 if names:
            del element.attrib[dice.choice(names)]
        case 3:
            element.append(copy.deepcopy(dice.choice([*root.iter("*")])))
        case 4 if names:
            name = dice.choice(names)
            etree.SubElement(element, name).text = element.attrib.pop(name)
        case 5 if names:
            element.set(dice.choice(names), xml_word(dice))
        case _:
            element.text = xml_word(dice)


def xml_word(dice: Random) -> str:
    """Nonsense that XML can carry."""
    word = str(dice.choice((*WORDS, *MOMENTS, *NUMBERS)))
    return "".join(sign for sign in word if sign in "\t\n\r" or " " <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd")
