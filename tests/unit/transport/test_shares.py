"""Who goes next: values in, a judgement out."""

import pytest

from khaossync.transport.priority import Priority
from khaossync.transport.shares import PATIENCE, SHARES, Caller, Shares

DESPATCH, ORDERS, REFUNDS, STOCK, BACKFILL = Priority
FULL = 1000.0


def caller(priority: Priority, cost: float = 10, since: float = 0) -> Caller:
    return Caller(priority, cost, since)


def chosen(shares: Shares, *waiting: Caller) -> tuple[Caller, float]:
    found = shares.choose(waiting, FULL)
    assert found
    return found.caller, found.need


def test_nobody_goes_when_nobody_waits() -> None:
    assert Shares().choose([], FULL) is None


def test_the_most_urgent_goes_first_and_of_one_class_who_came_first() -> None:
    """SHO-28: despatches before orders before refunds before stock before what is read in bulk."""
    waiting = [caller(priority) for priority in reversed(Priority) for _ in range(2)]
    order = []
    while waiting:
        order.append(chosen(Shares(), *waiting)[0])
        assert order[-1] is next(one for one in waiting if one.priority is order[-1].priority)
        waiting.remove(order[-1])
    assert [one.priority for one in order] == [priority for priority in Priority for _ in range(2)]


def test_each_class_leaves_more_than_the_one_above_it() -> None:
    needs = [chosen(Shares(), caller(priority))[1] for priority in Priority]
    assert needs == pytest.approx([10, 60, 110, 160, 210])


def test_a_full_bucket_is_enough_for_anybody() -> None:
    assert chosen(Shares(), caller(BACKFILL, 900))[1] == FULL
    assert chosen(Shares(), caller(DESPATCH, 5000))[1] == FULL


def test_a_part_of_what_urgent_calls_spend_is_put_aside_for_each_that_waits_behind_them() -> None:
    shares, stock, despatch = Shares(), caller(STOCK, 10), caller(DESPATCH, 20)
    shares.spent(despatch, [stock], FULL, now=0)
    assert chosen(shares, despatch, stock) == (despatch, 20 + SHARES[STOCK] * 20)
    for _ in range(4):
        shares.spent(despatch, [stock], FULL, now=0)
    assert chosen(shares, despatch, stock) == (stock, 10)


def test_nothing_is_put_aside_for_those_who_are_more_urgent_than_the_spender() -> None:
    shares, orders = Shares(), caller(ORDERS)
    shares.spent(caller(STOCK, 500), [orders, caller(BACKFILL)], FULL, now=0)
    assert chosen(shares, orders)[1] == 10 + 50 + SHARES[BACKFILL] * 500


def test_a_share_grows_to_its_double_with_waiting() -> None:
    """A dear call that waits for long gathers faster, so that no loop is silent for as long as a dead one."""
    for waited, factor in ((0, 1.0), (PATIENCE / 2, 1.5), (PATIENCE, 2.0), (10 * PATIENCE, 2.0)):
        shares, despatch = Shares(), caller(DESPATCH, 100)
        shares.spent(despatch, [caller(BACKFILL, 900)], FULL, now=waited)
        assert chosen(shares, despatch)[1] == pytest.approx(100 + SHARES[BACKFILL] * factor * 100)


def test_a_served_class_gives_up_what_it_spent_and_a_class_that_waits_no_more_gives_up_all() -> None:
    shares, first, second = Shares(), caller(STOCK, 5), caller(STOCK, 5)
    shares.spent(caller(DESPATCH, 80), [first, second], FULL, now=0)
    shares.spent(first, [second], FULL, now=0)
    assert chosen(shares, caller(ORDERS), second) == (caller_like(ORDERS), 10 + 50 + 3)
    shares.keep([])
    assert chosen(shares, caller(DESPATCH))[1] == 10


def caller_like(priority: Priority) -> object:
    """Equal to any caller of this class."""

    class Like:
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Caller) and other.priority is priority

        __hash__ = None  # type: ignore[assignment]  # only compared

    return Like()


def test_of_two_that_have_all_put_aside_who_has_waited_longer_goes_first() -> None:
    shares, refunds, backfill = Shares(), caller(REFUNDS, 10, since=5), caller(BACKFILL, 10, since=1)
    shares.spent(caller(DESPATCH, 400), [refunds, backfill], FULL, now=6)
    assert chosen(shares, refunds, backfill)[0] is backfill


def test_no_more_is_put_aside_than_a_call_needs_or_a_small_part_of_the_bucket() -> None:
    shares = Shares()
    for _ in range(100):
        shares.spent(caller(DESPATCH, 500), [caller(STOCK, 1), caller(BACKFILL, 300)], FULL, now=0)
    assert chosen(shares, caller(DESPATCH))[1] == 10 + 50 + 300


def test_half_a_bucket_is_kept_for_others_at_most() -> None:
    """Else cheap calls would wait for a full bucket, and what is restored meanwhile would be lost."""
    shares, waiting = Shares(), [caller(priority, 900) for priority in (ORDERS, REFUNDS, STOCK, BACKFILL)]
    for _ in range(20):
        shares.spent(caller(DESPATCH, 200), waiting, FULL, now=0)
    assert chosen(shares, caller(DESPATCH), *waiting) == (caller_like(DESPATCH), 10 + 500)


def test_what_another_app_drained_is_not_put_aside_any_more() -> None:
    """SHO-10: else urgent calls would fill a bucket for others that somebody else empties all the time."""
    shares = Shares()
    for _ in range(100):
        shares.spent(caller(DESPATCH, 500), [caller(BACKFILL, 900)], FULL, now=0)
    shares.cut(100)
    assert chosen(shares, caller(DESPATCH))[1] == pytest.approx(110)
    shares.cut(-50)
    assert chosen(shares, caller(DESPATCH))[1] == pytest.approx(10)
