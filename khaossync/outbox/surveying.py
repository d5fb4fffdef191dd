"""Surveying: everything that is stored of one sort, for a check of the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from khaossync.domain.documents import DocumentBody, Kind
from khaossync.outbox.codec import load_document
from khaossync.outbox.database import Database

log = structlog.get_logger()

# When any stream that tells this kind was last read to its end; null when none ever was.
READ_AT = "select max(read_at) from khaossync.catalogues where source = $1 and kind = $2"

BODIES = "select key, body from khaossync.documents where source = $1 and kind = $2 order by key"

# How often each delivery method was chosen, the most wanted first.
METHODS = """
select delivery ->> 'method' as method, count(*) as times
from khaossync.documents d cross join lateral jsonb_array_elements(d.body -> 'deliveries') as delivery
where d.source = $1 and d.kind = 'order' and d.moment >= $2
group by method order by times desc, method"""


@dataclass(frozen=True, slots=True)
class Survey:
    """All records of one kind of one connector; `read_at` is when its catalogue was last read to the end."""

    bodies: Sequence[DocumentBody]
    read_at: datetime


async def survey(database: Database, source: str, kind: Kind) -> Survey | None:
    """Everything stored of a kind; None where it was never read to the end."""
    async with database.connection() as connection:
        read_at = await connection.fetchval(READ_AT, source, kind.value)
        if read_at is None:
            return None
        rows = await connection.fetch(BODIES, source, kind.value)
    bodies = []
    for row in rows:
        try:
            bodies.append(load_document(kind, row["body"]))
        except ValueError:  # stored by another release: not known until it is told again
            log.warning("stored_document_unreadable", source=source, kind=kind.value, key=row["key"])
    return Survey(bodies, read_at)


async def delivery_methods(database: Database, channel: str, since: datetime) -> Mapping[str, int]:
    """How often each delivery method is in the orders that changed since an instant."""
    async with database.connection() as connection:
        return {row["method"]: row["times"] for row in await connection.fetch(METHODS, channel, since)}
