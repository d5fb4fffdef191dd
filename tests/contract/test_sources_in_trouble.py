"""What every stream owes its readers when the other side fails."""

from itertools import count

import pytest
from contract.telling import Telling, identities, versions
from contract.trouble import Trouble

from khaossync.domain.errors import ConnectorDownError, RateLimitedError, TransientError
from khaossync.sandbox.faults import Fault

_CALLS = 60


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_fault_on_any_call_loses_nothing(telling: Telling, fault: Fault) -> None:
    """The reading ends with an error that waiting cures, and the next goes on from the last page to the present."""
    await telling.create(3)
    whole = versions(await telling.read())
    for call in count(1):
        assert call < _CALLS
        broken = await telling.read_in(Trouble(fault, call))
        if not broken.struck:
            break
        assert broken.error is None or isinstance(broken.error, TransientError | ConnectorDownError)
        assert isinstance(broken.error, RateLimitedError) == (fault is Fault.THROTTLE)
        rest = await telling.read(broken.cursor)
        assert whole <= versions([*broken.pages, *rest])
    assert call > 1, "the reading made no call that could fail"


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.TRUNCATE])
async def test_a_fault_on_any_call_of_a_later_reading_loses_nothing(telling: Telling, fault: Fault) -> None:
    """Changes since a cursor are read another way than everything there is."""
    cursor = (await telling.read())[-1].cursor
    created = await telling.create(3)
    for call in count(1):
        assert call < _CALLS
        broken = await telling.read_in(Trouble(fault, call), cursor)
        if not broken.struck:
            break
        rest = await telling.read(broken.cursor or cursor)
        assert set(created) <= identities([*broken.pages, *rest])
    assert call > 1, "the reading made no call that could fail"


async def test_a_closed_door_is_a_connector_that_is_down(telling: Telling) -> None:
    await telling.create(1)
    await telling.world.stop()
    with pytest.raises(ConnectorDownError):
        await telling.read()
