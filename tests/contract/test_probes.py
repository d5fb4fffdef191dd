"""What every probe owes the operator: a straight answer, and what to do about it."""

import pytest
from contract.trouble import Trouble
from contract.world import World

from khaossync.domain.errors import ConnectorDownError, SyncError
from khaossync.domain.findings import Severity
from khaossync.sandbox.faults import Fault


async def test_a_ping_that_is_answered_returns(world: World) -> None:
    async with world.connected() as connector:
        await connector.probe.ping()


async def test_a_server_that_is_not_there_is_down(world: World) -> None:
    await world.stop()
    async with world.connected() as connector:
        with pytest.raises(ConnectorDownError):
            await connector.probe.ping()
        with pytest.raises(ConnectorDownError):
            await connector.probe.check()


async def test_a_server_that_comes_back_is_up_again(world: World) -> None:
    """The same connector notices, for the daemon builds it once."""
    async with world.connected() as connector:
        await connector.probe.ping()
        await world.stop()
        with pytest.raises(SyncError):
            await connector.probe.ping()
        await world.start()
        await connector.probe.ping()


async def test_a_stranger_is_not_let_in(world: World) -> None:
    async with world.connected(**world.STRANGER) as connector:
        with pytest.raises(ConnectorDownError) as refused:
            await connector.probe.ping()
    assert "check" in str(refused.value), "say what a person should look at"


async def test_a_stranger_neither_reads_nor_writes(world: World) -> None:
    """Refused credentials concern everything: each stream and sink raises what stops the calling."""
    deliveries = [await target(world).possible() for target in world.TARGETS.values()]
    async with world.connected(**world.STRANGER) as connector:
        for source in connector.sources:
            with pytest.raises(ConnectorDownError):
                _ = [page async for page in source.changes(None)]
        for delivery in deliveries:
            with pytest.raises(ConnectorDownError):
                await connector.sinks[delivery.message.kind].deliver([delivery])


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_ping_in_trouble_fails_with_an_error_of_ours(world: World, fault: Fault) -> None:
    trouble = Trouble(fault)
    with trouble.befalling(world.faults) as strike:
        async with world.connected(patience=trouble.patience) as connector:
            with pytest.raises(SyncError):
                await connector.probe.ping()
    assert strike.struck


async def test_a_check_of_good_settings_finds_them_good(world: World) -> None:
    async with world.connected() as connector:
        findings = await connector.probe.check()
    assert findings
    assert [finding for finding in findings if finding.severity is not Severity.OK] == []
    assert all(finding.subject and finding.detail for finding in findings)


async def test_a_check_of_mistaken_settings_says_what_to_do(world: World) -> None:
    async with world.connected(**world.MISTAKEN) as connector:
        findings = await connector.probe.check()
    bad = [finding for finding in findings if finding.severity is Severity.FAIL]
    assert bad
    assert all(finding.remedy for finding in bad)
