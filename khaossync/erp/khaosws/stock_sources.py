"""The streams of stock: levels and items, by what changed since the last reading and in a full sweep now and then."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from khaossync.clock import Clock
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.erp.khaosws.client import Client
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.mapping import items, statuses, stock_item, stock_level
from khaossync.erp.khaosws.markup import UnintelligibleError, raw
from khaossync.erp.khaosws.patience import Patient, Read, Reader
from khaossync.erp.khaosws.progress import Progress
from khaossync.erp.khaosws.reading import chunked, told, unread
from khaossync.erp.khaosws.wire import MOVED, REVISED, is_listable
from khaossync.transport.priority import Priority

DEFAULT_SITE = "default"
"""The name of the service's own site, where the settings name none."""


@dataclass(frozen=True, slots=True)
class StockSource:
    """A stream of records by stock code. `read` fetches the records of some codes, in one call per site."""

    name: str
    interval: timedelta
    connector: str
    kind: Kind
    date_types: tuple[int, ...]
    client: Client
    clock: Clock
    settings: Settings
    read: Reader

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """What changed, or what remains of a sweep; a sweep lets changes pass whenever their time has come.

        Edits and movements are two lists, and some changes appear on neither: the sweep finds those. A sweep that
        breaks off goes on where it was, not with the changes again: else one that breaks off often never ends.
        """
        progress = Progress.at(cursor, self.clock.now(), timedelta(seconds=self.settings.full_sweep))
        if progress.began is None:
            async for page in self._changed(progress, self.clock.now()):
                yield page
            return
        client = self.client.at(Priority.BACKFILL)
        codes, strange = self._parted(await client.stock_codes())
        for chunk in chunked([code for code in codes if code > progress.after], self.settings.stock_chunk):
            if (now := self.clock.now()) - progress.since >= self.interval:
                async for page in self._changed(progress, now):
                    yield page
                progress = replace(progress, since=now)
            documents, unreadable = await self.read(client, chunk)
            progress = replace(progress, after=chunk[-1])
            yield Page(tuple(documents), progress.cursor, tuple(unreadable))
        progress = Progress(progress.since, swept=progress.began)
        yield Page((), progress.cursor, strange, complete=True)

    async def _changed(self, progress: Progress, now: datetime) -> AsyncIterator[Page]:
        client = self.client.at(Priority.STOCK)
        since = progress.since - timedelta(hours=self.settings.overlap)
        found = [code for kind in self.date_types for code in await client.stock_codes(kind, since)]
        codes, strange = self._parted(found)
        for chunk in chunked(codes, self.settings.stock_chunk):
            documents, unreadable = await self.read(client, chunk)
            yield Page(tuple(documents), progress.cursor, tuple(unreadable))
        yield Page((), replace(progress, since=now).cursor, strange)

    def _parted(self, codes: Sequence[str]) -> tuple[list[str], tuple[Unreadable, ...]]:
        """Codes to ask for in a fixed order, and those that KhaosWS cannot be asked for."""
        strange = sorted({code for code in codes if not is_listable(code)})
        reason = "a stock code with a comma cannot be asked for by KhaosWS; rename it in Khaos Control"
        return (
            sorted({code for code in codes if is_listable(code)}),
            tuple(Unreadable(self.connector, self.kind, code, reason, code) for code in strange),
        )


def site_names(settings: Settings) -> tuple[str, ...]:
    """The sites whose stock is read, by which a level names them."""
    return tuple(map(str, settings.sites)) or (DEFAULT_SITE,)


def levels_of(connector: str, clock: Clock, settings: Settings) -> Reader:
    """Reads the levels of some codes on every configured site; one document holds all sites of a code."""
    sites: dict[str, int | None] = dict(zip(site_names(settings), settings.sites or (None,), strict=True))

    async def read(client: Client, codes: Sequence[str]) -> Read:
        moment = clock.now()
        found = {key: statuses(await client.stock_status(codes, site)) for key, site in sites.items()}
        documents: list[Document] = []
        unreadable: list[Unreadable] = []
        for code in dict.fromkeys(code for rows in found.values() for code in rows):
            rows = {site: rows[code] for site, rows in found.items() if code in rows}
            text = "\n".join(raw(row) for row in rows.values())
            try:
                level = stock_level(code, rows, settings.stock_formula)
                documents.append(told(connector, Kind.STOCK_LEVEL, code, level, moment, text))
            except UnintelligibleError as error:
                unreadable.append(unread(connector, Kind.STOCK_LEVEL, code, error, text))
        return documents, unreadable

    return read


def items_of(connector: str, clock: Clock) -> Reader:
    """Reads the records of some codes; variants told inside their style count as records of their own."""

    async def read(client: Client, codes: Sequence[str]) -> Read:
        moment: datetime = clock.now()
        documents: dict[str, Document] = {}
        unreadable: list[Unreadable] = []
        for code, record, style in items(await client.stock(codes)):
            try:
                item = stock_item(record, style)
            except UnintelligibleError as error:
                unreadable.append(unread(connector, Kind.STOCK_ITEM, code, error, raw(record)))
                continue
            if style is None or code not in documents:
                documents[code] = told(connector, Kind.STOCK_ITEM, code, item, moment, raw(record))
        return list(documents.values()), unreadable

    return read


def stock(connector: str, client: Client, clock: Clock, settings: Settings) -> StockSource:
    """The levels: asked for by movement and by edit, for neither list holds all of the other."""
    interval = timedelta(seconds=settings.stock_interval)
    read = Patient(connector, Kind.STOCK_LEVEL, levels_of(connector, clock, settings))
    kind, lists = Kind.STOCK_LEVEL, (MOVED, REVISED)
    return StockSource("stock", interval, connector, kind, lists, client, clock, settings, read)


def catalogue(connector: str, client: Client, clock: Clock, settings: Settings) -> StockSource:
    """The stock items: asked for by edit."""
    interval = timedelta(seconds=settings.catalogue_interval)
    read = Patient(connector, Kind.STOCK_ITEM, items_of(connector, clock))
    return StockSource("catalogue", interval, connector, Kind.STOCK_ITEM, (REVISED,), client, clock, settings, read)
