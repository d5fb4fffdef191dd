"""History: who changed something off the normal road, when and why; the trail that is sealed."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from khaossync.outbox.database import Connection
from khaossync.outbox.rows import columns

# Law 8. Append only. Of an order whose customer was erased no reason is kept, for it may name them.
RECORD = """
insert into khaossync.history (at, message_id, destination, kind, key, event, who, why, case_id)
select $9, message_id, destination, kind, key, event, who,
    case when exists (select from khaossync.erased e where e.about = any(string_to_array(told.key, ' ')))
        then '' else why end, case_id
from unnest(
    $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]
) as told (message_id, destination, kind, key, event, who, why, case_id)"""

CASE = "case"
"""The kind of an entry about a case: its `destination` is the case's source, its `key` the subject."""
TRAIL = "trail"
"""The kind of an entry about the trail itself."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a message's or a case's state, or an act upon what is stored."""

    message_id: int | None
    destination: str
    kind: str
    key: str
    event: str
    who: str
    why: str
    case_id: int | None = None


async def record(connection: Connection, changes: Sequence[Change], now: datetime) -> None:
    """Add changes to the trail."""
    if changes:
        await connection.execute(RECORD, *columns(map(astuple, changes), 8), now)
