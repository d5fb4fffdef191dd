"""Every delivery method that customers choose must lead to a courier."""

from collections.abc import Iterator, Mapping, Sequence

from khaossync.domain.findings import Finding
from khaossync.domain.rules import ChannelRules


def offered(rules: ChannelRules, methods: Sequence[str]) -> Iterator[Finding]:
    """`methods` are those that the channel is set up with: one without a courier is told before an order chooses it."""
    strange = [method for method in methods if method not in rules.couriers]
    if not methods or rules.default_courier:
        return
    if strange:
        detail = f"{len(strange)} of {len(methods)} that customers can choose have no courier; orders would be held"
        yield Finding.warn("couriers", detail, "add them to [couriers], or set default_courier", items=strange)
    else:
        yield Finding.ok("couriers", f"all {len(methods)} delivery methods that customers can choose have one")


def delivery(rules: ChannelRules, seen: Mapping[str, int]) -> Iterator[Finding]:
    """`seen` is how many recent orders chose each method."""
    strange = [f"{method} ({times} orders)" for method, times in seen.items() if method not in rules.couriers]
    if not seen:
        yield Finding.ok("delivery methods", "no recent order is stored, so none has been seen yet")
    elif not strange:
        yield Finding.ok("delivery methods", f"all {len(seen)} of recent orders have a courier")
    elif rules.default_courier:
        detail = f"{len(strange)} of {len(seen)} go by the default courier: {', '.join(strange)}"
        yield Finding.ok("delivery methods", detail)
    else:
        detail = f"{len(strange)} of {len(seen)} in recent orders have no courier; such orders are held"
        yield Finding.warn("delivery methods", detail, "add them to [couriers], or set default_courier", items=strange)
