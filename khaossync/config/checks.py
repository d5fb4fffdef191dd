"""What no single table can know: how the parts of a configuration must fit together."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from pydantic import SecretStr

from khaossync.config.complaints import Complaint
from khaossync.config.model import Config
from khaossync.domain.cases import PLAYBOOKS, Owner


def cross_check(config: Config) -> Iterator[Complaint]:
    """Every way in which the tables contradict each other."""
    yield from _presence(config)
    yield from _names(config)
    yield from _prefixes(config)
    yield from _skus(config)
    yield from _bundles(config)
    yield from _sites(config)
    yield from _mappings(config)
    yield from _database(config)
    yield from _alerts(config)


def _presence(config: Config) -> Iterator[Complaint]:
    for section, tables in (("erp", config.erp), ("channel", config.channel)):
        if not tables:
            yield Complaint((section,), f"there is none; add a table [{section}.<name>], config.example.toml shows one")


def _names(config: Config) -> Iterator[Complaint]:
    known = ", ".join(config.erp) or "none"
    for name, table in config.channel.items():
        if table.erp not in config.erp:
            yield Complaint(("channel", name, "erp"), f"there is no [erp.{table.erp}]; known: {known}")
        if name in config.erp:
            yield Complaint(("channel", name), "an ERP has the same name; every connector needs a name of its own")


def _prefixes(config: Config) -> Iterator[Complaint]:
    prefixes = {name: table.prefix for name, table in config.channel.items()}
    for (first, one), (second, other) in combinations(prefixes.items(), 2):
        if one.startswith(other) or other.startswith(one):
            yield Complaint(
                ("channel", second, "prefix"),
                f"{other} and {one} of channel {first} begin alike, so two orders could get one reference; "
                "choose prefixes of which none begins another",
            )


def _skus(config: Config) -> Iterator[Complaint]:
    for name, table in config.channel.items():
        for code, count in Counter(table.skus.values()).items():
            if count > 1:
                yield Complaint(
                    ("channel", name, "skus"), f"{count} SKUs stand for stock code {code}; keep one SKU per stock code"
                )


def _bundles(config: Config) -> Iterator[Complaint]:
    for name, table in config.channel.items():
        for sku, parts in table.bundles.items():
            place = ("channel", name, "bundles", sku)
            if not parts:
                yield Complaint(place, "has no parts; add `stock code = units`")
            if sku in table.skus:
                yield Complaint(place, "is in [skus] too; a SKU stands for one stock code or is a bundle, not both")
            for code in parts.keys() & table.bundles.keys():
                yield Complaint((*place, code), "is a bundle itself; name the stock codes that it is made of instead")


def _sites(config: Config) -> Iterator[Complaint]:
    """What one site has would be offered at each of several locations of a shop."""
    for name, table in config.channel.items():
        fed = Counter(site for sites in table.sites.values() for site in set(sites))
        for site in (site for site, count in fed.items() if count > 1):
            yield Complaint(
                ("channel", name, "sites"), f"site {site} feeds {fed[site]} locations; let each site feed one location"
            )


def _mappings(config: Config) -> Iterator[Complaint]:
    """A mapping without which a whole flow would stand still in silence, or every order would become a case."""
    for name, table in config.channel.items():
        if not table.sites:
            yield Complaint(
                ("channel", name, "sites"),
                "maps no location, so no stock level would be pushed; add `location = [ERP sites]` for each location",
            )
        if not table.tax_codes:
            yield Complaint(
                ("channel", name, "tax_codes"),
                'maps no tax rate, so no order could be sent; add `"0.20" = 1` and the other rates that you sell at',
            )
        if not table.couriers and not table.default_courier:
            yield Complaint(
                ("channel", name, "couriers"),
                "maps no delivery method and there is no default_courier, so no order could be sent; add either",
            )


def _database(config: Config) -> Iterator[Complaint]:
    database = config.database
    for key, dsn in (("dsn", database.dsn), ("direct_dsn", database.direct_dsn)):
        if dsn and not _is_dsn(dsn):
            yield Complaint(("database", key), "must look like postgresql://user:password@host:5432/name")
    if database.pooler == "transaction" and not database.direct_dsn:
        yield Complaint(("database", "pooler"), "needs direct_dsn, which leads past the pooler to PostgreSQL itself")
    if database.direct_dsn and not database.dsn:
        yield Complaint(("database", "direct_dsn"), "needs dsn beside it; write this address as dsn instead")


def _alerts(config: Config) -> Iterator[Complaint]:
    """Ways that lead nowhere, and people whom nothing would ever be told."""
    owners = {config.owners.get(case_class, playbook.owner) for case_class, playbook in PLAYBOOKS.items()}
    for name, table in config.alerts.items():
        yield from (Complaint(("alerts", name, key), text) for key, text in table.complaints())
        for stranger in sorted({*table.owners} - {*owners, Owner.PLATFORM}):
            yield Complaint(("alerts", name, "owners"), f"{stranger} owns nothing; known: {', '.join(sorted(owners))}")
    yield from (Complaint(("heartbeats", key), text) for key, text in config.heartbeats.complaints())


def _is_dsn(dsn: SecretStr) -> bool:
    return dsn.get_secret_value().startswith(("postgresql://", "postgres://"))
