"""What every sink owes its caller when the other side fails: never a guess, and one effect in the end."""

from itertools import count

import pytest
from contract.taking import Taking, in_doubt
from contract.trouble import Trouble

from khaossync.domain.errors import AmbiguousError, ConnectorDownError, RateLimitedError, SyncError, TransientError
from khaossync.domain.messages import Done
from khaossync.sandbox.faults import Fault

_CALLS = 30
_AFTER_THE_EFFECT = (Fault.DROP_AFTER, Fault.STALL, Fault.TRUNCATE)
_WITHOUT_EFFECT = (Fault.DROP_BEFORE, Fault.UNAVAILABLE, Fault.HTML, Fault.THROTTLE)


@pytest.mark.parametrize("fault", _AFTER_THE_EFFECT)
async def test_a_lost_answer_is_no_guess_and_its_doubt_ends_with_one_effect(taking: Taking, fault: Fault) -> None:
    delivery = await taking.target.possible()
    outcome, struck = await taking.tell_in(Trouble(fault, operation=taking.target.WRITE), delivery)
    assert struck
    await _never_guessed(taking, outcome, fault)
    (again,) = await taking.tell(in_doubt(delivery))
    assert isinstance(again, Done)
    assert taking.target.effects(delivery) == 1


@pytest.mark.parametrize("fault", _WITHOUT_EFFECT)
async def test_what_never_arrived_is_not_taken_for_done(taking: Taking, fault: Fault) -> None:
    delivery = await taking.target.possible()
    outcome, struck = await taking.tell_in(Trouble(fault, operation=taking.target.WRITE), delivery)
    assert struck
    assert isinstance(outcome, TransientError | AmbiguousError | ConnectorDownError)
    assert taking.target.effects(delivery) == 0
    delivery, last = await taking.see_through(delivery, outcome)
    assert isinstance(last, Done)
    assert taking.target.effects(delivery) == 1


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_fault_on_any_call_ends_with_one_effect(taking: Taking, fault: Fault) -> None:
    """Told again as the outbox would: with a doubt only where the outcome asked for one."""
    for call in count(1):
        assert call < _CALLS
        delivery = await taking.target.possible()
        outcome, struck = await taking.tell_in(Trouble(fault, call), delivery)
        delivery, last = await taking.see_through(delivery, outcome)
        assert isinstance(last, Done)
        assert taking.target.effects(delivery) == 1
        if not struck:
            break
    assert call > 1, "the sink made no call that could fail"


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_fault_on_any_call_of_a_doubtful_try_ends_with_one_effect(taking: Taking, fault: Fault) -> None:
    """It was sent before, and the daemon died; now the look for it fails."""
    for call in count(1):
        assert call < _CALLS
        delivery = await taking.target.possible()
        await taking.tell(delivery)
        outcome, struck = await taking.tell_in(Trouble(fault, call), in_doubt(delivery))
        delivery, last = await taking.see_through(in_doubt(delivery), outcome)
        assert isinstance(last, Done)
        assert taking.target.effects(delivery) == 1
        if not struck:
            break
    assert call > 1, "the sink made no call that could fail"


async def test_a_daemon_that_dies_in_the_middle_of_a_call_leaves_one_effect(taking: Taking) -> None:
    """The next one knows from the committed intent that it may have been sent, where the sink asked for one."""
    delivery = await taking.target.possible()
    await taking.tell_and_die(delivery)
    (outcome,) = await taking.tell(in_doubt(delivery) if await taking.blind() else delivery)
    assert isinstance(outcome, Done)
    assert taking.target.effects(delivery) == 1


@pytest.mark.parametrize("fault", list(Fault))
async def test_no_fault_spends_an_attempt(taking: Taking, fault: Fault) -> None:
    """Only a refusal does: weather would else make a case of every message that waits."""
    delivery = await taking.target.possible()
    outcome, _ = await taking.tell_in(Trouble(fault), delivery)
    delivery, _ = await taking.see_through(delivery, outcome)
    assert delivery.message.attempts == 0


async def test_being_told_to_slow_down_is_known_as_such(taking: Taking) -> None:
    delivery = await taking.target.possible()
    outcome, _ = await taking.tell_in(Trouble(Fault.THROTTLE, operation=taking.target.WRITE), delivery)
    assert isinstance(outcome, RateLimitedError)
    assert outcome.wait.total_seconds() > 0


async def _never_guessed(taking: Taking, outcome: object, fault: Fault) -> None:
    """Either it was looked up and found, or nobody knows; who may repeat a call unseen may also just try again."""
    blind = await taking.blind()
    if isinstance(outcome, SyncError):
        assert isinstance(outcome, AmbiguousError if blind else AmbiguousError | TransientError)
    else:
        assert isinstance(outcome, Done)
        assert outcome.found or not blind, f"believed without an answer after {fault}"
