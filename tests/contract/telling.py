"""A stream under test: read from any cursor, by a daemon that has just started, with or without trouble."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contract.trouble import Trouble
from contract.world import Identity, Stream, World

from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.errors import SyncError
from khaossync.ports import Connector, Source

Version = tuple[Kind, str, str]
"""Kind, key and version of a document."""


@dataclass(frozen=True)
class Broken:
    """A reading that trouble befell: the pages before it, the error if it showed, and whether there was trouble."""

    pages: list[Page]
    error: SyncError | None
    struck: bool

    @property
    def cursor(self) -> str | None:
        """What the outbox has kept: the cursor of the last page."""
        return self.pages[-1].cursor if self.pages else None


@dataclass(frozen=True)
class Telling:
    """One stream of one connector."""

    world: World
    stream: Stream[Any]
    name: str

    async def create(self, times: int) -> list[Identity]:
        """Make so many documents appear."""
        return [await self.stream.create() for _ in range(times)]

    def source(self, connector: Connector) -> Source:
        """The connector's source of this name."""
        (source,) = [each for each in connector.sources if each.name == self.name]
        return source

    async def read(self, cursor: str | None = None) -> list[Page]:
        """Read to the present."""
        async with self.world.connected() as connector:
            return [page async for page in self.source(connector).changes(cursor)]

    async def read_one_step(self, cursor: str | None) -> tuple[list[Page], bool]:
        """Read until a page moves the cursor and lose the page after it; whether there was none: the present."""
        pages: list[Page] = []
        async with self.world.connected() as connector:
            async for page in self.source(connector).changes(cursor):
                if pages and pages[-1].cursor != cursor:
                    return pages, False
                pages.append(page)
        return pages, True

    async def read_in(self, trouble: Trouble, cursor: str | None = None) -> Broken:
        """Read until the present or an error; an exception that is no SyncError breaks the law there and then."""
        pages: list[Page] = []
        error: SyncError | None = None
        with trouble.befalling(self.world.faults) as strike:
            async with self.world.connected(patience=trouble.patience) as connector:
                try:
                    async for page in self.source(connector).changes(cursor):
                        pages.append(page)  # noqa: PERF401  those before the error are to stay
                except SyncError as raised:
                    error = raised
        return Broken(pages, error, strike.struck)


def documents(pages: Iterable[Page]) -> list[Document]:
    """What the pages tell."""
    return [document for page in pages for document in page.documents]


def versions(pages: Iterable[Page]) -> set[Version]:
    """What the pages tell, as far as the outbox tells documents apart."""
    return {(each.kind, each.key, each.version) for each in documents(pages)}


def identities(pages: Iterable[Page]) -> set[Identity]:
    """Which records the pages tell of."""
    return {(each.kind, each.key) for each in documents(pages)}
