"""Knowing: what the rules ask about the past, answered from what is stored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import asyncpg
import structlog

from khaossync.domain.despatch import Despatch
from khaossync.domain.documents import Document, DocumentBody, Kind
from khaossync.domain.knowledge import Address, Effect, Knowledge, Question
from khaossync.domain.links import Link
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import Listing, StockItem, StockLevel
from khaossync.outbox import holding
from khaossync.outbox.codec import load_document, storable
from khaossync.outbox.database import Connection
from khaossync.outbox.rows import Identity, columns, identity, link_of
from khaossync.ports import Hint, Listed

log = structlog.get_logger()
T = TypeVar("T")

# What is stored about these records.
KNOWN = """
select d.source, d.kind, d.key, d.version, d.moment, d.received_at
from khaossync.documents d
    join unnest($1::text[], $2::text[], $3::text[]) as told (source, kind, key) using (source, kind, key)"""

# The newest state of these records.
BODIES = """
select d.source, d.kind, d.key, d.body
from khaossync.documents d
    join unnest($1::text[], $2::text[], $3::text[]) as asked (source, kind, key) using (source, kind, key)"""

# All refunds told of these orders.
REFUNDS = """
select d.source, d.kind, d.key, d.about, d.body from khaossync.documents d
where d.kind = 'refund' and d.about = any($1::text[]) order by d.moment, d.key"""

# The pack headers that contain these stock codes.
PACKS = """
select d.source, d.kind, d.key, asked.part, d.body
from unnest($1::text[], $2::text[]) as asked (source, part)
    join khaossync.documents d on d.source = asked.source and d.kind = 'stock_item' and d.body -> 'pack' ? asked.part
where d.body -> 'pack' <> '{}'"""

# Links by order key, or by the ERP's reference.
LINKS = """
select l.* from khaossync.links l where l.key = any($1::text[])
union
select l.* from khaossync.links l join unnest($2::text[], $3::text[]) as asked (erp, ref) using (erp, ref)"""

# A channel's listings in the order of their SKUs.
LISTED = """
select d.source, d.kind, d.key, d.body from khaossync.documents d
where d.source = $1 and d.kind = 'listing' and d.key > $2 order by d.key limit $3"""

# Which catalogues were read to their end at least once.
COMPLETE = """
select distinct c.source, c.kind
from khaossync.catalogues c join unnest($1::text[], $2::text[]) as asked (source, kind) using (source, kind)
where c.read_at is not null"""

# The orders on which an ERP still has work to do, oldest first.
OPEN_REFERENCES = """
select ref from khaossync.links where erp = $1 and state = 'sent' and not finished order by sent_at"""

# Up to which moment the orders of these channels are known.
ORDERS_READ = """
select c.source, c.read_up_to from khaossync.cursors c
where c.source = any($1::text[]) and c.stream = 'orders' and c.read_up_to is not null"""

# A reading that came to its end.
READ_UP_TO = """
update khaossync.cursors c set read_up_to = $3 where c.source = $1 and c.stream = $2"""

# What the other side calls these effects, where it has them.
TOLD = """
select l.destination, l.kind, l.key, l.version, l.reference
from khaossync.ledger l
    join unnest($1::text[], $2::text[], $3::text[], $4::text[]) as asked (destination, kind, key, version)
    using (destination, kind, key, version)
where l.outcome = 'done'"""

CURSOR = "select cursor from khaossync.cursors where source = $1 and stream = $2"

# A delivery counts once, however often a platform sends it.
HOOK = """
insert into khaossync.hooks (source, delivery_id, topic, received_at) values ($1, $2, $3, $4)
on conflict do nothing returning true"""


async def cursor(connection: Connection, source: str, stream: str) -> str | None:
    """Where a stream was read up to."""
    found = await connection.fetchval(CURSOR, source, stream)
    return None if found is None else str(found)


async def news(connection: Connection, documents: Sequence[Document], now: datetime) -> Sequence[Document]:
    """The documents whose version is not the stored one and whose moment is not older; each once.

    What is stored of a moment that has not come yet is older: a clock that was ahead had named it. Besides the levels
    that were read after orders of their item were posted, changed or not: they count those orders.
    """
    told = {(identity(document), document.version): document for document in documents}
    table = columns(sorted({record for record, _ in told}), 3)
    rows = await connection.fetch(KNOWN, *table)
    known = {tuple(row[:3]): (row["version"], row["moment"], row["received_at"]) for row in rows}
    found = [document for (record, _), document in told.items() if _is_news(document, known.get(record), now)]
    old = {id(document) for document in found}
    rest = [document for document in told.values() if id(document) not in old]
    awaited = await holding.awaited(connection, rest)
    return [*found, *(one for one in rest if one.kind is Kind.STOCK_LEVEL and (one.source, one.key) in awaited)]


async def look_up(connection: Connection, question: Question) -> Knowledge:
    """Answer a question; what is not stored is not in the answer."""
    links = await _links(connection, question)
    bodies = await _bodies(connection, question)
    return Knowledge(
        links={link.key: link for link in links if link.key in question.orders},
        links_by_ref={(link.erp, link.ref): link for link in links if (link.erp, link.ref) in question.refs},
        refunds=await _refunds(connection, question),
        stock_items=_of_shape(bodies, Kind.STOCK_ITEM, question.stock_items, StockItem),
        stock_levels=_of_shape(bodies, Kind.STOCK_LEVEL, question.stock_levels, StockLevel),
        listings=_of_shape(bodies, Kind.LISTING, question.listings, Listing),
        packs=await _packs(connection, question),
        complete=await _complete(connection, question),
        unposted=await holding.unposted(connection, question.unposted),
        held=await holding.held(connection, question.held),
        orders_read=await _orders_read(connection, question),
        despatches=_of_shape(bodies, Kind.DESPATCH, question.despatches, Despatch),
        told=await _told(connection, question),
    )


async def open_references(connection: Connection, erp: str) -> Sequence[str]:
    """The references that this ERP still has work to do on, oldest first."""
    return [row["ref"] for row in await connection.fetch(OPEN_REFERENCES, erp)]


async def versions(connection: Connection, source: str, kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
    """Key → the stored version of these records of one source; what is not stored is not in the answer."""
    asked = {storable(key): key for key in keys}
    table = columns(sorted((source, kind.value, key) for key in asked), 3)
    return {asked[row["key"]]: row["version"] for row in await connection.fetch(KNOWN, *table)}


async def listed(connection: Connection, channel: str, after: str, limit: int) -> Listed:
    """The channel's listings behind this SKU, in the order of their SKUs; what cannot be read does not end them."""
    rows = await connection.fetch(LISTED, channel, after, limit)
    listings = tuple(body for _, body in _readable(rows) if isinstance(body, Listing))
    return Listed(listings, rows[-1]["key"] if len(rows) == limit else None)


