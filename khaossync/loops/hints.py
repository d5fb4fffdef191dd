"""Hints: what wakes a stream, here or in the process that works for its connector."""

from collections.abc import Mapping
from dataclasses import dataclass

from khaossync.loops.loop import Wake
from khaossync.loops.named import Named
from khaossync.ports import Outbox


@dataclass(frozen=True, slots=True)
class Hints:
    """Where hints go; `wakes` and `named` by (connector, stream)."""

    wakes: Mapping[tuple[str, str], Wake]
    named: Mapping[tuple[str, str], Named]
    outbox: Outbox

    def give(self, connector: str, stream: str, subject: str = "") -> None:
        """Have a stream read now, or one record of it, by whoever works for the connector."""
        if self.outbox.owns(connector):
            self.take(connector, stream, subject)
        else:
            self.outbox.pass_on(connector, stream, subject)

    def take(self, connector: str, stream: str, subject: str = "") -> None:
        """Have it read here."""
        if subject and (named := self.named.get((connector, stream))):
            named.add(subject)
            stream = named.name
        if wake := self.wakes.get((connector, stream)):
            wake.hint()
