"""What every sink owes its caller in good weather: each effect once, and an answer for each message."""

import pytest
from contract.taking import Taking, in_doubt

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import ConnectorDownError, RejectedError
from khaossync.domain.messages import Delivery, Done


async def test_what_is_done_has_had_its_effect_and_is_named(taking: Taking) -> None:
    delivery = await taking.target.possible()
    assert taking.target.effects(delivery) == 0
    (outcome,) = await taking.tell(delivery)
    assert taking.finished(delivery, outcome), outcome
    assert isinstance(outcome, Done)
    assert outcome.reference
    assert taking.target.effects(delivery) == 1


@pytest.mark.parametrize("doubt", [False, True])
async def test_told_twice_is_one_effect(taking: Taking, doubt: bool) -> None:
    delivery = await taking.target.possible()
    (first,) = await taking.tell(delivery)
    (second,) = await taking.tell(in_doubt(delivery) if doubt or taking.target.FORGETFUL else delivery)
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert taking.target.effects(delivery) == 1
    assert second.reference == first.reference or not second.found


async def test_a_doubt_that_was_unfounded_still_ends_with_the_effect(taking: Taking) -> None:
    delivery = await taking.target.possible()
    (outcome,) = await taking.tell(in_doubt(delivery))
    assert isinstance(outcome, Done)
    assert not outcome.found
    assert taking.target.effects(delivery) == 1


async def test_every_message_of_a_batch_has_its_own_outcome_in_order(taking: Taking) -> None:
    batch = await _batch(taking, 3)
    outcomes = await taking.tell(*batch)
    assert [type(outcome) for outcome in outcomes] == [Done] * len(batch)
    assert [taking.target.effects(delivery) for delivery in batch] == [1] * len(batch)


async def test_one_impossible_message_does_not_spoil_the_others(taking: Taking) -> None:
    batch = await _batch(taking, 4)
    middle = len(batch) // 2
    batch[middle] = await taking.target.impossible()
    others = [delivery for place, delivery in enumerate(batch) if place != middle]
    outcomes = await taking.tell(*batch)
    expected: list[type] = [Done] * len(batch)
    expected[middle] = RejectedError
    assert [type(outcome) for outcome in outcomes] == expected
    assert [taking.target.effects(delivery) for delivery in others] == [1] * len(others)


async def test_what_is_refused_is_a_case_for_a_person(taking: Taking) -> None:
    (outcome,) = await taking.tell(await taking.target.impossible())
    assert isinstance(outcome, RejectedError)
    assert isinstance(outcome.case_class, CaseClass)
    assert outcome.evidence
    assert str(outcome)


async def test_a_refusal_is_the_same_when_it_is_told_in_doubt(taking: Taking) -> None:
    (outcome,) = await taking.tell(in_doubt(await taking.target.impossible()))
    assert isinstance(outcome, RejectedError)


async def test_two_calls_at_once_are_safe(taking: Taking) -> None:
    deliveries = [await taking.target.possible() for _ in range(2)]
    outcomes = await taking.tell_at_once(*deliveries)
    assert [type(outcome) for outcome in outcomes] == [Done, Done]
    assert [taking.target.effects(delivery) for delivery in deliveries] == [1, 1]


async def test_nothing_is_wanted_of_an_empty_batch(taking: Taking) -> None:
    assert list(await taking.tell()) == []


async def test_a_closed_door_concerns_the_whole_batch(taking: Taking) -> None:
    """It is raised, for only then does the push loop stop calling until a ping succeeds."""
    delivery = await taking.target.possible()
    async with taking.world.connected() as connector:
        await taking.world.stop()
        with pytest.raises(ConnectorDownError):
            await taking.sink(connector).deliver([delivery])
    assert taking.target.effects(delivery) == 0


async def _batch(taking: Taking, size: int) -> list[Delivery]:
    async with taking.world.connected() as connector:
        size = min(size, taking.sink(connector).max_batch)
    return [await taking.target.possible() for _ in range(size)]