async def remember_hint(connection: Connection, source: str, hint: Hint, now: datetime) -> bool:
    """Whether this webhook delivery is new."""
    row = (storable(source), storable(hint.delivery_id), storable(hint.topic))
    return bool(await connection.fetchval(HOOK, *row, now))


def _is_news(document: Document, known: tuple[str, datetime, datetime] | None, now: datetime) -> bool:
    if known is None or known[0] == storable(document.version):
        return known is None
    _, moment, received_at = known
    return moment <= document.moment or document.moment <= now < min(moment, received_at)


async def _links(connection: Connection, question: Question) -> Sequence[Link]:
    if not question.orders and not question.refs:
        return []
    refs = columns(sorted(question.refs), 2)
    return [link_of(row) for row in await connection.fetch(LINKS, sorted(question.orders), *refs)]


async def _bodies(connection: Connection, question: Question) -> Mapping[Identity, DocumentBody]:
    asked = [(source, Kind.STOCK_ITEM.value, key) for source, key in question.stock_items]
    asked += [(source, Kind.STOCK_LEVEL.value, key) for source, key in question.stock_levels]
    asked += [(source, Kind.LISTING.value, key) for source, key in question.listings]
    asked += [(source, Kind.DESPATCH.value, key) for source, key in question.despatches]
    if not asked:
        return {}
    rows = await connection.fetch(BODIES, *columns(asked, 3))
    return {(row["source"], row["kind"], row["key"]): body for row, body in _readable(rows)}


async def _refunds(connection: Connection, question: Question) -> Mapping[str, tuple[Refund, ...]]:
    if not question.refunds:
        return {}
    found: dict[str, tuple[Refund, ...]] = {}
    for row, refund in _readable(await connection.fetch(REFUNDS, sorted(question.refunds))):
        if isinstance(refund, Refund):
            found[row["about"]] = (*found.get(row["about"], ()), refund)
    return found


async def _packs(connection: Connection, question: Question) -> Mapping[Address, tuple[StockItem, ...]]:
    if not question.packs_of:
        return {}
    found: dict[Address, tuple[StockItem, ...]] = {}
    for row, item in _readable(await connection.fetch(PACKS, *columns(sorted(question.packs_of), 2))):
        if isinstance(item, StockItem):
            address = (row["source"], row["part"])
            found[address] = (*found.get(address, ()), item)
    return found


def _readable(rows: Iterable[asyncpg.Record]) -> Iterator[tuple[asyncpg.Record, DocumentBody]]:
    for row in rows:
        try:
            body = load_document(Kind(row["kind"]), row["body"])
        except ValueError:  # stored by another release: not known until it is told again
            log.warning("stored_document_unreadable", source=row["source"], kind=row["kind"], key=row["key"])
        else:
            yield row, body


def _of_shape(
    bodies: Mapping[Identity, DocumentBody], kind: Kind, asked: Iterable[Address], shape: type[T]
) -> Mapping[Address, T]:
    found = {(source, key): bodies.get((storable(source), kind.value, storable(key))) for source, key in asked}
    return {address: body for address, body in found.items() if isinstance(body, shape)}


async def _orders_read(connection: Connection, question: Question) -> Mapping[str, datetime]:
    if not question.orders_read:
        return {}
    rows = await connection.fetch(ORDERS_READ, sorted(question.orders_read))
    return {row["source"]: row["read_up_to"] for row in rows}


async def _told(connection: Connection, question: Question) -> Mapping[Effect, str]:
    if not question.told:
        return {}
    asked = {tuple(storable(part) for part in effect): effect for effect in question.told}
    rows = await connection.fetch(TOLD, *columns(sorted(asked), 4))
    return {asked[tuple(row[:4])]: row["reference"] for row in rows}


async def _complete(connection: Connection, question: Question) -> frozenset[tuple[str, Kind]]:
    if not question.complete:
        return frozenset()
    asked = sorted((source, kind.value) for source, kind in question.complete)
    rows = await connection.fetch(COMPLETE, *columns(asked, 2))
    return frozenset((row["source"], Kind(row["kind"])) for row in rows)
