"""The verdict on an outcome."""

import random
from datetime import timedelta

import pytest
from examples import NOON, message, order

from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import AmbiguousError, DefectError, RateLimitedError, RejectedError, TransientError
from khaossync.domain.messages import (
    Absent,
    Await,
    Complete,
    Done,
    Message,
    Outcome,
    Park,
    Pending,
    Retry,
    Verdict,
    Withdraw,
)
from khaossync.domain.retry import RetryPolicy, backoff, decide

POLICY = RetryPolicy()


def judge(outcome: Outcome, **changes: object) -> Verdict:
    return decide(message(Kind.ORDER, order(), **changes), outcome, NOON, POLICY, random.Random(1))


def test_an_effect_that_exists_is_finished() -> None:
    assert judge(Done("SO1")) == Complete("SO1")


def test_what_the_other_side_will_acknowledge_later_is_awaited() -> None:
    until = NOON + timedelta(hours=1)
    assert judge(Pending(until, "queued")) == Await(until, "queued")


def test_a_rate_limit_waits_as_told_and_spends_nothing() -> None:
    """SHO-3: the shop's limits never cost an order one of its attempts."""
    verdict = judge(RateLimitedError("slow down", timedelta(seconds=7)))
    assert isinstance(verdict, Retry)
    assert (verdict.at, verdict.spent, verdict.doubt) == (NOON + timedelta(seconds=7), False, False)


def test_an_outage_spends_no_attempt_however_long_it_lasts() -> None:
    verdict = judge(TransientError("502"), failures=50)
    assert isinstance(verdict, Retry)
    assert not verdict.spent
    assert verdict.at - NOON <= POLICY.longest


def test_what_was_only_looked_for_and_is_not_there_is_withdrawn() -> None:
    assert judge(Absent("it was cancelled")) == Withdraw("it was cancelled")


def test_a_lost_answer_leaves_a_doubt() -> None:
    verdict = judge(AmbiguousError("time-out"))
    assert isinstance(verdict, Retry)
    assert verdict.doubt
    assert verdict.at - NOON >= POLICY.doubtful


def test_a_doubt_stays_until_somebody_looked() -> None:
    verdict = judge(TransientError("502"), doubt=True)
    assert isinstance(verdict, Retry)
    assert verdict.doubt


def test_a_fault_of_ours_spends_attempts_and_leaves_a_doubt() -> None:
    """What broke may have been the reading of a good answer: look before it is sent again, and not for ever."""
    verdict = judge(DefectError("KeyError"))
    assert isinstance(verdict, Retry)
    assert (verdict.spent, verdict.doubt) == (True, True)
    last = judge(DefectError("KeyError"), attempts=POLICY.attempts - 1)
    assert isinstance(last, Park)
    assert last.case.case_class is CaseClass.ATTEMPTS_EXHAUSTED


def test_a_final_refusal_is_parked_at_once_with_its_evidence() -> None:
    verdict = judge(RejectedError("no such SKU", CaseClass.UNMAPPED_SKU, evidence={"sku": "X"}))
    assert isinstance(verdict, Park)
    assert (verdict.case.case_class, verdict.case.evidence) == (CaseClass.UNMAPPED_SKU, {"sku": "X"})


@pytest.mark.parametrize(("attempts", "parked"), [(0, False), (2, False), (3, True)])
def test_a_refusal_of_unknown_cause_is_tried_a_few_times(attempts: int, parked: bool) -> None:
    verdict = judge(RejectedError("?", CaseClass.ORDER_REFUSED, final=False), attempts=attempts)
    assert isinstance(verdict, Park) is parked
    assert parked or (isinstance(verdict, Retry) and verdict.spent)


def test_waiting_has_an_end() -> None:
    verdict = judge(TransientError("502"), expires_at=NOON + timedelta(seconds=1), failures=5)
    assert isinstance(verdict, Park)
    assert verdict.case.case_class is CaseClass.EXPIRED


def test_back_off_doubles_up_to_its_bound_and_never_comes_all_at_once() -> None:
    def wait(failures: int, seed: int = 1) -> timedelta:
        tried: Message = message(Kind.ORDER, order(), failures=failures)
        return backoff(tried, POLICY, random.Random(seed))

    assert wait(0) <= POLICY.first
    assert wait(3) > wait(0)
    assert wait(400) <= POLICY.longest
    assert len({wait(3, seed) for seed in range(20)}) == 20
