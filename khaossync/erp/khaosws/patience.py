"""Reads stock codes although one of them makes Khaos Control fail."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from khaossync.domain.documents import Document, Kind, Unreadable
from khaossync.erp.khaosws.client import Client
from khaossync.erp.khaosws.reading import halving, refused
from khaossync.erp.khaosws.soap import FaultError

Read = tuple[list[Document], list[Unreadable]]
Reader = Callable[[Client, Sequence[str]], Awaitable[Read]]


class Patient:
    """A reader that goes on without the codes that are refused even alone; each is told as unreadable.

    A fault does not say whether the record or the service is at fault, so a code is blamed only when another, that was
    read well before, can be read after it.
    """

    def __init__(self, connector: str, kind: Kind, read: Reader) -> None:
        self._connector = connector
        self._kind = kind
        self._read = read
        self._witness: str | None = None

    async def __call__(self, client: Client, codes: Sequence[str]) -> Read:
        """Raises SyncError, and a fault when nothing at all could be read."""
        found = await halving(codes, partial(self._read, client))
        if found.answers:
            self._witness = found.answers[-1][0][0]
        if found.refused:
            await self._require_witness(client, next(iter(found.refused.values())))
        documents: dict[str, Document] = {}
        for asked, (told, _) in found.answers:  # a style tells its variants too; a record of its own says more
            documents |= {one.key: one for one in told if one.key in asked or one.key not in documents}
        unreadable = [one for _, (_, strange) in found.answers for one in strange]
        unreadable += [refused(self._connector, self._kind, code, fault) for code, fault in found.refused.items()]
        return list(documents.values()), unreadable

    async def _require_witness(self, client: Client, fault: FaultError) -> None:
        if self._witness is None:
            raise fault
        try:
            await self._read(client, [self._witness])
        except FaultError:
            self._witness = None
            raise fault from None
