"""Asks systems within a time: one that does not answer spoils only its own part."""

import asyncio
from collections.abc import Callable, Sequence

from khaossync.domain.documents import DocumentBody, Kind
from khaossync.domain.errors import SyncError
from khaossync.domain.findings import Finding
from khaossync.ports import Connector, Source

CATALOGUE = "catalogue"
"""The stream in which a connector tells everything that it sells or keeps."""

_STEP = 500


async def asked(system: Connector, deadline: float) -> Sequence[Finding]:
    """What a system says of itself until `deadline`, a time of the event loop."""
    try:
        async with asyncio.timeout_at(deadline):
            await system.probe.ping()
            return [Finding.ok("answers", f"{system.kind} answers and lets us in"), *await system.probe.check()]
    except SyncError as error:
        return [Finding.fail("answers", str(error), "check the address, the credentials and the network between us")]
    except TimeoutError:
        return [
            Finding.fail("answers", "it was too slow for a check", "look at its load and at the network; try again")
        ]


async def subscribed(system: Connector, url: str, deadline: float) -> Finding:
    """Whether the platform tells our address of everything that wakes a reading."""
    if system.subscriptions is None:
        return Finding.ok("webhooks", "are not subscribed from here")
    if not url:
        told = "with [http] public_url the daemon would subscribe them and keep them subscribed"
        return Finding.ok("webhooks", told)
    try:
        async with asyncio.timeout_at(deadline):
            missing = await system.subscriptions.missing(url)
    except (SyncError, TimeoutError) as error:
        return Finding.warn("webhooks", f"cannot be asked for: {str(error) or 'too slow'}", "try again")
    if missing:
        remedy = "the daemon makes them at its start and every hour; look into its log if it runs"
        return Finding.warn("webhooks", f"topics that are not told to {url}: {len(missing)}", remedy, items=missing)
    return Finding.ok("webhooks", f"every topic is told to {url}")


async def whole(
    system: Connector, kind: Kind, deadline: float, tell: Callable[[str], None]
) -> Sequence[DocumentBody] | None:
    """Everything of a kind in a system's catalogue, read from the system itself; None if that takes too long."""
    source = next((one for one in system.sources if one.name == CATALOGUE), None)
    if source is None:
        return None
    try:
        async with asyncio.timeout_at(deadline):
            return await _read(
                source, kind, lambda count: tell(f"{system.name}: {count} records of its catalogue read")
            )
    except (SyncError, TimeoutError) as error:
        tell(f"{system.name}: its catalogue was not read to the end ({str(error) or 'too slow'})")
        return None


async def _read(source: Source, kind: Kind, tell: Callable[[int], None]) -> Sequence[DocumentBody]:
    found: list[DocumentBody] = []
    told = 0
    async for page in source.changes(None):
        found += [document.body for document in page.documents if document.kind is kind]
        if len(found) >= told + _STEP:
            told = len(found)
            tell(told)
        if page.complete:
            break
    return found
