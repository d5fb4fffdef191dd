"""What a person edited is told line by line; what was refunded is not mistaken for it."""

from dataclasses import replace

import pytest
from examples import address, line, link, order

from khaossync.domain.amendment import differences
from khaossync.domain.links import Link, SentLine
from khaossync.domain.orders import Order, OrderLine

SENT = link(
    fingerprint="as sent",
    lines=(SentLine("line-MUG", "MUG", "MUG", 2), SentLine("line-PLATE", "PLATE", "PLATE", 1)),
)
MUGS, PLATE = line(quantity=2), line("PLATE")


def edited(*lines: OrderLine) -> Order:
    return order(lines=lines)


def test_an_order_as_it_was_sent_shows_no_difference() -> None:
    assert differences(order(), link()) == {}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ((MUGS, PLATE, line("BOWL", quantity=3)), {"added": "BOWL × 3"}),
        ((MUGS,), {"removed": "PLATE × 1"}),
        ((MUGS, replace(PLATE, quantity=0, ordered=0)), {"removed": "PLATE × 1"}),
        ((line(quantity=5), PLATE), {"changed": "MUG × 2 → MUG × 5"}),
        ((line(quantity=1), PLATE), {"changed": "MUG × 2 → MUG × 1"}),
        ((MUGS, replace(PLATE, sku="BOWL")), {"changed": "PLATE × 1 → BOWL × 1"}),
        ((line("BOWL"),), {"added": "BOWL × 1", "removed": "MUG × 2; PLATE × 1"}),
    ],
)
def test_lines_added_removed_and_changed_are_named(now: tuple[OrderLine, ...], expected: dict[str, str]) -> None:
    """ADB-33, S-29: the warehouse sees what to amend."""
    told = dict(differences(edited(*now), SENT))
    assert "compare it with the shop" in told.pop("delivery address")
    assert told == expected


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ((replace(MUGS, quantity=1), PLATE), SENT),
        ((replace(MUGS, quantity=0), PLATE), SENT),
        ((replace(MUGS, ordered=3), PLATE), SENT),
        ((MUGS, PLATE, replace(line("BOWL"), quantity=0)), SENT),
        ((MUGS, PLATE, line("", line_id="card", gift_card=True)), SENT),
    ],
    ids=["refunded since", "refunded wholly", "refunded before", "never sent for it was refunded", "gift card"],
)
def test_refunds_and_gift_cards_are_no_edits(now: tuple[OrderLine, ...], sent: Link) -> None:
    assert list(differences(edited(*now), sent)) == ["edited"]


def test_an_edit_that_the_lines_do_not_show_says_where_to_look_and_no_address() -> None:
    told = differences(order(shipping=address(line1="9 Secret Lane")), link())
    assert told == {"edited": "address or lines changed; compare the order in the shop"}
