"""Links: the reference given to an order, what it was sent with, and whether the ERP still works on it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from khaossync.domain.despatch import OrderState
from khaossync.domain.documents import Document, Kind
from khaossync.domain.messages import Complete, HandOver, NewMessage, Settlement, Withdraw
from khaossync.domain.orders import Order
from khaossync.domain.sales_order import SalesOrder
from khaossync.outbox.codec import dump_lines, storable_json
from khaossync.outbox.database import Connection
from khaossync.outbox.holding import posted, released
from khaossync.outbox.rows import columns

# An order's reference is given once and never changes. Two orders of one ERP never share one: the second gets none, and
# so it is stopped at the last look. The fingerprint is of the order as it was let in, until it is sent.
INTEND = """
insert into khaossync.links (key, channel, order_id, erp, ref, fingerprint, intended_at)
select key, channel, order_id, erp, ref, fingerprint, $7
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    as told (key, channel, order_id, erp, ref, fingerprint)
on conflict do nothing"""

# Whether the ERP has more to do. It is noted for a link in any state, for the ERP may speak before our own settling.
OBSERVE = """
update khaossync.links l set finished = told.finished
from unnest($1::text[], $2::text[], $3::bool[]) as told (erp, ref, finished)
where l.erp = told.erp and l.ref = told.ref and l.finished <> told.finished"""

# The ERP speaks of an order whose acknowledgement is awaited: look at it now rather than when the time is up.
WAKE_PENDING = """
update khaossync.messages m set not_before = least(m.not_before, $3)
from khaossync.links l join unnest($1::text[], $2::text[]) as told (erp, ref) using (erp, ref)
where m.destination = l.erp and m.key = l.key and m.state = 'pending' and m.kind = 'order'
returning m.destination"""

# The order is in the ERP, with these lines under this code.
SENT = """
update khaossync.links l
set state = 'sent', sales_order_code = told.code, sent_at = $7,
    fingerprint = coalesce(told.fingerprint, l.fingerprint),
    refund_ids = coalesce(told.refund_ids::jsonb, l.refund_ids), lines = coalesce(told.lines::jsonb, l.lines)
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    as told (key, erp, code, fingerprint, refund_ids, lines)
where l.key = told.key and l.erp = told.erp"""

# The ERP, or who keys there, knows of an edit. What was sent stays as it was: later edits are told against it.
EDITED = """
update khaossync.links l set fingerprint = told.fingerprint
from unnest($1::text[], $2::text[], $3::text[]) as told (key, erp, fingerprint)
where l.key = told.key and l.erp = told.erp and l.state = 'sent'"""

# The order will not go to the ERP. One that is there already stays linked.
WITHDRAWN = """
update khaossync.links l set state = 'withdrawn'
from unnest($1::text[], $2::text[]) as told (key, erp)
where l.key = told.key and l.erp = told.erp and l.state = 'intended'"""


async def intend_links(
    connection: Connection, refs: Mapping[str, tuple[str, str]], messages: Sequence[NewMessage], now: datetime
) -> None:
    """Give references to the orders of these messages, as far as no other order has them."""
    if not refs:
        return
    prints = {message.key: message.body.fingerprint for message in messages if isinstance(message.body, Order)}
    rows = ((key, *key.partition(":")[::2], *refs[key], prints.get(key, "")) for key in sorted(refs))
    await connection.execute(INTEND, *columns(rows, 6), now)


async def observe_states(connection: Connection, documents: Sequence[Document], now: datetime) -> set[str]:
    """Note how far the ERP is; returns the destinations where an awaited acknowledgement may have come."""
    states = {(told.source, told.body.ref): told.body for told in documents if isinstance(told.body, OrderState)}
    if not states:
        return set()
    table = columns(((erp, ref, _finished(state)) for (erp, ref), state in sorted(states.items())), 3)
    await connection.execute(OBSERVE, *table)
    return {row["destination"] for row in await connection.fetch(WAKE_PENDING, *table[:2], now)}


async def settle_links(connection: Connection, settled: Sequence[Settlement], now: datetime) -> None:
    """Follow the orders that were sent or withdrawn, and their edits."""
    orders = [item for item in settled if item.message.kind is Kind.ORDER]
    sent = [_sent_row(item, item.verdict) for item in orders if isinstance(item.verdict, Complete)]
    gone = [(item.message.key, item.message.destination) for item in orders if isinstance(item.verdict, Withdraw)]
    if sent:
        await connection.execute(SENT, *columns(sent, 6), now)
        await posted(connection, sorted(row[0] for row in sent if row[0]), now)
    if gone:
        await connection.execute(WITHDRAWN, *columns(sorted(gone), 2))
    if freed := [item.message.key for item in orders if isinstance(item.verdict, Withdraw | HandOver)]:
        await released(connection, sorted(freed))
    edits = [item for item in settled if item.message.kind is Kind.AMENDMENT]
    if edited := [_edited_row(item) for item in edits if isinstance(item.verdict, Complete | HandOver)]:
        await connection.execute(EDITED, *columns(edited, 3))


def _edited_row(settlement: Settlement) -> tuple[str, str, str]:
    message = settlement.message
    if not isinstance(message.body, Order):
        raise TypeError(f"message {message.id} of kind amendment carries no order")
    return (message.key, message.destination, message.body.fingerprint)


def _sent_row(settlement: Settlement, verdict: Complete) -> tuple[str | None, ...]:
    message, payload = settlement.message, settlement.payload
    if not isinstance(payload, SalesOrder):
        return (message.key, message.destination, verdict.reference, None, None, None)
    refund_ids, lines = storable_json(payload.refund_ids), dump_lines(payload.sent_lines)
    return (message.key, message.destination, verdict.reference, payload.fingerprint, refund_ids, lines)


def _finished(state: OrderState) -> bool:
    return state.complete or state.cancelled
