"""The laws of a trading day. Each must be able to fail, and the tests show that it is."""

from collections.abc import Callable

from khaossync.sandbox.day.evidence import Evidence, Law
from khaossync.sandbox.day.laws.goods import despatches, late_numbers, mails, overselling, stock
from khaossync.sandbox.day.laws.orders import arrival, bundles, business, kept, money, patience, released, restraint
from khaossync.sandbox.day.laws.people import beats, edits, refunds, telling

LawOf = Callable[[Evidence], Law]

OF_A_SHOP: tuple[LawOf, ...] = (
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
)
"""What each shop is held against, with the ERP."""

OF_THE_HOUSE: tuple[LawOf, ...] = (telling, beats)
"""What is true of all shops together, whichever it is seen from."""

LAWS = (*OF_A_SHOP, *OF_THE_HOUSE)


def prove_shop(evidence: Evidence) -> list[Law]:
    """Hold one shop and the ERP against the laws of a shop."""
    return [law(evidence) for law in OF_A_SHOP]


def prove_house(evidence: Evidence) -> list[Law]:
    """Hold what people were told against the laws of the house."""
    return [law(evidence) for law in OF_THE_HOUSE]


def prove(evidence: Evidence) -> list[Law]:
    """Hold the only shop of a day against every law."""
    return [*prove_shop(evidence), *prove_house(evidence)]


__all__ = ["LAWS", "OF_A_SHOP", "OF_THE_HOUSE", "LawOf", "prove", "prove_house", "prove_shop", "stock"]
