"""Shopify's search syntax: `updated_at:>='2026-11-20T10:00:00Z' (status:open OR status:closed) -tag:done`.

https://shopify.dev/docs/api/usage/search-syntax
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>(?:[^\s()'\":]+:)?[<>]?=?(?:'(?:\\.|[^'])*'|\"(?:\\.|[^\"])*\"|[^\s()]+)))"
)
_WORD = re.compile(r"(?:(?P<field>[^\s'\":<>]+):)?(?P<operator>[<>]?=?)(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. Without a field the value is looked for in the record's main texts."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """What must hold together."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Of what one must hold."""

    parts: tuple["Node", ...]


Node = Term | Not | All | Either
Test = Callable[[Any, str, str], bool]
"""(record, operator, value) → whether the record is meant. The operator is "", "<", "<=", ">" or ">="."""


def parse(text: str | None) -> Node:
    """The conditions of a `query` argument; empty text is no condition."""
    return _Parser(text or "").alternatives()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_TOKEN.finditer(text))
        self._at = 0

    def alternatives(self) -> Node:
        parts = [self._together()]
        while self._takes("OR"):
            parts.append(self._together())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _together(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._tokens) and self._next().lastgroup != "close" and self._word() != "OR":
            if not self._takes("AND"):
                parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Node:
        if self._takes("NOT"):
            return Not(self._one())
        token = self._next()
        self._at += 1
        if token.lastgroup == "open":
            inner = self.alternatives()
            self._at += 1
            return inner
        return _term(token["word"])

    def _next(self) -> re.Match[str]:
        return self._tokens[self._at]

    def _word(self) -> str | None:
        return self._next()["word"] if self._at < len(self._tokens) else None

    def _takes(self, word: str) -> bool:
        found = self._word() == word
        self._at += found
        return found


def _term(word: str) -> Node:
    if word.startswith("-") and len(word) > 1:
        return Not(_term(word[1:]))
    match = _WORD.fullmatch(word)
    if match is None:
        raise ValueError(f"search term {word} cannot be read")
    value = match["value"]
    if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return Term(match["field"] or "", match["operator"], value)


def matches(node: Node, record: Any, tests: Mapping[str, Test]) -> bool:
    """Whether a record meets the conditions; a field without a test is passed over, as Shopify does."""
    if isinstance(node, Term):
        test = tests.get(node.field)
        return test is None or test(record, node.operator, node.value)
    if isinstance(node, Not):
        return not matches(node.part, record, tests)
    judged = (matches(part, record, tests) for part in node.parts)
    return all(judged) if isinstance(node, All) else any(judged)


def unknown_fields(node: Node, tests: Mapping[str, Test]) -> Iterator[str]:
    """The fields that have no test: Shopify ignores them and adds a warning."""
    if isinstance(node, Term):
        if node.field not in tests:
            yield node.field
    else:
        parts = (node.part,) if isinstance(node, Not) else node.parts
        for part in parts:
            yield from unknown_fields(part, tests)


def only(node: Node, field: str) -> set[str] | None:
    """The values that `field` must equal one of, or None where the conditions do not say so."""
    if isinstance(node, Term):
        return {node.value} if node.field == field else None
    if isinstance(node, Not):
        return None
    found = [only(part, field) for part in node.parts]
    if isinstance(node, All):
        return next((values for values in found if values is not None), None)
    return set().union(*(values or () for values in found)) if None not in found else None


def since(node: Node, field: str) -> datetime | None:
    """The instant that `field` cannot be before, as far as the conditions say so."""
    parts: Iterable[Node] = node.parts if isinstance(node, All) else (node,)
    for part in parts:
        if isinstance(part, Term) and part.field == field and part.operator in (">", ">="):
            return instant(part.value)
    return None


def instant(text: str) -> datetime:
    """A date or time; without an offset it is UTC. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def compare(held: Any, operator: str, value: Any) -> bool:
    """held <operator> value."""
    if held is None:
        return False
    if operator == ">":
        return bool(held > value)
    if operator == ">=":
        return bool(held >= value)
    if operator == "<":
        return bool(held < value)
    if operator == "<=":
        return bool(held <= value)
    return bool(held == value)


def by_time(get: Callable[[Any], datetime | None]) -> Test:
    """A test of an instant; Shopify compares whole seconds."""

    def test(record: Any, operator: str, value: str) -> bool:
        held = get(record)
        return compare(held and held.replace(microsecond=0), operator, instant(value))

    return test


def by_number(get: Callable[[Any], int]) -> Test:
    """A test of a number, or of the number in a global id."""
    return lambda record, operator, value: compare(get(record), operator, int(value.rpartition("/")[2]))


def by_text(get: Callable[[Any], Iterable[str | None]], *, exact: bool = False) -> Test:
    """A test of texts: one of them is the value, in whatever case unless `exact`.

    `*` at the end is any ending, and alone any text at all.
    """

    def test(record: Any, _operator: str, value: str) -> bool:
        wanted = value if exact else value.casefold()
        held = [text if exact else text.casefold() for text in get(record) if text is not None]
        if wanted == "*":
            return any(held)
        if wanted.endswith("*"):
            return any(text.startswith(wanted[:-1]) for text in held)
        return wanted in held

    return test


def by_flag(get: Callable[[Any], bool]) -> Test:
    """A test of yes or no."""
    return lambda record, _operator, value: get(record) == (value.casefold() == "true")
