"""The reference under which the ERP knows one of our orders: short, unique in the whole ERP, and stable for ever."""

import re

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.rules import ChannelRules

_GLOBAL_ID = re.compile(r"gid://\S+/(\d+)")
_SAFE = re.compile(r"[^\s,]+")


def reference(order_id: str, rules: ChannelRules) -> str:
    """The channel's prefix and the order's id; of a global id (`gid://…/5001`) only its digits.

    It is the ERP's key against double imports, so it is never truncated: two orders could become one. A comma or a
    blank would split it where the ERP is asked about a list of references. Raises RejectedError
    (REFERENCE_TOO_LONG) for an id that does not fit.
    """
    match = _GLOBAL_ID.fullmatch(order_id)
    own = match[1] if match else order_id
    ref = rules.prefix + own
    if _SAFE.fullmatch(own) and len(ref) <= rules.reference_limit:
        return ref
    raise RejectedError(
        f"order {order_id!r} of {rules.channel} would have the reference {ref!r}: the ERP takes at most "
        f"{rules.reference_limit} characters, at least one of them the order's own, and neither comma nor blank",
        CaseClass.REFERENCE_TOO_LONG,
        evidence={"reference": ref, "characters": str(len(ref)), "limit": str(rules.reference_limit)},
    )
