"""Orders are found, sorted and paged as Shopify does it, and show their money as Shopify writes it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopify_client import Scene, opened

from khaossync.sandbox.shopify import Address, Company, Discount, Person

NAMES = """query($q: String, $s: OrderSortKeys, $r: Boolean) { orders(first: 50, query: $q, sortKey: $s, reverse:
  $r) { nodes { name } } }"""
PAGE = """
query($first: Int, $after: String, $last: Int, $before: String, $q: String) {
  orders(first: $first, after: $after, last: $last, before: $before, query: $q, sortKey: UPDATED_AT) {
    nodes { id name updatedAt } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def names(scene: Scene, query: str, sort: str = "ID", reverse: bool = False) -> list[str]:
    told = await scene.client.data(NAMES, q=query, s=sort, r=reverse)
    return [each["name"] for each in told["orders"]["nodes"]]


def a_day(scene: Scene) -> list[str]:
    """Six orders, a minute apart: paid, authorised, pending, cancelled, archived, test."""
    orders: list[str] = []
    for payment, test in [
        ("paid", False),
        ("authorized", False),
        ("pending", False),
        ("paid", False),
        ("paid", False),
        ("paid", True),
    ]:
        sku = "MUG" if len(orders) % 2 == 0 else "BOOK"
        orders.append(scene.shop.place_order([(sku, 1)], payment=payment, test=test, po_number=f"PO{len(orders)}"))
        scene.wall.wait(minutes=1)
    scene.shop.cancel(orders[3])
    scene.shop.close(orders[4])
    scene.shop.tag(orders[0], "Sent", "vip")
    return orders


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "123456"),
        ("financial_status:authorized", "2"),
        ("financial_status:paid OR financial_status:authorized", "1256"),
        ("status:open", "1236"),
        ("status:cancelled", "4"),
        ("status:closed", "5"),
        ("status:any", "123456"),
        ("status:not_closed", "12346"),
        ("test:true", "6"),
        ("test:false status:open", "123"),
        ("tag:sent", "1"),
        ("tag_not:sent test:false", "2345"),
        ("-tag:sent -test:true", "2345"),
        ("NOT tag:sent AND NOT test:true", "2345"),
        ("name:#1002", "2"),
        ("name:1002 OR name:1003", "23"),
        ("po_number:PO2", "3"),
        ("sku:BOOK", "246"),
        ("(status:closed OR status:cancelled) sku:BOOK", "4"),
        ("created_at:>='2026-11-20T09:03:00Z' created_at:<2026-11-20T09:05:00Z", "45"),
        ("created_at:>2026-11-20T09:03:00Z", "56"),
        ("created_at:<=2026-11-20T09:00:00+00:00", "1"),
        ("fulfillment_status:unfulfilled status:open", "1236"),
        ("#1003", "3"),
    ],
)
async def test_orders_are_found_by(scene: Scene, query: str, expected: str) -> None:
    a_day(scene)
    assert await names(scene, query) == [f"#100{each}" for each in expected]


async def test_ids_can_be_searched_by_number(scene: Scene) -> None:
    numbers = [int(order.rpartition("/")[2]) for order in a_day(scene)]
    assert await names(scene, f"id:>={numbers[4]}") == ["#1005", "#1006"]
    assert await names(scene, f"id:{numbers[0]}") == ["#1001"]


async def test_a_filter_that_does_not_exist_is_passed_over_with_a_warning(scene: Scene) -> None:
    a_day(scene)
    answer = await scene.client.ask(NAMES, q="colour:red test:true", s="ID")
    assert [each["name"] for each in answer.data["orders"]["nodes"]] == ["#1006"]
    assert answer.told["extensions"]["search"][0]["warnings"][0]["field"] == "colour"


async def test_every_write_moves_an_order_to_the_end_of_the_updated_ones(scene: Scene) -> None:
    orders = [scene.shop.place_order([("MUG", 1)], payment="authorized") for _ in range(3)]
    writes: list[Any] = [
        lambda order: scene.shop.capture(order),
        lambda order: scene.shop.tag(order, "x"),
        lambda order: scene.shop.hold(order),
        lambda order: scene.shop.release(order),
        lambda order: scene.shop.edit(order, address=Address(city="Elsewhere")),
        lambda order: scene.shop.edit(order, {"BOOK": 1}),
        lambda order: scene.shop.refund(order, {"BOOK": 1}, amount=Decimal(0)),
        lambda order: scene.shop.move(order, "High Street"),
        lambda order: scene.shop.cancel(order),
        lambda order: scene.shop.close(order),
    ]
    for position, write in enumerate(writes):
        scene.shop.tag(orders[1], f"bystander {position}")
        scene.wall.wait(seconds=10)
        write(orders[0])
        assert (await names(scene, "", "UPDATED_AT"))[-1] == "#1001"
        assert await names(scene, f"updated_at:>='{scene.wall().isoformat()}'", "UPDATED_AT") == ["#1001"]


