"""Retention: how long what came in and what was done is kept."""

from dataclasses import dataclass
from datetime import timedelta

from khaossync.domain.documents import Kind

STOCK_KINDS = frozenset({Kind.STOCK_LEVEL, Kind.STOCK_ITEM, Kind.LISTING})


@dataclass(frozen=True, slots=True)
class Retention:
    """Counted from when it was told or done.

    `personal` is for all that may name a person: raw texts, the person in what they became, reasons, the words of
    closed cases. `stock` is for raw texts about stock, `history` for the trail and closed cases.
    """

    personal: timedelta = timedelta(days=90)
    stock: timedelta = timedelta(days=3)
    history: timedelta = timedelta(days=730)

    def of(self, kind: Kind) -> timedelta:
        """How long the raw text of a document is kept."""
        return self.stock if kind in STOCK_KINDS else self.personal


USUAL = Retention()
