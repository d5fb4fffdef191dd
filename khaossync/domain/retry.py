"""The verdict on what came of a delivery: finished, again later, or a person must look."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.errors import AmbiguousError, DefectError, RateLimitedError, RejectedError, SyncError
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


class Dice(Protocol):
    """Where chance comes from; injected, so that a seed repeats a run."""

    def random(self) -> float:
        """A number from 0 up to 1."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient we are. Waiting doubles from `first` to `longest`; `attempts` bounds refusals, not outages.

    After an answer that is lost, or that we broke over, nothing is sent for `doubtful`: the other side may still be at
    work on the first call.
    """

    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=10)
    doubtful: timedelta = timedelta(seconds=10)
    attempts: int = 4


def decide(message: Message, outcome: Outcome, now: datetime, policy: RetryPolicy, dice: Dice) -> Verdict:
    """Judge one outcome.

    Done → finished. Pending → awaited. Absent → withdrawn. Refused for good, or once too often → parked as a case.
    Everything that time cures (rate limit, outage, lost answer) → again later without spending an attempt,
    until the message expires.
    """
    match outcome:
        case Done(reference=reference):
            return Complete(reference)
        case Pending(until=until, reference=reference):
            return Await(until, reference)
        case Absent(why=why):
            return Withdraw(why)
        case RejectedError() as error if error.final or message.attempts + 1 >= policy.attempts:
            return Park(Case(error.case_class, message.destination, message.key, str(error), error.evidence))
        case RejectedError() as error:
            doubt = message.doubt or isinstance(error, DefectError)
            return Retry(now + _rest(message, error, policy, dice), str(error), spent=True, doubt=doubt, failed=True)
        case SyncError() as error:
            return _later(message, error, now, policy, dice)


def _later(message: Message, error: SyncError, now: datetime, policy: RetryPolicy, dice: Dice) -> Verdict:
    wait = _rest(message, error, policy, dice)
    doubt = message.doubt or isinstance(error, AmbiguousError)
    if now + wait >= message.expires_at:
        detail = f"waited since {message.created_at:%Y-%m-%d %H:%M} UTC; last: {error}"
        return Park(Case(CaseClass.EXPIRED, message.destination, message.key, detail))
    return Retry(now + wait, str(error), doubt=doubt, failed=True)


def _rest(message: Message, error: SyncError, policy: RetryPolicy, dice: Dice) -> timedelta:
    wait = error.wait if isinstance(error, RateLimitedError) else backoff(message, policy, dice)
    return max(wait, policy.doubtful) if isinstance(error, AmbiguousError | DefectError) else wait


def backoff(message: Message, policy: RetryPolicy, dice: Dice) -> timedelta:
    """Exponential with full jitter above one half, so that a thousand messages do not come back at once."""
    doubled = policy.first * (1 << min(message.failures, 20))
    return min(doubled, policy.longest) * (0.5 + dice.random() / 2)
