"""A shop on paper: answers operations from functions, and remembers what it was asked."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.wire import Operation
from khaossync.domain.errors import SyncError

Answer = Mapping[str, Any] | SyncError


class PaperShop(Client):
    """A client without a network. `answers` maps an operation's name to what it says to given variables."""

    def __init__(self, **answers: Callable[[Mapping[str, Any]], Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def run(self, operation: Operation, **variables: object) -> Node:
        self.asked.append((operation.name, variables))
        answer = self.answers[operation.name](variables)
        if isinstance(answer, SyncError):
            raise answer
        return Node.of(answer, "data")

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each operation was asked for."""
        return Counter(name for name, _ in self.asked)


def settings(**changes: Any) -> Settings:
    """The settings of a shop with a permanent token."""
    return Settings.model_validate({"shop": "example.myshopify.com", "access_token": "token"} | changes)