async def test_updated_at_is_compared_in_whole_seconds(scene: Scene) -> None:
    scene.wall.wait(microseconds=700_000)
    scene.shop.place_order([("MUG", 1)])
    assert await names(scene, "updated_at:>2026-11-20T09:00:00Z") == []
    assert await names(scene, "updated_at:>=2026-11-20T09:00:00Z") == ["#1001"]


async def test_pages_follow_each_other_without_gap_or_overlap(scene: Scene) -> None:
    for _ in range(7):
        scene.shop.place_order([("MUG", 1)])
    seen, after = [], None
    while True:
        told = (await scene.client.data(PAGE, first=3, after=after))["orders"]
        seen += [each["name"] for each in told["nodes"]]
        assert told["edges"][-1]["cursor"] == told["pageInfo"]["endCursor"]
        after = told["pageInfo"]["endCursor"]
        if not told["pageInfo"]["hasNextPage"]:
            break
    assert seen == [f"#{1001 + n}" for n in range(7)]
    assert told["pageInfo"]["hasPreviousPage"]


async def test_pages_can_be_walked_backwards(scene: Scene) -> None:
    for _ in range(5):
        scene.shop.place_order([("MUG", 1)])
    told = (await scene.client.data(PAGE, last=2))["orders"]
    assert [each["name"] for each in told["nodes"]] == ["#1004", "#1005"]
    told = (await scene.client.data(PAGE, last=2, before=told["pageInfo"]["startCursor"]))["orders"]
    assert [each["name"] for each in told["nodes"]] == ["#1002", "#1003"]
    assert told["pageInfo"]["hasPreviousPage"]
    assert await names(scene, "", "CREATED_AT", reverse=True) == ["#1005", "#1004", "#1003", "#1002", "#1001"]


async def test_an_order_written_between_two_pages_comes_again_and_none_is_lost(scene: Scene) -> None:
    orders = []
    for _ in range(4):
        orders.append(scene.shop.place_order([("MUG", 1)]))
        scene.wall.wait(seconds=1)
    first = (await scene.client.data(PAGE, first=2))["orders"]
    scene.shop.tag(orders[0], "late")
    second = (await scene.client.data(PAGE, first=9, after=first["pageInfo"]["endCursor"]))["orders"]
    assert [each["name"] for each in second["nodes"]] == ["#1003", "#1004", "#1001"]


async def test_a_cursor_that_is_none_is_refused(scene: Scene) -> None:
    answer = await scene.client.ask(PAGE, first=2, after="nonsense")
    assert "cursor" in answer.error["message"]


@pytest.mark.parametrize("window", [{}, {"first": 251}, {"first": 2, "last": 2}, {"first": -1}])
async def test_a_page_without_a_proper_size_is_refused(scene: Scene, window: dict[str, Any]) -> None:
    answer = await scene.client.ask(PAGE, **window)
    assert answer.code == "BAD_REQUEST"
    assert "data" not in answer.told


async def test_nodes_are_given_in_the_order_asked_with_null_for_unknown_ones(scene: Scene) -> None:
    one, two = (scene.shop.place_order([("MUG", 1)]) for _ in range(2))
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Order { name } } }"
    told = await scene.client.data(query, ids=[two, "gid://shopify/Order/1", one, "nonsense"])
    assert told["nodes"] == [{"id": two, "name": "#1002"}, None, {"id": one, "name": "#1001"}, None]


async def test_orders_are_counted_up_to_a_limit(scene: Scene) -> None:
    a_day(scene)
    query = 'query($l: Int) { ordersCount(query: "test:false", limit: $l) { count precision } }'
    assert (await scene.client.data(query, l=100))["ordersCount"] == {"count": 5, "precision": "EXACT"}
    assert (await scene.client.data(query, l=3))["ordersCount"] == {"count": 3, "precision": "AT_LEAST"}


