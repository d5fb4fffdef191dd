"""What a person changed about an order after it had become a sales order."""

from collections.abc import Mapping

from khaossync.domain.links import Link, SentLine
from khaossync.domain.orders import Order, OrderLine


def differences(order: Order, link: Link) -> Mapping[str, str]:
    """The edit as evidence: `added`, `removed` and `changed` lines; empty when nothing was edited.

    Refunds are no edits: they have their own credit notes. When the fingerprint tells of an edit that the
    lines sent do not show, `edited` says where to look; the address itself stays out of the evidence.
    """
    if order.fingerprint == link.fingerprint:
        return {}
    sent = {line.line_id: line for line in link.lines}
    now = {line.line_id: line for line in order.lines if line.ordered and not line.gift_card}
    added = [f"{line.sku} × {line.quantity}" for key, line in now.items() if key not in sent and line.quantity]
    removed = [f"{line.sku} × {line.quantity}" for key, line in sent.items() if key not in now]
    changed = [_change(now[key], line) for key, line in sent.items() if key in now and _edited(now[key], line)]
    found = {"added": added, "removed": removed, "changed": changed}
    told = {name: "; ".join(lines) for name, lines in found.items() if lines}
    if told:
        return {**told, "delivery address": "may have changed too; compare it with the shop"}
    return {"edited": "address or lines changed; compare the order in the shop"}


def _edited(line: OrderLine, sent: SentLine) -> bool:
    # Refunds before and after the sending explain every quantity from what is left up to what was ordered.
    return line.sku != sent.sku or not line.quantity <= sent.quantity <= line.ordered


def _change(line: OrderLine, sent: SentLine) -> str:
    return f"{sent.sku} × {sent.quantity} → {line.sku} × {line.quantity}"
