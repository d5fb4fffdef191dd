"""What the shop's answers mean for us, each as a finding."""

from collections.abc import Collection, Iterable, Sequence

from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import Node
from khaossync.domain.findings import Finding

_TESTED = "2.4.6 to 2.4.9"


def store(stores: Sequence[Node], settings: Settings) -> list[Finding]:
    """The store view that is asked must exist; its currency is one that orders may be in."""
    known = {each.text("code"): each for each in stores}
    codes = ", ".join(sorted(known))
    currencies = sorted(
        {each.text_or("default_display_currency_code") or each.text("base_currency_code") for each in stores}
    )
    told = Finding.ok("currencies", f"the shop shows prices in {', '.join(currencies)}", offers=currencies)
    if settings.store != "all" and settings.store not in known:
        return [told, Finding.fail("store", f"there is no store view {settings.store}", f"store views are {codes}")]
    return [told, Finding.ok("store", f"store views are {codes}")]


def website(found: Sequence[Node], settings: Settings) -> Finding:
    """The website whose salable quantities count must exist."""
    codes = [each.text("code") for each in found if each.text("code") != "admin"]
    if settings.website in codes:
        return Finding.ok("website", f"websites are {', '.join(codes)}")
    return Finding.fail("website", f"there is no website {settings.website}", f"websites are {', '.join(codes)}")


def modules(names: Collection[str], settings: Settings) -> list[Finding]:
    """Whether stock is kept by sources, as the settings say."""
    msi = "Magento_InventoryApi" in names
    kept = "by sources (MSI)" if msi else "without sources"
    if msi is settings.msi:
        found = Finding.ok("stock", f"stock is kept {kept}")
    else:
        found = Finding.fail("stock", f"stock is kept {kept}", f"write msi = {str(msi).lower()}")
    return [Finding.ok("version", f"2.4 with {len(names)} modules; tested with {_TESTED}"), found]


def modules_unknown(why: str) -> Finding:
    """An integration that may not list modules can still do all the rest."""
    return Finding.ok("stock", f"whether stock is kept by sources cannot be asked: {why}")


def sources(found: Sequence[Node], linked: Iterable[str], wanted: Iterable[str]) -> list[Finding]:
    """The sources whose stock is written must be enabled, and linked to the stock that the website sells from."""
    known = {each.text("source_code"): each.text_or("name") for each in found if each.flag("enabled", True)}
    listed = ", ".join(f"{code} ({name})" for code, name in known.items()) or "none"
    selling = [code for code in linked if code in known]
    lost = [code for code in wanted if code not in known]
    idle = [code for code in wanted if code in known and code not in selling]
    return [
        Finding.ok("locations", f"enabled sources are {listed}", offers=known),
        Finding.ok("selling locations", ", ".join(selling) or "none", offers=selling),
        *(
            Finding.fail("locations", f"{code} does not exist or is not enabled", f"enabled are {listed}")
            for code in lost
        ),
        *(
            Finding.fail(
                "locations", f"the website does not sell from {code}", f"link {code} to its stock, or leave it out"
            )
            for code in idle
        ),
    ]


def no_sources(why: str) -> Finding:
    """A shop from which MSI was removed does not know the question."""
    return Finding.fail("locations", f"the shop knows no sources: {why}", "write msi = false")


def legacy() -> Finding:
    """Without sources there is one place."""
    return Finding.ok("locations", "the shop's one stock is called default here", offers=["default"])


def denied(what: str, why: str, remedy: str) -> Finding:
    """A question that the integration may not ask, and that the work needs."""
    return Finding.fail("permissions", f"{what} cannot be read: {why}", remedy)
