"""The laws of a trading day. Each must be able to fail, and the tests show that it is."""

from collections.abc import Callable

from khaossync.sandbox.day.evidence import Evidence, Law
from khaossync.sandbox.day.laws.goods import despatches, late_numbers, mails, overselling, stock
from khaossync.sandbox.day.laws.orders import arrival, bundles, business, kept, money, patience, released, restraint
from khaossync.sandbox.day.laws.people import beats, edits, refunds, telling

LAWS: tuple[Callable[[Evidence], Law], ...] = (
    arrival,
    money,
    restraint,
    patience,
    released,
    kept,
    business,
    bundles,
    despatches,
    mails,
    late_numbers,
    stock,
    overselling,
    edits,
    refunds,
    telling,
    beats,
)


def prove(evidence: Evidence) -> list[Law]:
    """Hold what both systems and the people now show against every law."""
    return [law(evidence) for law in LAWS]


__all__ = ["LAWS", "prove", "stock"]
