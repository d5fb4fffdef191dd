"""Our part of Shopify's schema in each version, and what resolvers are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from khaossync.sandbox.shopify.state import State

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
"""Supported on 20 November 2026, oldest first."""

Resolver = Callable[..., Any]
Table = Mapping[str, Resolver]

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class As:
    """A record seen as one of several GraphQL types, such as an item as its product or its variant."""

    typename: str
    record: Any
    number: int


@dataclass
class Context:
    """What resolvers get besides their record. `order` is the one that sums of money belong to."""

    state: State
    version: str
    once: Any
    order: Any = None
    warnings: list[dict[str, Any]] = field(default_factory=list)


def sdl(version: str) -> str:
    """Our part of Shopify's schema as it is in `version`."""
    text = (_HERE / "admin.graphql").read_text()
    addition = "admin_until_2026_07.graphql" if version <= "2026-07" else "admin_from_2026_10.graphql"
    return text + "\n" + (_HERE / addition).read_text()
