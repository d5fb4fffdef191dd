"""A refund is the money that moved; a listing is a SKU with its handle and what it shows."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from channels.shopify.answers import Json, item, money, nodes, refund

from khaossync.channels.shopify.documents import listing_document, refund_document
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.listing_mapping import read_listing
from khaossync.channels.shopify.refund_mapping import read_refund
from khaossync.domain.refunds import Refund, RefundLine

D = Decimal


def read(node: Json) -> Refund:
    return read_refund(Node.of(node, "refund"), "shop")


def move(amount: str, status: str = "SUCCESS", kind: str = "REFUND") -> Json:
    return {"kind": kind, "status": status, "amountSet": money(amount)}


def back(amount: str, tax: str, restock: str = "RETURN") -> Json:
    return {
        "quantity": 1,
        "restockType": restock,
        "subtotalSet": money(amount),
        "totalTaxSet": money(tax),
        "lineItem": {"id": "gid://shopify/LineItem/MUG", "sku": "MUG"},
    }


def test_a_refund_tells_its_order_its_lines_and_its_money() -> None:
    """SHO-F3."""
    found = read(refund())
    assert (found.key, found.refund_id) == ("shop:gid://shopify/Order/5001", "gid://shopify/Refund/9001")
    assert found.refunded_at == datetime(2026, 11, 4, 12, tzinfo=UTC)
    assert found.order_placed_at == datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert found.lines == (RefundLine("gid://shopify/LineItem/MUG", "MUG", 1, True, D("12.00"), D("2.00")),)
    assert (found.total, found.pending, found.adjustment, found.note) == (D("12.00"), False, D("0.00"), "broken")


def test_the_total_is_the_money_that_moved_and_the_rest_is_the_adjustment() -> None:
    """SHO-15: a refund by lines alone would book 12.00 where 10.00 moved."""
    found = read(refund(transactions=nodes(move("10.00"))))
    assert (found.total, found.adjustment) == (D("10.00"), D("-2.00"))


def test_money_under_way_and_money_that_failed_do_not_count() -> None:
    found = read(refund(transactions=nodes(move("5.00"), move("4.00", "PENDING"), move("3.00", "FAILURE"))))
    assert (found.total, found.pending) == (D("5.00"), True)


def test_a_suggested_refund_and_a_void_move_no_money() -> None:
    found = read(refund(transactions=nodes(move("12.00", kind="SUGGESTED_REFUND"), move("12.00", kind="VOID"))))
    assert (found.total, found.pending) == (D(0), False)


def test_figures_of_a_shop_without_tax_in_its_prices_get_the_tax_added() -> None:
    node = refund(
        refundLineItems=nodes(back("10.00", "2.00")),
        refundShippingLines=nodes({"subtotalAmountSet": money("5.00"), "taxAmountSet": money("1.00")}),
        transactions=nodes(move("18.00")),
    )
    node["order"]["taxesIncluded"] = False
    found = read(node)
    assert (found.lines[0].amount, found.delivery, found.adjustment) == (D("12.00"), D("6.00"), D("0.00"))


@pytest.mark.parametrize(
    ("kind", "restocked"),
    [("RETURN", True), ("CANCEL", True), ("LEGACY_RESTOCK", True), ("NO_RESTOCK", False), ("NEW_WORD", False)],
)
def test_goods_are_restocked_when_the_shop_says_so(kind: str, restocked: bool) -> None:
    """SHO-F3: with restock recorded correctly."""
    assert read(refund(refundLineItems=nodes(back("12.00", "2.00", kind)))).lines[0].restocked is restocked


def test_a_refund_is_a_new_version_when_its_money_has_moved() -> None:
    waiting = refund_document(Node.of(refund(transactions=nodes(move("12.00", "PENDING")))), "shop")
    moved = refund_document(Node.of(refund()), "shop")
    assert waiting.key == moved.key == "gid://shopify/Refund/9001"
    assert waiting.version != moved.version


def test_money_in_another_currency_is_refused_and_never_converted() -> None:
    euros = {"kind": "REFUND", "status": "SUCCESS", "amountSet": money("12.00", "EUR")}
    with pytest.raises(MalformedError, match="is in EUR where the shop's GBP was expected"):
        read(refund(transactions=nodes(euros)))


def test_a_listing_has_the_handle_for_stock_writes_and_what_each_location_shows() -> None:
    """SHO-7."""
    found = read_listing(Node.of(item(7, "MUG", {"1": 5, "2": -1})), ())
    assert found.listing_id == "gid://shopify/InventoryItem/7"
    assert found.shown == {"gid://shopify/Location/1": 5, "gid://shopify/Location/2": -1}
    assert (found.sku, found.title, found.tracked, found.bundle) == ("MUG", "Item 7", True, False)


def test_a_bundle_and_an_untracked_item_say_so() -> None:
    bundle = item(7, "SET", tracked=False, variants={"nodes": [{"displayName": "Set", "requiresComponents": True}]})
    found = read_listing(Node.of(bundle), ())
    assert (found.tracked, found.bundle) == (False, True)


def test_an_item_without_a_variant_or_a_level_is_still_listed() -> None:
    found = read_listing(Node.of(item(7, "MUG", variants=None) | {"inventoryLevels": nodes()}), ())
    assert (found.title, found.shown) == ("", {})


def test_a_listing_is_a_new_version_when_it_shows_another_quantity() -> None:
    seen = datetime(2026, 11, 2, tzinfo=UTC)

    def version(shown: int) -> str:
        node = Node.of(item(7, "MUG", {"1": shown}))
        return listing_document(node, read_listing(node, ()), "shop", seen).version

    assert version(5) == version(5) != version(4)
