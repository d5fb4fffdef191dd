"""Which of all that tell of money that went back are refunds of their own: each pound once, none beyond the order."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from khaossync.channels.shopware.fields import Node
from khaossync.channels.shopware.refund_mapping import CAPTURE, CREDIT, RETURN, STATE, Told, bare, bought, told
from khaossync.domain.money import ZERO

PATIENCE = timedelta(minutes=2)
"""How long a payment's state may stand alone: a plugin writes the state and the amount in two steps."""

_RANK = (CREDIT, RETURN, CAPTURE, STATE)


@dataclass(slots=True)
class Picked:
    """The refunds of an order, and those at which a person must look, with the reason."""

    refunds: list[Told] = field(default_factory=list)
    doubtful: list[tuple[Told, str]] = field(default_factory=list)


def pick(
    order: Node, returns: tuple[Node, ...], stored: Collection[str], now: datetime, *, bare_is_full: bool
) -> Picked:
    """Every refund of an order once. `stored` are the ids that were told before. Raises MalformedError.

    What two sources tell with the same amount is one refund, and goes on under the name by which it was told first.
    """
    found = list(told(order, returns))
    alive = [one for one in found if not one.dead]
    picked = Picked([one for one in found if one.dead])
    picked.refunds += [_speaker(group, stored) for group in _groups(alive)]
    if not alive:
        _take_bare(order, now, picked, bare_is_full)
    return _within(bought(order), picked)


def _groups(alive: Iterable[Told]) -> list[list[Told]]:
    """Those of one amount from different sources belong together, the first of each with the first of the others."""
    groups: list[list[Told]] = []
    for one in sorted(alive, key=lambda each: (_RANK.index(each.source), each.at, each.id)):
        for group in groups:
            if group[0].amount == one.amount and one.source not in {each.source for each in group}:
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _speaker(group: Sequence[Told], stored: Collection[str]) -> Told:
    before = [one for one in group if one.id in stored]
    done = [one for one in group if one.done]
    return (before or done or list(group))[0]


def _take_bare(order: Node, now: datetime, picked: Picked, full: bool) -> None:
    for one in bare(order):
        if one.done and (full or order.state() == "cancelled"):
            picked.refunds.append(one)
        elif now - one.at > PATIENCE:
            part = "in full" if one.done else "in part"
            why = (
                f"the payment of order {order.text('orderNumber')} is marked as refunded {part}, and neither a return, "
                "nor the refund of a capture, nor a credit on the order tells how much: ask who refunded it, and key "
                "the credit note by hand"
            )
            picked.doubtful.append((one, why))


def _within(most: Decimal, picked: Picked) -> Picked:
    """In the order in which they came; what goes beyond the order's worth cannot be right."""
    sound, given = [one for one in picked.refunds if one.dead], ZERO
    for one in sorted((one for one in picked.refunds if not one.dead), key=lambda each: (each.at, each.id)):
        if given + one.amount > most:
            why = f"refunds of {given + one.amount} are told of an order of {most}: look which of them are the same"
            picked.doubtful.append((one, why))
            continue
        given += one.amount
        sound.append(one)
    return Picked(sound, picked.doubtful)
