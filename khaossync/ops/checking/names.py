"""Every name that a channel's table takes from another system must be one that this system has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from khaossync.domain.findings import Finding
from khaossync.domain.rules import ChannelRules

Offers = Mapping[tuple[str, str], Sequence[str]]
"""(system, subject of the finding) → the names there are; what could not be asked for is left out."""


def offers(told: Mapping[str, Iterable[Finding]]) -> Offers:
    """What the findings of every system offer."""
    return {(system, one.subject): one.offers for system, findings in told.items() for one in findings if one.offers}


def names(rules: ChannelRules, there: Offers) -> Iterator[Finding]:
    """What one channel names and nobody has; what its shop has and nobody maps."""
    fed = {site for sites in rules.sites.values() for site in sites}
    for key, used, system, subject in (
        ("sales_source", [rules.sales_source], rules.erp, "sales sources"),
        ("company_class", [rules.company_class], rules.erp, "company classes"),
        ("couriers", rules.couriers.values(), rules.erp, "couriers"),
        ("default_courier", [rules.default_courier], rules.erp, "couriers"),
        ("site", [rules.site], rules.erp, "site names"),
        ("sites", fed, rules.erp, "sites"),
        ("sites", rules.sites, rules.channel, "locations"),
    ):
        yield from _strange(key, used, system, subject, there)
    yield from _places(rules, there)
    yield from _currency(rules, there.get((rules.channel, "currencies"), ()))


def _strange(key: str, used: Iterable[str], system: str, subject: str, there: Offers) -> Iterator[Finding]:
    if (system, subject) not in there:
        return
    known = there[system, subject]
    for name in sorted({*used} - {"", *known}):
        near = get_close_matches(name.casefold(), {one.casefold() for one in known}, 1)
        meant = next((one for one in known if [one.casefold()] == near), "")
        remedy = f"write {meant!r} in `{key}`" if meant else f"correct `{key}` to one of: {', '.join(known)}"
        yield Finding.fail(key, f"names {name!r}, and {system} has no such thing among its {subject}", remedy)


def _places(rules: ChannelRules, there: Offers) -> Iterator[Finding]:
    """Locations without stock of ours, and locations of ours at which nobody can buy."""
    known = there.get((rules.channel, "locations"), ())
    selling = there.get((rules.channel, "selling locations"), known)
    unfed = [place for place in selling if place not in rules.sites]
    if unfed:
        remedy = "add them to [sites] if they are to sell from the ERP's stock"
        yield Finding.warn("sites", f"locations that sell online and are not mapped: {len(unfed)}", remedy, items=unfed)
    idle = [place for place in rules.sites if place in known and place not in selling]
    if idle:
        remedy = "let them fulfil online orders in the shop, or take them out of [sites]"
        yield Finding.warn(
            "sites", f"mapped locations that do not fulfil online orders: {len(idle)}", remedy, items=idle
        )


def _currency(rules: ChannelRules, kept: Sequence[str]) -> Iterator[Finding]:
    if kept and rules.currencies.isdisjoint(kept):
        detail = f"the shop's orders are in {', '.join(kept)}; `currencies` takes {', '.join(sorted(rules.currencies))}"
        yield Finding.fail("currencies", detail, f'write currencies = ["{kept[0]}"], or every order is held')
