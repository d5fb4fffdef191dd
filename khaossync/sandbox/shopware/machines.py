"""The state machines that come with Shopware: their states, and which action leads from where to where.

https://docs.shopware.com/en/shopware-6-en/orders/overview
"""

from khaossync.sandbox.shopware.ids import named

Transition = tuple[str, str, str]

_ORDER = """
process: open > in_progress
cancel: open in_progress > cancelled
complete: in_progress > completed
reopen: cancelled completed > open
"""
_DELIVERY = """
ship: open shipped_partially > shipped
ship_partially: open > shipped_partially
retour: shipped shipped_partially returned_partially > returned
retour_partially: shipped shipped_partially > returned_partially
cancel: open shipped shipped_partially > cancelled
reopen: cancelled > open
"""
_TRANSACTION = """
do_pay: open unconfirmed reminded failed paid_partially > in_progress
process_unconfirmed: open in_progress > unconfirmed
authorize: open in_progress unconfirmed reminded > authorized
paid: open in_progress unconfirmed reminded authorized paid_partially failed refunded_partially > paid
paid_partially: open in_progress unconfirmed reminded authorized > paid_partially
remind: open paid_partially in_progress > reminded
fail: open in_progress unconfirmed authorized reminded > failed
cancel: open in_progress unconfirmed authorized paid paid_partially reminded refunded_partially failed > cancelled
refund: paid paid_partially refunded_partially > refunded
refund_partially: paid paid_partially > refunded_partially
chargeback: paid paid_partially > chargeback
reopen: cancelled failed refunded > open
"""
_CAPTURE = """
complete: pending > completed
fail: pending > failed
"""
_REFUND = """
process: open > in_progress
complete: open in_progress > completed
cancel: open in_progress > cancelled
fail: open in_progress > failed
reopen: completed failed cancelled in_progress > open
"""
_RETURN = """
process: open > in_progress
complete: open in_progress > done
cancel: open in_progress > cancelled
reopen: done cancelled > open
"""

# Which entity is governed by which machine, the state it begins in, and the machine's table.
GOVERNED = {
    "order": ("order.state", "open", _ORDER),
    "order_delivery": ("order_delivery.state", "open", _DELIVERY),
    "order_transaction": ("order_transaction.state", "open", _TRANSACTION),
    "order_transaction_capture": ("order_transaction_capture.state", "pending", _CAPTURE),
    "order_transaction_capture_refund": ("order_transaction_capture_refund.state", "open", _REFUND),
    "order_return": ("order_return.state", "open", _RETURN),
}


def transitions(entity: str) -> list[Transition]:
    """What may happen to a record of this kind, as (action, from, to)."""
    found = []
    for line in GOVERNED[entity][2].strip().splitlines():
        action, _, rest = line.partition(": ")
        origins, _, target = rest.partition(" > ")
        found += [(action, origin, target) for origin in origins.split()]
    return found


def states(entity: str) -> list[str]:
    """Every state of a kind of record."""
    return list(dict.fromkeys([GOVERNED[entity][1], *(place for _, *both in transitions(entity) for place in both)]))


def state_id(entity: str, state: str) -> str:
    """The id of a state; each machine has its own."""
    return named("state", f"{GOVERNED[entity][0]}/{state}")


def machine_id(entity: str) -> str:
    """The id of the machine that governs a kind of record."""
    return named("machine", GOVERNED[entity][0])
