"""Every delivery method that customers choose must lead to a courier."""

from collections.abc import Iterator, Mapping

from khaossync.domain.findings import Finding
from khaossync.domain.rules import ChannelRules


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
