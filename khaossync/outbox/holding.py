"""Holding: units that channels have sold and their ERPs do not count yet."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from khaossync.domain.documents import Document, Kind
from khaossync.domain.knowledge import Address, Unposted
from khaossync.domain.plan import Held
from khaossync.outbox.database import Connection
from khaossync.outbox.rows import columns

# What these orders hold as long as the ERP does not have them.
HELD = """
select u.order_key, u.stock_code, u.units from khaossync.unposted u
where u.order_key = any($1::text[]) and u.posted_at is null"""

# How many units of a code a channel has sold, but for those that a level read at this moment counts.
UNPOSTED = """
select u.channel, u.stock_code, sum(u.units) as units
from unnest($1::text[], $2::text[], $3::timestamptz[]) as asked (channel, stock_code, read_at)
    join khaossync.unposted u using (channel, stock_code)
where u.posted_at is null or asked.read_at is null or u.posted_at >= asked.read_at
group by u.channel, u.stock_code"""

# Levels that were read after orders of their item had been posted.
AWAITED = """
select distinct told.erp, told.stock_code
from unnest($1::text[], $2::text[], $3::timestamptz[]) as told (erp, stock_code, read_at)
    join khaossync.unposted u using (erp, stock_code)
where u.posted_at < told.read_at"""

# These levels count what was posted before they were read.
COUNT = """
delete from khaossync.unposted u
using unnest($1::text[], $2::text[], $3::timestamptz[]) as told (erp, stock_code, read_at)
where u.erp = told.erp and u.stock_code = told.stock_code and u.posted_at < told.read_at"""

# An order holds what it was last judged to hold.
RELEASE = """
delete from khaossync.unposted u where u.order_key = any($1::text[]) and u.posted_at is null"""

# Unless the ERP has it by now.
HOLD = """
insert into khaossync.unposted (order_key, stock_code, channel, erp, units)
select told.order_key, told.stock_code, told.channel, told.erp, told.units
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::numeric[])
    as told (order_key, stock_code, channel, erp, units)
where not exists (select from khaossync.links l where l.key = told.order_key and l.state = 'sent')
on conflict (order_key, stock_code) do nothing"""

# The ERP has these orders: they count until its levels are read after this.
POSTED = """
update khaossync.unposted u set posted_at = $2 where u.order_key = any($1::text[]) and u.posted_at is null"""

# A settling that crossed an acceptance leaves what nobody else would clear: here the state of the link clears it. And
# nothing was posted later than now: so says a clock that was ahead.
MEND = """
update khaossync.unposted u set posted_at = least(coalesce(u.posted_at, l.sent_at, $2), $3::timestamptz)
from khaossync.links l
where u.channel = $1 and (u.posted_at is null or u.posted_at > $3) and l.key = u.order_key and l.state = 'sent'"""

# What was posted so long ago that every level counts it, as far as the ERP's levels were read since at all.
COUNTED = """
select distinct u.stock_code
from khaossync.unposted u
where u.channel = $1 and u.posted_at < $2 and u.posted_at < (
    select min(c.read_up_to)
    from khaossync.catalogues k join khaossync.cursors c using (source, stream)
    where k.source = u.erp and k.kind = 'stock_level'
)
order by u.stock_code"""


async def held(connection: Connection, orders: Iterable[str]) -> Mapping[str, Held]:
    """Order key → what it holds; every order that was asked for is in the answer."""
    asked = sorted(orders)
    found: dict[str, dict[str, Decimal]] = {order: {} for order in asked}
    for row in await connection.fetch(HELD, asked) if asked else ():
        found[row["order_key"]][row["stock_code"]] = row["units"]
    return found


async def unposted(connection: Connection, asked: Iterable[Unposted]) -> Mapping[Address, Decimal]:
    """(channel, stock code) → units sold that the ERP does not count; of several askings the newest reading counts."""
    newest: dict[Address, datetime | None] = {}
    for one in asked:
        known = newest.get((one.channel, one.code))
        newest[one.channel, one.code] = max(known, one.read_at) if known and one.read_at else known or one.read_at
    if not newest:
        return {}
    rows = await connection.fetch(UNPOSTED, *columns(((*record, at) for record, at in newest.items()), 3))
    return {(row["channel"], row["stock_code"]): row["units"] for row in rows}


async def awaited(connection: Connection, documents: Iterable[Document]) -> set[Address]:
    """(ERP, stock code) of the levels among these that count units which were held back until they were read."""
    if not (table := _levels(documents)):
        return set()
    return {(row["erp"], row["stock_code"]) for row in await connection.fetch(AWAITED, *table)}


async def count(connection: Connection, documents: Iterable[Document], counted: Mapping[Address, datetime]) -> None:
    """Hold back no longer what these levels count, nor what is counted for another reason."""
    rows = [(one.source, one.key, one.moment) for one in documents if one.kind is Kind.STOCK_LEVEL]
    rows += [(erp, code, until) for (erp, code), until in sorted(counted.items())]
    if rows:
        await connection.execute(COUNT, *columns(rows, 3))


async def hold(connection: Connection, holds: Mapping[str, tuple[str, Held]]) -> None:
    """Note what orders hold now; an empty holding releases all that the order held."""
    if not holds:
        return
    await connection.execute(RELEASE, sorted(holds))
    rows = [
        (order, code, order.partition(":")[0], erp, units)
        for order, (erp, codes) in sorted(holds.items())
        for code, units in sorted(codes.items())
        if units > 0
    ]
    if rows:
        await connection.execute(HOLD, *columns(rows, 5))


async def posted(connection: Connection, orders: Sequence[str], now: datetime) -> None:
    """These orders are in the ERP."""
    await connection.execute(POSTED, orders, now)


async def released(connection: Connection, orders: Sequence[str]) -> None:
    """These orders will not go to the ERP."""
    await connection.execute(RELEASE, orders)


async def counted(connection: Connection, channel: str, until: datetime, now: datetime) -> Sequence[str]:
    """The stock codes of which the channel posted units before this moment and before the ERP's levels were read."""
    await connection.execute(MEND, channel, until, now)
    return [row["stock_code"] for row in await connection.fetch(COUNTED, channel, until)]


def _levels(documents: Iterable[Document]) -> list[list[object]]:
    told = [one for one in documents if one.kind is Kind.STOCK_LEVEL]
    return columns(((one.source, one.key, one.moment) for one in told), 3) if told else []
