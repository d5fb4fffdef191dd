"""What is not known about the real server, or differs between sites: one switch each."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

_MEASURED = ((0.0, 1.0), (0.5, 3.0), (0.9, 10.0), (1.0, 24.0))


class Verdict(StrEnum):
    """What the import does with an order that breaks a rule."""

    SKIP = "skip"  # listed in OrderSkipped[], nothing booked
    FAULT = "fault"  # a SOAP fault, nothing booked
    ACCEPT = "accept"  # booked all the same


@dataclass
class Habits:
    """Switches that may be turned while the server runs; probabilities are between 0 and 1."""

    duplicate: Verdict = Verdict.SKIP  # the associated ref is known
    unsellable: Verdict = Verdict.SKIP  # unknown or discontinued code, or run-to-zero going below nothing
    mismatch: Verdict = Verdict.SKIP  # ORDER_AMOUNT is not what the server works out
    unknown_company: Verdict = Verdict.SKIP  # COMPANY_CODE is nobody's; accepted means matched by the other keys
    cancelled_frees_ref: bool = False  # a cancelled order's ref may be used again
    multiref: bool = False  # results as href/id pairs instead of nested elements
    credit_notes_in_status: bool = True  # ExportOrderStatusEx lists credit notes as ORDER_TYPE 2
    all_sites_as_one: bool = False  # SiteID -1 adds the sites up instead of a row for each
    extra_tags: float = 0.05  # how often a record carries a tag nobody has heard of
    missing_tags: float = 0.05  # how often an optional tag is left out
    delay: tuple[float, float] | None = None  # seconds (least, most) that every call takes
    slow: float = 0.0  # every call takes so much of what a real server took: 1 is real, 0.01 is for tests


def as_measured(chance: float) -> float:
    """The seconds that a real server took: one at best, 3 in the middle, 10 for one call in ten, 24 at worst."""
    for (low, least), (high, most) in pairwise(_MEASURED):
        if chance <= high:
            return least + (most - least) * (chance - low) / (high - low)
    raise ValueError(f"a chance is between 0 and 1, not {chance}")
