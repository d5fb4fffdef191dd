"""Shopify's global ids: `gid://shopify/Order/4100000000001`."""

import itertools

_PREFIX = "gid://shopify/"


class Numbers:
    """Hands out one rising series of numbers, as large as Shopify's own."""

    def __init__(self) -> None:
        self._count = itertools.count(4_100_000_000_001)

    def next(self) -> int:
        """A number that nothing else in this shop has."""
        return next(self._count)


def gid(kind: str, number: int) -> str:
    """The global id of the record `number` of `kind` (a GraphQL type name)."""
    return f"{_PREFIX}{kind}/{number}"


def parse(text: str) -> tuple[str, int] | None:
    """The (kind, number) that a global id names, or None where it is none."""
    kind, slash, rest = text.removeprefix(_PREFIX).partition("/")
    number = rest.partition("?")[0]
    if not text.startswith(_PREFIX) or not slash or not number.isdigit():
        return None
    return kind, int(number)
