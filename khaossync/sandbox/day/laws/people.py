"""What people must have been told, and what not over and over."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from khaossync.sandbox.day.evidence import Evidence, Law
from khaossync.sandbox.day.people import Key, Notice

FLOWS = ("orders", "stock", "despatches", "refunds")

AGAIN = timedelta(minutes=5)
"""How soon people may be told of the same again at the soonest."""

LASTING = frozenset({"exit"})
"""What is told for an hour, whatever has become of it."""


def edits(seen: Evidence) -> Law:
    """Whoever changes a quantity in the shop is answered: that it was set back shows in the stock."""
    law = Law("every change of stock by hand was reported")
    mine = (case for case in seen.cases if case.source == seen.world.channel)
    told = {case.subject.split("@")[0] for case in mine if case.case_class == "stock_changed_in_shop"}
    for sku in seen.notes.edited:
        law.hold(sku in told, f"nobody was told that {sku} was changed in the shop")
    return law


def refunds(seen: Evidence) -> Law:
    """Money that went back is in the ERP, or a person was asked to key it, or the ERP never had the order."""
    law = Law("every refund is mirrored or an open case")
    asked = {case.subject for case in seen.cases if case.is_open and case.case_class == "credit_note_to_key"}
    orders = {order.id: order for order in seen.orders}
    for refund in seen.shop.refunds():
        order = orders[refund.order]
        key = f"{seen.world.channel}:{order.id} refund {refund.id.rsplit('/', 1)[-1]}"
        booked = seen.sales_orders[order.id]
        reflected = not booked or (refund.value and all(one.gross == order.owed for one in booked))
        if refund.amount:
            law.hold(key in asked or bool(reflected), f"{order.name}: {refund.amount} went back and nobody was told")
    return law


def telling(seen: Evidence) -> Law:
    """People know of what is open now and of nothing else, and nobody had to hear the same twice."""
    law = Law("every case was told once, and its end")
    stories: dict[Key, list[Notice]] = defaultdict(list)
    for notice in seen.people.notices:
        stories[notice.key].append(notice)
    open_now = {(case.source, case.case_class) for case in seen.cases if case.is_open}
    for key in sorted(open_now | {*stories}):
        knows = bool(stories[key]) and stories[key][-1].stage != "resolved"
        law.hold(
            knows == (key in open_now) or key[1] in LASTING,
            f"{_spoken(key)} is {_state(key in open_now)}: {_state(knows)} was told last",
        )
        law.hold(_orderly(stories[key]), f"{_spoken(key)} was told as {', '.join(one.stage for one in stories[key])}")
    law.hold(not seen.people.refused, f"not believed: {'; '.join(seen.people.refused)}")
    law.hold(not seen.untold, f"nobody was told of {', '.join(seen.untold)}")
    return law


def beats(seen: Evidence) -> Law:
    """A watcher outside hears of every flow that goes."""
    law = Law("every flow sent its heartbeat")
    for flow in FLOWS:
        law.hold(seen.people.beats[flow] > 0, f"no heartbeat of {flow}")
    return law


def _orderly(story: Sequence[Notice]) -> bool:
    """Whether a matter began as new, was told again no sooner than it may be, and ended once each time."""
    before: Notice | None = None
    for one in story:
        begins = before is None or before.stage == "resolved"
        if (one.stage == "new") != begins:
            return False
        if before and not begins and one.stage != "resolved" and one.at - before.at < AGAIN:
            return False
        before = one
    return True


def _spoken(key: Key) -> str:
    about, what = key
    return f"{what} of {about}"


def _state(is_open: bool) -> str:
    return "open" if is_open else "over"
