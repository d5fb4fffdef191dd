"""The laws can be broken: each defect of a made-up connector is caught, and without one it passes them all."""

import inspect
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest
from contract import test_probes, test_sinks, test_sinks_in_trouble, test_sources, test_sources_in_trouble
from contract.taking import Taking
from contract.telling import Telling
from contract.toy import Defects, LedgerLevels, LedgerOrders, ToyWorld
from contract.world import started

from khaossync.domain.errors import SyncError
from khaossync.sandbox.faults import Fault

Law = Callable[..., Awaitable[None]]


def laws(module: ModuleType, subject: str) -> list[Any]:
    """The laws of a module on one subject, each with every argument that it is held with."""
    found = [law for name, law in vars(module).items() if name.startswith("test_")]
    return [
        pytest.param(law, more, id=" ".join([law.__name__, *map(str, more.values())]))
        for law in found
        if subject in inspect.signature(law).parameters
        for more in _arguments(law)
    ]


def _arguments(law: Law) -> list[dict[str, Any]]:
    marks = [mark for mark in getattr(law, "pytestmark", []) if mark.name == "parametrize"]
    return [{mark.args[0]: value} for mark in marks for value in mark.args[1]] or [{}]


async def sink_under(law: Law, defects: Defects, **more: object) -> None:
    async with started(ToyWorld(defects)) as world:
        await law(Taking(world, LedgerOrders(world)), **more)


async def stream_under(law: Law, defects: Defects, **more: object) -> None:
    async with started(ToyWorld(defects)) as world:
        await law(Telling(world, LedgerLevels(world), "levels"), **more)


GOOD = Defects()
ON_SINKS = [*laws(test_sinks, "taking"), *laws(test_sinks_in_trouble, "taking")]
ON_STREAMS = [*laws(test_sources, "telling"), *laws(test_sources_in_trouble, "telling")]


@pytest.mark.parametrize(("law", "more"), ON_SINKS)
async def test_a_sink_that_looks_first_breaks_no_law(law: Law, more: dict[str, Any]) -> None:
    await sink_under(law, GOOD, **more)


@pytest.mark.parametrize(("law", "more"), ON_STREAMS)
async def test_a_stream_without_defects_breaks_no_law(law: Law, more: dict[str, Any]) -> None:
    await stream_under(law, GOOD, **more)


@pytest.mark.parametrize("doubt", [False, True])
async def test_the_suite_catches_a_sink_that_creates_blindly(doubt: bool) -> None:
    with pytest.raises(AssertionError):
        await sink_under(test_sinks.test_told_twice_is_one_effect, Defects(creates_blindly=True), doubt=doubt)


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.TRUNCATE, Fault.STALL])
async def test_the_suite_catches_a_blind_sink_by_its_lost_answers(fault: Fault) -> None:
    law = test_sinks_in_trouble.test_a_lost_answer_is_no_guess_and_its_doubt_ends_with_one_effect
    with pytest.raises(AssertionError):
        await sink_under(law, Defects(creates_blindly=True), fault=fault)


async def test_the_suite_catches_a_blind_sink_by_the_death_of_its_daemon() -> None:
    law = test_sinks_in_trouble.test_a_daemon_that_dies_in_the_middle_of_a_call_leaves_one_effect
    with pytest.raises(AssertionError):
        await sink_under(law, Defects(creates_blindly=True))


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.DROP_BEFORE])
async def test_the_suite_catches_a_sink_that_guesses(fault: Fault) -> None:
    """Taking silence for success loses orders when nothing had arrived."""
    with pytest.raises(AssertionError):
        await sink_under(
            test_sinks_in_trouble.test_a_lost_answer_is_no_guess_and_its_doubt_ends_with_one_effect
            if fault is Fault.DROP_AFTER
            else test_sinks_in_trouble.test_what_never_arrived_is_not_taken_for_done,
            Defects(believes_an_empty_answer=True),
            fault=fault,
        )


@pytest.mark.parametrize(
    "law",
    [
        test_sources.test_every_page_is_told_again_to_who_asks_from_before_it,
        test_sources.test_a_reading_that_breaks_off_at_every_step_still_comes_to_its_end,
        test_sources.test_a_reader_who_is_up_to_date_stays_so,
        test_sources.test_a_change_is_a_new_version_of_the_same_record,
    ],
    ids=lambda law: law.__name__,
)
async def test_the_suite_catches_a_stream_that_moves_its_cursor_too_early(law: Law) -> None:
    with pytest.raises(AssertionError):
        await stream_under(law, Defects(moves_its_cursor_too_early=True))


async def test_the_suite_catches_a_stream_that_hides_its_errors() -> None:
    law = test_sources_in_trouble.test_a_fault_on_any_call_loses_nothing
    with pytest.raises(AssertionError):
        await stream_under(law, Defects(hides_its_errors=True), fault=Fault.UNAVAILABLE)


async def test_the_suite_catches_a_connector_that_lets_foreign_errors_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is no SyncError is not caught on the way: it breaks the law by itself."""

    async def crash(*_: Any) -> Any:
        raise KeyError("rows")

    monkeypatch.setattr("contract.toy.Client.ask", crash)
    for caught in (
        sink_under(test_sinks.test_told_twice_is_one_effect, GOOD, doubt=False),
        stream_under(test_sources.test_a_cursor_is_text_that_a_database_can_keep, GOOD),
        _pinged(),
    ):
        with pytest.raises(KeyError) as raised:
            await caught
        assert not isinstance(raised.value, SyncError)


async def _pinged() -> None:
    async with started(ToyWorld(GOOD)) as world:
        await test_probes.test_a_ping_that_is_answered_returns(world)