MONEY = "{ shopMoney { amount currencyCode } }"
WHOLE = f"""
query($id: ID!) {{ order(id: $id) {{
  name currencyCode taxesIncluded poNumber note test customAttributes {{ key value }} discountCodes
  totalPriceSet {MONEY} currentTotalPriceSet {MONEY} totalTipReceivedSet {MONEY} totalDiscountsSet {MONEY}
  currentTotalDutiesSet {MONEY} additionalFees {{ id }} totalCashRoundingAdjustment {{ paymentSet {MONEY} }}
  risk {{ recommendation }} shippingAddress {{ city zip countryCodeV2 name }} customer {{ defaultEmailAddress {{
    emailAddress }} }}
  purchasingEntity {{ __typename ... on PurchasingCompany {{ company {{ name externalId }} location {{ externalId
    }} }} ... on Customer {{ id }} }}
  paymentTerms {{ paymentTermsType dueInDays paymentSchedules(first: 1) {{ nodes {{ dueAt balanceDue {{ amount }}
    }} }} }}
  lineItems(first: 10) {{ nodes {{
    sku quantity currentQuantity isGiftCard requiresShipping originalUnitPriceSet {MONEY}
    discountedTotalSet {MONEY} taxLines {{ rate ratePercentage title channelLiable priceSet {MONEY} }}
    lineItemGroup {{ title quantity variantSku }}
    discountAllocations {{ allocatedAmountSet {MONEY} discountApplication {{ __typename targetType ... on
      DiscountCodeApplication {{ code }} }} }}
  }} pageInfo {{ hasNextPage }} }}
  shippingLines(first: 3) {{ nodes {{ title code originalPriceSet {MONEY} discountedPriceSet {MONEY} taxLines {{
    priceSet {MONEY} }} }} }}
  transactions(first: 5) {{ kind status gateway amountSet {MONEY} }}
}} }}"""


def pounds(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "GBP"}}


async def test_an_order_is_told_whole(scene: Scene) -> None:
    scene.shop.list_product("CARD", "Gift card", Decimal("20.00"), gift_card=True)
    bought = scene.shop.place_order(
        [("MUG", 2), ("SET", 1), ("CARD", 1)],
        discount=("TEN", Decimal("5.00")),
        customer=Person(email="buyer@example.com"),
        address=Address(city="Testham"),
        company=Company("Test Tea Ltd", "ACC1", location_external_id="ACC1-N", net_days=30),
        payment="pending",
        po_number="PO1",
        note="Ring twice",
        attributes=[("gift", "yes")],
        risk="INVESTIGATE",
    )
    told = (await scene.client.data(WHOLE, id=bought))["order"]
    assert told["totalPriceSet"] == pounds("89.95")
    assert told["customAttributes"] == [{"key": "gift", "value": "yes"}]
    assert told["currentTotalDutiesSet"] is None
    assert told["risk"]["recommendation"] == "INVESTIGATE"
    assert told["purchasingEntity"] == {
        "__typename": "PurchasingCompany",
        "company": {"name": "Test Tea Ltd", "externalId": "ACC1"},
        "location": {"externalId": "ACC1-N"},
    }
    due = scene.wall() + timedelta(days=30)
    assert told["paymentTerms"]["paymentSchedules"]["nodes"] == [
        {"dueAt": due.strftime("%Y-%m-%dT%H:%M:%SZ"), "balanceDue": {"amount": "89.95"}}
    ]
    mug, pot, part, card = told["lineItems"]["nodes"]
    assert (mug["sku"], mug["lineItemGroup"], mug["originalUnitPriceSet"]) == ("MUG", None, pounds("10.0"))
    assert mug["discountAllocations"][0]["discountApplication"] == {
        "__typename": "DiscountCodeApplication", "targetType": "LINE_ITEM", "code": "TEN",
    }  # fmt: skip
    assert mug["discountedTotalSet"] == pounds("20.0")  # order-level codes do not count in it
    assert mug["taxLines"][0] | {"priceSet": None} == {
        "rate": 0.2, "ratePercentage": 20.0, "title": "VAT", "channelLiable": False, "priceSet": None,
    }  # fmt: skip
    assert pot["lineItemGroup"] == part["lineItemGroup"] == {"title": "Tea set", "quantity": 1, "variantSku": "SET"}
    assert (card["isGiftCard"], card["requiresShipping"], card["taxLines"]) == (True, False, [])
    assert told["transactions"] == [
        {"kind": "SALE", "status": "PENDING", "gateway": "manual", "amountSet": pounds("89.95")}
    ]


