"""Orders of every kind that a shop takes: risk, tags, companies, duties, fees, gift cards, other currencies."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopify_client import Scene, opened

from khaossync.sandbox.shopify import Company, Discount

D = Decimal
MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
FIGURES = f"""query($id: ID!) {{ order(id: $id) {{ currencyCode presentmentCurrencyCode displayFinancialStatus
  paymentGatewayNames totalPriceSet {MONEY} currentTotalPriceSet {MONEY} totalReceivedSet {MONEY}
  totalOutstandingSet {MONEY} totalTipReceivedSet {MONEY} currentTotalDutiesSet {MONEY} originalTotalDutiesSet {MONEY}
  currentTotalAdditionalFeesSet {MONEY} originalTotalAdditionalFeesSet {MONEY}
  totalCashRoundingAdjustment {{ paymentSet {MONEY} refundSet {MONEY} }}
  additionalFees {{ id name price {MONEY} taxLines {{ rate }} }}
  transactions(first: 9) {{ kind status gateway amountSet {MONEY} amountRoundingSet {MONEY} }}
  refunds {{ totalRefundedSet {MONEY} transactions(first: 9) {{ nodes {{ gateway amountSet {MONEY} }} }} }}
  discountApplications(first: 9) {{ nodes {{ __typename targetType allocationMethod
    value {{ __typename ... on MoneyV2 {{ amount }} ... on PricingPercentageValue {{ percentage }} }} }} }}
  lineItems(first: 9) {{ nodes {{ sku isGiftCard duties {{ price {MONEY} }} originalUnitPriceSet {MONEY}
    taxLines {{ priceSet {MONEY} }} discountAllocations {{ allocatedAmountSet {MONEY} }} }} }}
  shippingLines(first: 9) {{ nodes {{ originalPriceSet {MONEY} currentDiscountedPriceSet {MONEY} }} }} }} }}"""


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def figures(scene: Scene, order: str) -> Any:
    return (await scene.client.data(FIGURES, id=order))["order"]


def pounds(amount: str) -> Any:
    money = {"amount": amount, "currencyCode": "GBP"}
    return {"shopMoney": money, "presentmentMoney": money}


# --- risk, tags, companies --------------------------------------------------------------------------------------------

RISK = """query($id: ID!) { order(id: $id) { updatedAt tags
  risk { recommendation assessments { riskLevel provider { id } facts { description sentiment } } } } }"""


async def test_an_order_is_judged_when_it_is_placed_and_again_later(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    first = (await scene.client.data(RISK, id=order))["order"]
    assert first["risk"] == {
        "recommendation": "ACCEPT", "assessments": [{"riskLevel": "LOW", "provider": None, "facts": []}],
    }  # fmt: skip
    scene.wall.wait(minutes=3)
    scene.shop.assess(order, "CANCEL")
    second = (await scene.client.data(RISK, id=order))["order"]
    assert second["risk"]["recommendation"] == "CANCEL"
    assert second["risk"]["assessments"][0]["riskLevel"] == "HIGH"
    assert (first["updatedAt"], second["updatedAt"]) == ("2026-11-20T09:00:00Z", "2026-11-20T09:03:00Z")


@pytest.mark.parametrize("recommendation", ["ACCEPT", "CANCEL", "INVESTIGATE", "NONE"])
async def test_an_order_comes_with_the_risk_that_is_asked_for(scene: Scene, recommendation: str) -> None:
    order = scene.shop.place_order([("MUG", 1)], risk=recommendation)
    assert (await scene.client.data(RISK, id=order))["order"]["risk"]["recommendation"] == recommendation


async def test_an_order_comes_with_tags_and_gets_more(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], tags=["wholesale", "EDI"])
    scene.shop.tag(order, "vip")
    assert (await scene.client.data(RISK, id=order))["order"]["tags"] == ["EDI", "vip", "wholesale"]


BUYER = """query($id: ID!) { order(id: $id) { poNumber paymentTerms { paymentTermsType dueInDays } purchasingEntity {
  __typename ... on Customer { firstName } ... on PurchasingCompany { company { name externalId }
  location { name externalId } contact { customer { firstName } } } } } }"""


async def test_a_company_buys_on_account(scene: Scene) -> None:
    firm = Company("Test Tea Ltd", "ACC1", "North", "ACC1-N", net_days=30)
    order = scene.shop.place_order([("MUG", 1)], company=firm, po_number="PO 7", payment="pending")
    assert (await scene.client.data(BUYER, id=order))["order"] == {
        "poNumber": "PO 7",
        "paymentTerms": {"paymentTermsType": "NET", "dueInDays": 30},
        "purchasingEntity": {
            "__typename": "PurchasingCompany",
            "company": {"name": "Test Tea Ltd", "externalId": "ACC1"},
            "location": {"name": "North", "externalId": "ACC1-N"},
            "contact": {"customer": {"firstName": "Test"}},
        },
    }


async def test_a_person_buys_without_terms(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    assert (await scene.client.data(BUYER, id=order))["order"] == {
        "poNumber": None, "paymentTerms": None, "purchasingEntity": {"__typename": "Customer", "firstName": "Test"},
    }  # fmt: skip


# --- what is added to the sum -----------------------------------------------------------------------------------------


async def test_tip_duties_and_fees_are_part_of_the_total(scene: Scene) -> None:
    order = scene.shop.place_order(
        [("MUG", 2), ("BOOK", 1)], tip=D("2.00"), duties=D("3.00"), fees=[("Cash on delivery", D("1.50"))]
    )
    told = await figures(scene, order)
    assert told["totalPriceSet"] == told["currentTotalPriceSet"] == told["totalReceivedSet"] == pounds("39.22")
    assert told["totalTipReceivedSet"] == pounds("2.0")
    assert told["currentTotalDutiesSet"] == told["originalTotalDutiesSet"] == pounds("3.0")
    assert told["currentTotalAdditionalFeesSet"] == told["originalTotalAdditionalFeesSet"] == pounds("1.5")
    (fee,) = told["additionalFees"]
    assert (fee["name"], fee["price"], fee["taxLines"]) == ("Cash on delivery", pounds("1.5"), [])
    duties = [[each["price"]["shopMoney"]["amount"] for each in line["duties"]] for line in told["lineItems"]["nodes"]]
    assert duties == [["2.16"], ["0.84"]]


async def test_an_order_without_duties_and_fees_tells_of_none(scene: Scene) -> None:
    told = await figures(scene, scene.shop.place_order([("MUG", 1)]))
    assert (told["currentTotalDutiesSet"], told["originalTotalDutiesSet"]) == (None, None)
    assert (told["currentTotalAdditionalFeesSet"], told["additionalFees"]) == (None, [])


async def test_duties_fall_with_the_units_that_are_taken_back(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)], duties=D("3.00"))
    scene.shop.refund(order, {"MUG": 1})
    told = await figures(scene, order)
    assert (told["currentTotalDutiesSet"], told["originalTotalDutiesSet"]) == (pounds("1.5"), pounds("3.0"))


async def test_cash_is_rounded_beside_the_total(scene: Scene) -> None:
    order = scene.shop.place_order([("BOOK", 1)], delivery=None, gateway="cash", rounding=D("-0.02"))
    told = await figures(scene, order)
    assert told["totalCashRoundingAdjustment"] == {"paymentSet": pounds("-0.02"), "refundSet": pounds("0.0")}
    assert (told["totalPriceSet"], told["totalOutstandingSet"]) == (pounds("7.77"), pounds("0.0"))
    (paid,) = told["transactions"]
    assert (paid["gateway"], paid["amountSet"], paid["amountRoundingSet"]) == ("cash", pounds("7.77"), pounds("-0.02"))


# --- gift cards -------------------------------------------------------------------------------------------------------


async def test_a_gift_card_is_bought(scene: Scene) -> None:
    scene.shop.list_product("CARD", "Gift card", D("20.00"), gift_card=True)
    told = await figures(scene, scene.shop.place_order([("CARD", 1)], delivery=None, address=None))
    assert told["lineItems"]["nodes"][0] | {"originalUnitPriceSet": None} == {
        "sku": "CARD", "isGiftCard": True, "duties": [], "originalUnitPriceSet": None, "taxLines": [],
        "discountAllocations": [],
    }  # fmt: skip


async def test_a_gift_card_pays_a_part_and_gets_its_part_back(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)], gift_card=D("15.00"))
    told = await figures(scene, order)
    assert told["paymentGatewayNames"] == ["shopify_payments", "gift_card"]
    assert [(each["kind"], each["gateway"], each["amountSet"]) for each in told["transactions"]] == [
        ("SALE", "shopify_payments", pounds("9.95")), ("SALE", "gift_card", pounds("15.0")),
    ]  # fmt: skip
    assert told["displayFinancialStatus"] == "PAID"
    scene.shop.refund(order, {"MUG": 1}, amount=D("12.00"))
    (refund,) = (await figures(scene, order))["refunds"]
    assert refund["totalRefundedSet"] == pounds("12.0")
    assert [(each["gateway"], each["amountSet"]) for each in refund["transactions"]["nodes"]] == [
        ("shopify_payments", pounds("9.95")), ("gift_card", pounds("2.05")),
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"has 12\.95 to give back, not 13"):
        scene.shop.refund(order, amount=D("13.00"))


async def test_a_gift_card_is_charged_while_the_rest_is_only_reserved(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)], gift_card=D("15.00"), payment="authorized")
    assert (await figures(scene, order))["displayFinancialStatus"] == "PARTIALLY_PAID"
    scene.shop.capture(order)
    told = await figures(scene, order)
    assert (told["displayFinancialStatus"], told["totalReceivedSet"]) == ("PAID", pounds("24.95"))


# --- discounts --------------------------------------------------------------------------------------------------------


async def test_several_discounts_of_different_kinds_and_free_delivery(scene: Scene) -> None:
    order = scene.shop.place_order(
        [("MUG", 2), ("BOOK", 1)],
        discounts=[
            Discount("TENTH", percentage=D(10)),
            Discount("Mugs", D("1.00"), kind="automatic", sku="MUG"),
            Discount("Sorry", D("0.50"), kind="manual"),
            Discount("FREE", shipping=True, percentage=D(100)),
        ],
    )
    told = await figures(scene, order)
    assert [
        (each["__typename"], each["targetType"], each["allocationMethod"], each["value"])
        for each in told["discountApplications"]["nodes"]
    ] == [
        ("DiscountCodeApplication", "LINE_ITEM", "EACH", {"__typename": "PricingPercentageValue", "percentage": 10.0}),
        ("AutomaticDiscountApplication", "LINE_ITEM", "ACROSS", {"__typename": "MoneyV2", "amount": "1.0"}),
        ("ManualDiscountApplication", "LINE_ITEM", "ACROSS", {"__typename": "MoneyV2", "amount": "0.5"}),
        (
            "DiscountCodeApplication",
            "SHIPPING_LINE",
            "EACH",
            {"__typename": "PricingPercentageValue", "percentage": 100.0},
        ),
    ]
    (charge,) = told["shippingLines"]["nodes"]
    assert (charge["originalPriceSet"], charge["currentDiscountedPriceSet"]) == (pounds("4.95"), pounds("0.0"))
    assert told["totalPriceSet"] == pounds("23.49")  # 27.77 − 2.78 − 1.00 − 0.50


# --- delivery without an address --------------------------------------------------------------------------------------

TODO = """query($id: ID!) { order(id: $id) { shippingAddress { city } billingAddress { city }
  fulfillmentOrders(first: 9) { nodes { deliveryMethod { methodType presentedName } destination { city }
  assignedLocation { name location { name } } lineItems(first: 9) { nodes { sku totalQuantity } } } } } }"""


async def test_goods_are_picked_up(scene: Scene) -> None:
    order = scene.shop.place_order(
        [("MUG", 1)], method="PICK_UP", address=None, delivery=("Pick up in store", D(0)), location="High Street"
    )
    told = (await scene.client.data(TODO, id=order))["order"]
    assert (told["shippingAddress"], told["billingAddress"]) == (None, None)
    (todo,) = told["fulfillmentOrders"]["nodes"]
    assert todo["deliveryMethod"] == {"methodType": "PICK_UP", "presentedName": "Pick up in store"}
    assert (todo["destination"], todo["assignedLocation"]["name"]) == (None, "High Street")


async def test_goods_are_delivered_locally(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], method="LOCAL", delivery=("By van", D("2.00")))
    (todo,) = (await scene.client.data(TODO, id=order))["order"]["fulfillmentOrders"]["nodes"]
    assert todo["deliveryMethod"]["methodType"] == "LOCAL"
    assert todo["destination"] == {"city": "Testham"}


async def test_another_location_ships_what_the_first_has_not(scene: Scene) -> None:
    scene.shop.staff_sets("MUG", "Warehouse", 0)
    scene.shop.staff_sets("POT", "High Street", 4)
    order = scene.shop.place_order([("MUG", 1), ("POT", 1), ("BOOK", 1)])
    todo = (await scene.client.data(TODO, id=order))["order"]["fulfillmentOrders"]["nodes"]
    assert {
        each["assignedLocation"]["location"]["name"]: [line["sku"] for line in each["lineItems"]["nodes"]]
        for each in todo
    } == {"High Street": ["MUG"], "Warehouse": ["POT", "BOOK"]}


# --- currencies -------------------------------------------------------------------------------------------------------


def both(shop: str, presentment: str) -> Any:
    return {
        "shopMoney": {"amount": shop, "currencyCode": "GBP"},
        "presentmentMoney": {"amount": presentment, "currencyCode": "EUR"},
    }


async def test_an_order_in_another_currency_tells_every_sum_twice(scene: Scene) -> None:
    order = scene.shop.place_order(
        [("MUG", 2)], presentment=("EUR", D("1.15")), duties=D("1.00"), discount=("TEN", D("1.00"))
    )
    scene.shop.refund(order, {"MUG": 1}, amount=D("5.00"))
    told = await figures(scene, order)
    assert (told["currencyCode"], told["presentmentCurrencyCode"]) == ("GBP", "EUR")
    assert told["totalPriceSet"] == both("24.95", "28.69")
    (line,) = told["lineItems"]["nodes"]
    assert line["originalUnitPriceSet"] == both("10.0", "11.5")
    assert line["duties"][0]["price"] == both("1.0", "1.15")
    assert line["discountAllocations"][0]["allocatedAmountSet"] == both("1.0", "1.15")
    assert line["taxLines"][0]["priceSet"] == both("3.17", "3.65")
    assert told["refunds"][0]["totalRefundedSet"] == both("5.0", "5.75")
    assert told["transactions"][0]["amountSet"] == both("24.95", "28.69")


async def test_orders_of_several_currencies_on_one_page_keep_theirs(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)], delivery=None)
    scene.shop.place_order([("MUG", 1)], delivery=None, presentment=("EUR", D("1.15")))
    scene.shop.place_order([("MUG", 1)], delivery=None)
    query = """{ orders(first: 9) { nodes { lineItems(first: 1) { nodes { originalTotalSet {
      presentmentMoney { amount } } } } } } }"""
    nodes = (await scene.client.data(query))["orders"]["nodes"]
    amounts = [each["lineItems"]["nodes"][0]["originalTotalSet"]["presentmentMoney"]["amount"] for each in nodes]
    assert amounts == ["10.0", "11.5", "10.0"]
