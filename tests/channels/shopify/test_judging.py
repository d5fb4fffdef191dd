"""What `check` makes of a shop's answers."""

from datetime import date, timedelta
from typing import Any

import pytest
from channels.shopify.scripts import settings

from khaossync.channels.shopify import judging
from khaossync.channels.shopify.fields import Node
from khaossync.domain.findings import Finding, Severity

TODAY = date(2026, 11, 21)
SERVED = ("2026-01", "2026-04", "2026-07", "2026-10")


def installation(*scopes: str, served: tuple[str, ...] = SERVED) -> Node:
    versions = [{"handle": handle, "supported": True} for handle in served]
    granted = {"accessScopes": [{"handle": scope} for scope in scopes]}
    answer = {
        "currentAppInstallation": granted,
        "publicApiVersions": [*versions, {"handle": "unstable", "supported": False}],
    }
    return Node.of(answer)


def version(asked: str, today: date = TODAY, *, by: str | None = None, **changes: Any) -> Finding:
    return judging.api_version(asked, asked if by is None else by, installation(**changes), today)


def test_a_version_is_served_for_twelve_months() -> None:
    found = version("2026-07")
    assert (found.severity, found.detail) == (Severity.OK, "2026-07 is served until 01 July 2027")


@pytest.mark.parametrize(
    ("today", "severity"),
    [
        (date(2027, 5, 1), Severity.OK),
        (date(2027, 5, 2), Severity.WARN),
        (date(2027, 6, 30), Severity.WARN),
        (date(2027, 7, 1), Severity.FAIL),
    ],
)
def test_the_end_of_a_version_is_announced_two_months_ahead(today: date, severity: Severity) -> None:
    found = version("2026-07", today)
    assert found.severity is severity
    assert bool(found.remedy) == (severity is not Severity.OK)


def test_a_version_that_fell_forward_is_found_by_the_answer_itself() -> None:
    found = version("2025-07", by="2026-01")
    assert found.severity is Severity.FAIL
    assert "2026-01 answers in its place" in found.detail
    assert "2026-10" in found.remedy


def test_an_answer_that_does_not_name_its_version_is_judged_by_the_calendar() -> None:
    assert version("2026-07", by="").severity is Severity.OK


def test_a_version_that_is_not_supported_yet_is_a_warning() -> None:
    assert version("2027-01").severity is Severity.WARN


@pytest.mark.parametrize(("handle", "end"), [("2026-01", date(2027, 1, 1)), ("2026-10", date(2027, 10, 1))])
def test_a_version_ends_a_year_after_its_quarter_began(handle: str, end: date) -> None:
    assert judging.end_of(handle) == end


def test_a_missing_scope_is_named_with_what_is_refused_without_it() -> None:
    """SHO-11, ADB-12."""
    scopes, _ = judging.scopes(installation(*(scope for scope in judging.NEEDED if scope != "read_customers")))
    assert (scopes.severity, scopes.detail) == (Severity.FAIL, "missing: read_customers (orders)")
    assert "install it again" in scopes.remedy


def test_a_scope_to_write_includes_the_one_to_read_and_a_surplus_is_told() -> None:
    granted = [scope for scope in judging.NEEDED if scope != "read_inventory"]
    scopes, history = judging.scopes(installation(*granted, "write_themes", "read_all_orders"))
    assert scopes.severity is Severity.OK
    assert "write_themes" in scopes.detail
    assert "write_inventory" not in scopes.detail
    assert history.detail == "every order can be read"


def test_without_the_scope_only_sixty_days_can_be_read() -> None:
    _, history = judging.scopes(installation(*judging.NEEDED))
    assert "60 days" in history.detail


def test_questions_are_asked_only_when_they_would_be_answered() -> None:
    assert judging.may_read(installation("read_locations", "write_inventory"), "read_locations", "read_inventory")
    assert not judging.may_read(installation("read_locations"), "read_locations", "read_inventory")


def test_another_shop_than_is_meant_is_found() -> None:
    assert judging.domain("a.myshopify.com", Node.of({"myshopifyDomain": "a.myshopify.com"})).severity is Severity.OK
    found = judging.domain("a.myshopify.com", Node.of({"myshopifyDomain": "b.myshopify.com"}))
    assert (found.severity, 'shop = "b.myshopify.com"' in found.remedy) == (Severity.FAIL, True)


def place(number: int, name: str, *, sells: bool = True) -> Node:
    return Node.of({"id": f"gid://shopify/Location/{number}", "name": name, "fulfillsOnlineOrders": sells})


def test_locations_offer_their_ids_and_those_that_sell() -> None:
    """S-39."""
    there, selling = judging.locations([place(1, "Leeds"), place(2, "Till", sells=False)], ["gid://shopify/Location/1"])
    assert there.offers == ("gid://shopify/Location/1", "gid://shopify/Location/2")
    assert selling.offers == ("gid://shopify/Location/1",)
    assert (there.severity, "Leeds = gid://shopify/Location/1" in there.detail) == (Severity.OK, True)


def test_a_location_that_is_gone_is_found_with_those_that_are_there() -> None:
    *_, lost = judging.locations([place(1, "Leeds")], ["gid://shopify/Location/9"])
    assert (lost.severity, "Leeds" in lost.remedy) == (Severity.FAIL, True)


def test_money_and_plan_are_told() -> None:
    shop = Node.of({"currencyCode": "GBP", "taxesIncluded": False, "plan": {"publicDisplayName": "Plus"}})
    currency = judging.currency(shop)
    assert (currency.offers, "do not include tax" in currency.detail) == (("GBP",), True)
    assert judging.plan(shop, (20000, 1000)).detail == "Plus: 1000 points come back a second, to at most 20000"


@pytest.mark.parametrize(("secrets", "word"), [([], "found by reading"), (["s"], "can wake")])
def test_without_a_secret_it_is_said_how_changes_are_found(secrets: list[str], word: str) -> None:
    assert word in judging.secret(settings(webhook_secrets=secrets)).detail


def item(sku: str | None, name: str = "Mug / Blue") -> Node:
    return Node.of({"id": "gid://shopify/InventoryItem/1", "sku": sku, "variants": {"nodes": [{"displayName": name}]}})


def test_variants_without_sku_are_named() -> None:
    """ADB-26, SHO-11."""
    found = judging.without_sku([item(None), item(" ", "Cup")])
    assert (found.severity, found.items) == (Severity.WARN, ("Mug / Blue", "Cup"))
    assert judging.without_sku([]).severity is Severity.OK


def test_a_search_that_gives_others_proves_nothing() -> None:
    found = judging.without_sku([item(None), item("MUG")])
    assert (found.severity, found.items) == (Severity.OK, ())
    assert "cannot be asked" in found.detail


def test_two_months_are_sixty_days() -> None:
    assert version("2026-07", judging.end_of("2026-07") - timedelta(days=60)).severity is Severity.WARN