async def test_an_order_may_have_no_customer(scene: Scene) -> None:
    bought = scene.shop.place_order([("MUG", 1)], customer=None, address=None)
    told = (await scene.client.data(WHOLE, id=bought))["order"]
    assert (told["customer"], told["shippingAddress"], told["purchasingEntity"]) == (None, None, None)


async def test_a_discount_of_each_kind_names_itself(scene: Scene) -> None:
    kinds = {"code": "DiscountCodeApplication", "automatic": "AutomaticDiscountApplication",
             "manual": "ManualDiscountApplication", "script": "ScriptDiscountApplication"}  # fmt: skip
    discounts = [Discount(kind, Decimal("0.50"), kind=kind) for kind in kinds]
    bought = scene.shop.place_order([("MUG", 1)], discounts=discounts)
    told = (await scene.client.data(WHOLE, id=bought))["order"]
    applied = told["lineItems"]["nodes"][0]["discountAllocations"]
    assert [each["discountApplication"]["__typename"] for each in applied] == list(kinds.values())


REFUNDS = f"""
query($id: ID!) {{ order(id: $id) {{ displayFinancialStatus refunds {{
  id totalRefundedSet {MONEY} return {{ id }}
  refundLineItems(first: 9) {{ nodes {{ quantity restockType restocked location {{ name }} subtotalSet {MONEY}
    totalTaxSet {MONEY} lineItem {{ sku }} }} }}
  refundShippingLines(first: 9) {{ nodes {{ subtotalAmountSet {MONEY} taxAmountSet {MONEY} }} }}
  orderAdjustments(first: 9) {{ nodes {{ reason amountSet {MONEY} }} }}
  transactions(first: 9) {{ nodes {{ kind status amountSet {MONEY} }} }}
}} }} }}"""


async def test_a_refund_tells_units_delivery_difference_and_money(scene: Scene) -> None:
    """S-15: what a connector books is in the transactions; the lines alone do not say it."""
    bought = scene.shop.place_order([("MUG", 2)], delivery=("Standard", Decimal("6.00")))
    refund = scene.shop.refund(bought, {"MUG": 1}, shipping=Decimal("3.00"), amount=Decimal("12.00"))
    (told,) = (await scene.client.data(REFUNDS, id=bought))["order"]["refunds"]
    assert told["id"] == refund
    assert told["totalRefundedSet"] == pounds("12.0")
    assert told["refundLineItems"]["nodes"] == [
        {"quantity": 1, "restockType": "CANCEL", "restocked": True, "location": {"name": "Warehouse"},
         "subtotalSet": pounds("10.0"), "totalTaxSet": pounds("1.66"), "lineItem": {"sku": "MUG"}}
    ]  # fmt: skip
    assert told["refundShippingLines"]["nodes"] == [{"subtotalAmountSet": pounds("3.0"), "taxAmountSet": pounds("0.5")}]
    assert told["orderAdjustments"]["nodes"] == [{"reason": "REFUND_DISCREPANCY", "amountSet": pounds("1.0")}]
    assert told["transactions"]["nodes"] == [{"kind": "REFUND", "status": "SUCCESS", "amountSet": pounds("12.0")}]


async def test_the_money_of_a_refund_may_come_later_or_never(scene: Scene) -> None:
    """refunds/create tells that goods and money are to go back, not that the money has."""
    bought = scene.shop.place_order([("MUG", 2)], delivery=None)
    refund = scene.shop.refund(bought, {"MUG": 1}, pending=True)
    (told,) = (await scene.client.data(REFUNDS, id=bought))["order"]["refunds"]
    assert [each["status"] for each in told["transactions"]["nodes"]] == ["PENDING"]
    assert told["totalRefundedSet"] == pounds("0.0")
    assert scene.shop.order(bought).financial_status == "PAID"
    scene.shop.settle_refund(refund, succeeded=False)
    assert scene.shop.order(bought).refunded == 0
    scene.shop.settle_refund(refund)
    assert scene.shop.order(bought).refunded == Decimal("10.00")
    assert (await names(scene, "financial_status:partially_refunded")) == ["#1001"]


async def test_only_the_last_sixty_days_are_seen_without_the_right_to_all(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)])
    scene.wall.wait(days=60)
    assert await names(scene, "") == ["#1001"]
    scene.wall.wait(seconds=1)
    assert await names(scene, "") == []
    scene.shop.state.scopes.add("read_all_orders")
    assert await names(scene, "") == ["#1001"]
