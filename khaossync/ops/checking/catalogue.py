"""What the shop sells against what the ERP knows: every SKU stands for one live stock code, before anyone orders it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from khaossync.domain.bundles import sold_codes
from khaossync.domain.findings import Finding
from khaossync.domain.rules import ChannelRules
from khaossync.domain.stock import Listing, StockItem

Items = Mapping[str, StockItem]


def catalogue(rules: ChannelRules, listings: Sequence[Listing], items: Items) -> Iterator[Finding]:
    """All that would hold an order, oversell, or stay unsold."""
    yield Finding.ok("catalogue", f"{len(listings)} SKUs here, {len(items)} stock codes in {rules.erp}")
    yield from _unmapped(rules, listings, items)
    yield from _about(
        "withdrawn goods",
        "SKUs that sell what the ERP has discontinued or deleted",
        "take them off sale",
        (one.sku for one in listings if any(_withdrawn(items.get(code)) for code in sold_codes(one.sku, rules))),
    )
    yield from _about(
        "duplicate SKUs",
        "SKUs of several variants, of which only the first is given stock",
        "give each variant a SKU of its own",
        (f"{one.sku} ({1 + len(one.duplicates)} variants)" for one in listings if one.duplicates),
    )
    yield from _about(
        "untracked variants",
        "SKUs that are sold without counting, and so can be oversold",
        "switch on inventory tracking in the shop",
        (one.sku for one in listings if not one.tracked and not one.bundle and _counted(one.sku, rules, items)),
    )
    yield from _unlisted(rules, listings, items)


def _unmapped(rules: ChannelRules, listings: Sequence[Listing], items: Items) -> Iterator[Finding]:
    """SKUs without a stock code; where only case or blanks differ, the line of [skus] that would mend it is told."""
    near = _near(rules, listings, items)
    shared, meant, unknown = [], [], []
    for sku in (one.sku for one in listings):
        code = rules.stock_code(sku)
        if sku not in rules.bundles and rules.sku(code) != sku:
            shared.append(f"{sku} (stock code {code} stands for {rules.sku(code)})")
        elif items.keys() >= set(sold_codes(sku, rules)):
            continue
        elif code == sku and (twin := near.get(_normal(sku))):
            meant.append(f'"{sku}" = "{twin}"')
        else:
            unknown.append(sku)
    yield from _about(
        "SKUs without stock code",
        f"SKUs that stand for nothing in {rules.erp}, whose orders are held",
        "create the items in the ERP, or map the SKUs in [skus]",
        unknown,
    )
    yield from _about(
        "SKUs nearly alike",
        "SKUs that differ from a stock code in case or blanks only, whose orders are held",
        "correct the SKU in the shop, or add these lines to [skus]",
        meant,
    )
    yield from _about(
        "shared stock codes",
        "SKUs that stand for a stock code which another SKU has, whose orders are held",
        "let each stock code have one SKU",
        shared,
    )


def _near(rules: ChannelRules, listings: Sequence[Listing], items: Items) -> Mapping[str, str]:
    """Stock codes that nobody sells yet, by what is left of them without case and blanks; each name only once."""
    sold = {code for one in listings for code in sold_codes(one.sku, rules)}
    found: dict[str, list[str]] = defaultdict(list)
    for code in items.keys() - sold:
        found[_normal(code)].append(code)
    return {name: codes[0] for name, codes in found.items() if len(codes) == 1}


def _unlisted(rules: ChannelRules, listings: Sequence[Listing], items: Items) -> Iterator[Finding]:
    """Stock codes that the ERP marks as sold on the web, and this channel does not list."""
    if all(item.web is None for item in items.values()):
        yield Finding.ok("unlisted goods", f"{rules.erp} does not tell what is meant for the web")
        return
    sold = {code for one in listings for code in sold_codes(one.sku, rules)}
    live = (item for item in items.values() if item.web and item.controlled and not _withdrawn(item))
    yield from _about(
        "unlisted goods",
        "stock codes that are marked for the web and that nothing here sells",
        "list them in the shop, or take the mark away",
        (item.stock_code for item in live if item.stock_code not in sold),
    )


def _about(subject: str, detail: str, remedy: str, found: Iterable[str]) -> Iterator[Finding]:
    named = sorted(found)
    if named:
        yield Finding.warn(subject, f"{detail}: {len(named)}", remedy, items=named)


def _withdrawn(item: StockItem | None) -> bool:
    return item is not None and (item.deleted or item.discontinued)


def _counted(sku: str, rules: ChannelRules, items: Items) -> bool:
    return any(code in items and items[code].controlled for code in sold_codes(sku, rules))


def _normal(code: str) -> str:
    return "".join(code.split()).casefold()
