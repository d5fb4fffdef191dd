"""History: who changed a message's state off the normal road, when and why."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from khaossync.outbox.database import Connection
from khaossync.outbox.rows import columns

# Law 8. Append only.
RECORD = """
insert into khaossync.history (at, message_id, destination, kind, key, event, who, why)
select $8, * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a message's state."""

    message_id: int
    destination: str
    kind: str
    key: str
    event: str
    who: str
    why: str


async def record(connection: Connection, changes: Sequence[Change], now: datetime) -> None:
    """Keep changes for ever."""
    if changes:
        await connection.execute(RECORD, *columns(map(astuple, changes), 7), now)
