"""ImportOrders books what is right, skips what it knows or cannot sell, and fails on what it cannot read."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from sandbox.khaosws_client import Answer, Client, OrderForm, Wall, khaos

from khaossync.sandbox.khaosws import KhaosServer, Verdict
from khaossync.sandbox.khaosws.totals import Totals, from_gross, from_net


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def server(wall: Wall) -> AsyncIterator[KhaosServer]:
    server = khaos(wall)
    yield server
    await server.stop()


@pytest.fixture
async def client(server: KhaosServer) -> Client:
    return Client(await server.start())


def skipped(answer: Answer) -> list[str]:
    assert answer.fault == ""
    assert answer.root.findtext(".//ImportedCount") == "0"
    return [item["SkipReason"] for item in answer.items("OrderSkipped")]


async def test_an_order_is_booked_with_its_code_and_its_customer(server: KhaosServer, client: Client) -> None:
    answer = await client.import_orders(OrderForm().xml())
    assert answer.root.findtext(".//ImportedCount") == "1"
    [booked] = answer.items("OrderImport")
    order = server.orders()[0]
    assert (booked["SalesOrderCode"], booked["AssociatedRef"]) == (order.sorder_code, "WEB-1001")
    assert booked["URN"] == order.customer.code
    assert (order.net, order.tax, order.gross) == (Decimal("10.00"), Decimal("2.00"), Decimal("12.00"))
    assert order.stage in (9, 10)
    assert order.paid == Decimal("12.00")
    assert server.import_outcomes == {"imported": 1}


async def test_an_order_takes_its_quantity_from_what_is_available(server: KhaosServer, client: Client) -> None:
    form = OrderForm(items=[{"STOCK_CODE": "MUG", "ORDER_QTY": "3"}, {"STOCK_CODE": "MUG", "ORDER_QTY": "2"}])
    await client.import_orders(form.xml())
    assert server.available("MUG", "1") == 5
    assert server.available("MUG", "2") == 5


async def test_a_site_is_chosen_by_its_name_for_the_order_or_the_line(server: KhaosServer, client: Client) -> None:
    form = OrderForm(header={"SITE": "Overflow"}, items=[{"STOCK_CODE": "MUG"}, {"STOCK_CODE": "TEA", "SITE": "Main"}])
    await client.import_orders(form.xml())
    left = [server.available("MUG", "1"), server.available("MUG", "2"), server.available("TEA", "1")]
    assert left == [Decimal(10), Decimal(4), Decimal(19)]


async def test_a_known_ref_is_skipped_and_its_reason_is_worded_in_many_ways(
    server: KhaosServer, client: Client
) -> None:
    await client.import_orders(OrderForm().xml())
    reasons = {skipped(await client.import_orders(OrderForm().xml()))[0] for _ in range(12)}
    assert len(reasons) > 1
    assert len(server.orders()) == 1
    assert server.imports_seen == {"WEB-1001": 13}
    assert server.available("MUG") == 9


async def test_a_known_ref_is_a_fault_where_the_site_has_it_so(server: KhaosServer, client: Client) -> None:
    server.habits.duplicate = Verdict.FAULT
    await client.import_orders(OrderForm().xml())
    assert "WEB-1001" in (await client.import_orders(OrderForm().xml())).fault
    assert len(server.orders()) == 1


@pytest.mark.parametrize("frees", [False, True])
async def test_a_cancelled_order_may_free_its_ref(server: KhaosServer, client: Client, frees: bool) -> None:
    server.habits.cancelled_frees_ref = frees
    await client.import_orders(OrderForm().xml())
    server.cancel("WEB-1001", "Customer changed their mind")
    await client.import_orders(OrderForm().xml())
    assert len(server.orders()) == (2 if frees else 1)


@pytest.mark.parametrize("verdict", [Verdict.SKIP, Verdict.FAULT])
@pytest.mark.parametrize(
    ("prepare", "line", "word"),
    [
        ("", {"STOCK_CODE": "NOSUCH"}, "does not exist"),
        ("discontinue", {"STOCK_CODE": "MUG"}, "discontinued"),
        ("last", {"STOCK_CODE": "LAST", "ORDER_QTY": "2"}, "run to zero"),
    ],
)
async def test_what_cannot_be_sold_is_refused(
    server: KhaosServer, client: Client, verdict: Verdict, prepare: str, line: dict[str, str | None], word: str
) -> None:
    """S-5: an unknown stock code is found by looking at what the server refused."""
    server.habits.unsellable = verdict
    if prepare == "discontinue":
        server.discontinue("MUG")
    if prepare == "last":
        server.add_stock("LAST", "Last one", {"1": 1}, run_to_zero=True)
    answer = await client.import_orders(OrderForm(items=[line]).xml())
    assert word in (answer.fault if verdict is Verdict.FAULT else skipped(answer)[0])
    assert server.orders() == []


async def test_two_lines_of_one_code_count_together_against_run_to_zero(server: KhaosServer, client: Client) -> None:
    server.add_stock("LAST", "Last one", {"1": 1}, run_to_zero=True)
    form = OrderForm(items=[{"STOCK_CODE": "LAST"}, {"STOCK_CODE": "LAST"}])
    assert "run to zero" in skipped(await client.import_orders(form.xml()))[0]


async def test_what_is_not_run_to_zero_may_be_oversold(server: KhaosServer, client: Client) -> None:
    await client.import_orders(OrderForm(items=[{"STOCK_CODE": "MUG", "ORDER_QTY": "12"}]).xml())
    assert server.available("MUG") == -2


async def test_a_total_that_differs_by_a_penny_is_refused(server: KhaosServer, client: Client) -> None:
    """S-12: the server works the total out by itself."""
    form = OrderForm(header={"ORDER_AMOUNT": "12.01"})
    assert "12.00" in skipped(await client.import_orders(form.xml()))[0]
    server.habits.mismatch = Verdict.FAULT
    assert "12.01" in (await client.import_orders(form.xml())).fault
    server.habits.mismatch = Verdict.ACCEPT
    await client.import_orders(form.xml())
    assert server.orders()[0].gross == Decimal("12.00")


@pytest.mark.parametrize(
    ("header", "charge"),
    [
        ({"DELIVERY_GRS": "6.00"}, ("5.00", "1.00", "6.00")),
        ({"DELIVERY_NET": "5.00", "DELIVERY_TAX": "0.50", "DELIVERY_GRS": None}, ("5.00", "0.50", "5.50")),
        ({"DELIVERY_NET": "-1", "DELIVERY_TAX": "-1", "DELIVERY_GRS": "6.00"}, ("5.00", "1.00", "6.00")),
        ({"DELIVERY_GRS": "0"}, ("0", "0", "0")),
        ({"DELIVERY_GRS": None}, ("4.13", "0.82", "4.95")),
    ],
    ids=["gross", "net and tax", "disabled", "free", "its own"],
)
async def test_the_delivery_charge_is_as_sent_or_the_servers_own(
    server: KhaosServer, client: Client, header: dict[str, str | None], charge: tuple[str, str, str]
) -> None:
    await client.import_orders(OrderForm(header=header).xml())
    assert server.orders()[0].delivery == Totals(*(Decimal(amount) for amount in charge))


async def test_of_two_prices_the_net_one_counts(server: KhaosServer, client: Client) -> None:
    await client.import_orders(OrderForm(items=[{"STOCK_CODE": "MUG", "PRICE_NET": "5.00", "TAX_RATE": "4"}]).xml())
    assert server.orders()[0].lines[0].totals == Totals(Decimal("5.00"), Decimal("0.25"), Decimal("5.25"))


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        (from_gross(Decimal("9.99"), Decimal(3), Decimal(0), Decimal("0.2")), ("24.98", "4.99", "29.97")),
        (from_gross(Decimal("9.99"), Decimal(3), Decimal(10), Decimal("0.2")), ("22.48", "4.49", "26.97")),
        (from_net(Decimal("8.33"), Decimal(3), Decimal(0), Decimal("0.2")), ("24.99", "5.00", "29.99")),
        (from_net(Decimal("0.50"), Decimal(1), Decimal(0), Decimal("0.05")), ("0.50", "0.03", "0.53")),
        (from_gross(Decimal("-5.00"), Decimal(1), Decimal(0), Decimal("0.2")), ("-4.17", "-0.83", "-5.00")),
    ],
)
def test_tax_is_rounded_half_up_once_a_line(totals: Totals, expected: tuple[str, str, str]) -> None:
    assert totals == Totals(*(Decimal(amount) for amount in expected))


async def test_a_pack_header_alone_brings_its_children(server: KhaosServer, client: Client) -> None:
    await client.import_orders(OrderForm(items=[{"STOCK_CODE": "GIFT", "ORDER_QTY": "2"}]).xml())
    lines = [(line.stock_code, line.quantity, line.added) for line in server.orders()[0].lines]
    assert lines == [("GIFT", Decimal(2), False), ("MUG", Decimal(2), True), ("TEA", Decimal(4), True)]
    assert server.orders()[0].gross == Decimal("24.00")
    assert (server.available("MUG"), server.available("TEA")) == (Decimal(8), Decimal(16))


async def test_a_pack_that_names_its_children_gets_no_others(server: KhaosServer, client: Client) -> None:
    form = OrderForm(
        items=[
            {"STOCK_CODE": "GIFT", "PACK_SORT_ORDER": "100.001"},
            {"STOCK_CODE": "MUG", "PACK_SORT_ORDER": "100.002", "PRICE_GRS": "0"},
        ]
    )
    await client.import_orders(form.xml())
    assert [line.stock_code for line in server.orders()[0].lines] == ["GIFT", "MUG"]


@pytest.mark.parametrize(
    ("mapping", "name"), [("1", "MUG"), ("2", "M-1"), ("5", "5012345678900"), ("-1", "M-1"), ("-1", "Mug, blue")]
)
async def test_a_line_finds_its_item_by_the_mapping_it_names(
    server: KhaosServer, client: Client, mapping: str, name: str
) -> None:
    await client.import_orders(OrderForm(items=[{"STOCK_CODE": name, "MAPPING_TYPE": mapping}]).xml())
    assert server.orders()[0].lines[0].stock_code == "MUG"


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        (OrderForm(ref="WEB-10000000001X"), "ASSOCIATED_REF is 16 characters long, the field holds 15"),
        (OrderForm(ref="A,B"), "comma"),
        (OrderForm(address={"ADDRESS1": "x" * 36}), "IADDRESS1 is 36 characters long"),
        (OrderForm(delivery_address={"POSTCODE": "TE1 1ST LONG"}), "DPOSTCODE is 12 characters long"),
        (OrderForm(address={"SURNAME": ""}), "ISURNAME is compulsory"),
        (OrderForm(customer={"WEB_USER": "x" * 51}), "WEB_USER is 51"),
        (OrderForm(header={"ORDER_NOTE": "x" * 2001}), "ORDER_NOTE is 2001"),
        (OrderForm(header={"ORDER_AMOUNT": "1,200.00"}), "not a valid number for ORDER_AMOUNT"),
        (OrderForm(header={"ORDER_DATE": "2025-07-01 09:00:00"}), "not a valid date for ORDER_DATE"),
        (OrderForm(header={"INVOICE_PRIORITY": "High"}), "may not hold INVOICE_PRIORITY"),
        (OrderForm(payment={"PRE_AUTH": "-1"}), "may not hold PRE_AUTH"),
        (OrderForm(payment={"PREAUTH": "1"}), "not a valid flag for PREAUTH"),
        (OrderForm(payment={"PAYMENT_TYPE": "7"}), "no payment type 7"),
        (OrderForm(items=[{"STOCK_CODE": "MUG", "PRICE_GRS": None}]), "neither PRICE_NET nor PRICE_GRS"),
        (OrderForm(items=[{"STOCK_CODE": "MUG", "ORDER_QTY": "0"}]), "above zero"),
        (OrderForm(items=[{"STOCK_CODE": "MUG", "TAX_RATE": "20"}]), "no tax rate '20'"),
        (OrderForm(items=[{"STOCK_CODE": "MUG", "STOCK_DESC": "x" * 251}]), "STOCK_DESC is 251"),
        (OrderForm(items=[{"STOCK_CODE": "MUG", "EXTENDED_DESC": "x" * 151}]), "EXTENDED_DESC has a line"),
        (OrderForm(items=[]), "must hold CUSTOMER_DETAIL"),
        (OrderForm(header={"SALES_SOURCE": "web"}), "no sales source 'web'"),
        (OrderForm(customer={"COMPANY_CLASS": "Trade"}), "no company class 'Trade'"),
        (OrderForm(header={"SITE": "Moon"}), "no site 'Moon'"),
        (OrderForm(header={"COURIER_CODE": "PIGEON"}), "no courier code 'PIGEON'"),
        (OrderForm(header={"COURIER_DESC": "Pigeon Post"}), "no courier 'Pigeon Post'"),
        (OrderForm(address={"COUNTRY_CODE": "XX"}), "no country 'XX'"),
        (OrderForm(header={"ORDER_NOTE": "Owes £5"}), "£ must be escaped"),
    ],
    ids=lambda value: "" if isinstance(value, OrderForm) else str(value)[:40],
)
async def test_what_the_server_cannot_take_fails_the_call(
    server: KhaosServer, client: Client, form: OrderForm, complaint: str
) -> None:
    answer = await client.import_orders(form.xml())
    assert complaint in answer.fault
    assert server.orders() == []
    assert server.available("MUG") == 10
    assert server.import_outcomes == {"faulted": 1}


async def test_a_pound_sign_that_is_escaped_arrives(server: KhaosServer, client: Client) -> None:
    order = OrderForm(header={"ORDER_NOTE": "Owes POUND5"}).xml().replace("POUND", "&#163;")
    await client.import_orders(order)
    assert server.orders()[0].header["ORDER_NOTE"] == "Owes £5"


async def test_a_document_with_a_doctype_is_refused(server: KhaosServer, client: Client) -> None:
    document = f"<!DOCTYPE SALES_ORDERS><SALES_ORDERS>{OrderForm().xml()}</SALES_ORDERS>"
    assert "DOCTYPE" in (await client.call("ImportOrders", Orders=document)).fault


async def test_orders_before_a_bad_one_in_the_same_document_stay_booked(server: KhaosServer, client: Client) -> None:
    bad = OrderForm(ref="WEB-2", header={"SITE": "Moon"})
    answer = await client.import_orders(OrderForm(ref="WEB-1").xml(), bad.xml(), OrderForm(ref="WEB-3").xml())
    assert answer.fault
    assert [order.ref for order in server.orders()] == ["WEB-1"]


async def test_a_customer_is_matched_by_code_then_other_ref_then_web_user(server: KhaosServer, client: Client) -> None:
    """S-6: who an order belongs to is the server's decision."""
    first = OrderForm(ref="1", customer={"OTHER_REF": "cust-1", "WEB_USER": "a@example.com"})
    second = OrderForm(ref="2", customer={"OTHER_REF": "cust-2", "WEB_USER": "b@example.com"})
    await client.import_orders(first.xml(), second.xml())
    code = server.orders()[1].customer.code
    for ref, customer in (
        ("3", {"OTHER_REF": "cust-1", "WEB_USER": "b@example.com"}),
        ("4", {"COMPANY_CODE": code, "OTHER_REF": "cust-1"}),
        ("5", {"WEB_USER": "b@example.com"}),
        ("6", {"WEB_USER": "a@example.com", "IS_NEW_CUSTOMER": "-1"}),
    ):
        await client.import_orders(OrderForm(ref=ref, customer={**customer}).xml())
    owners = [order.customer.code for order in server.orders()]
    assert owners == ["C000001", code, "C000001", code, code, "C000003"]


async def test_an_order_cannot_be_in_another_currency_than_its_customer(server: KhaosServer, client: Client) -> None:
    await client.import_orders(OrderForm(ref="1", header={"ORDER_CURRENCY_CODE": "EUR"}).xml())
    answer = await client.import_orders(OrderForm(ref="2", header={"ORDER_CURRENCY_CODE": "GBP"}).xml())
    assert "differs from customer" in answer.fault
    assert [order.currency for order in server.orders()] == ["EUR"]


@pytest.mark.parametrize(
    ("payment", "paid", "stages"),
    [
        ({"AUTH_CODE": "A1"}, "12.00", {9, 10}),
        ({"AUTH_CODE": "A1", "PREAUTH": "-1"}, "0", {9, 10}),
        ({"AUTH_CODE": None}, "0", {11}),
        ({"AUTH_CODE": None, "PAYMENT_TYPE": "3"}, "0", {9, 10}),
    ],
    ids=["authorised", "held", "open", "account"],
)
async def test_an_authorisation_code_makes_an_order_paid(
    server: KhaosServer, client: Client, payment: dict[str, str | None], paid: str, stages: set[int]
) -> None:
    """SHO-4: an order that is not authorised waits for its payment."""
    await client.import_orders(OrderForm(payment=payment).xml())
    assert server.orders()[0].paid == Decimal(paid)
    assert server.orders()[0].stage in stages


async def test_an_order_without_its_payment_cannot_be_picked_until_it_is_authorised(
    server: KhaosServer, client: Client
) -> None:
    await client.import_orders(OrderForm(payment={"AUTH_CODE": None}).xml())
    with pytest.raises(ValueError, match="waits for its payment"):
        server.pick("WEB-1001")
    server.authorise("WEB-1001")
    server.pick("WEB-1001")
    assert server.orders()[0].stage == 12


async def test_writes_at_the_same_time_are_noticed(server: KhaosServer, client: Client) -> None:
    server.habits.delay = (0.05, 0.05)
    for number in range(3):
        await client.import_orders(OrderForm(ref=f"A{number}").xml())
    assert server.most_writes_at_once == 1
    await asyncio.gather(*(client.import_orders(OrderForm(ref=f"B{number}").xml()) for number in range(3)))
    assert server.most_writes_at_once == 3


async def test_exported_orders_can_be_read_again(server: KhaosServer, client: Client) -> None:
    form = OrderForm(items=[{"STOCK_CODE": "MUG", "IMPORT_REF": "line-7"}], delivery_address={"TOWN": "Elsewhere"})
    await client.import_orders(form.xml())
    by_ref = (await client.call("ExportOrders", OrderCode="WEB-1001,NOSUCH", MappingType=2)).inner
    code = server.orders()[0].sorder_code
    by_code = (await client.call("ExportOrders", OrderCode=code, MappingType=1)).inner
    for document in (by_ref, by_code):
        assert [order.findtext("ORDER_HEADER/ASSOCIATED_REF") for order in document] == ["WEB-1001"]
        assert document.findtext(".//ORDER_ITEM/IMPORT_REF") == "line-7"
        assert document.findtext(".//DELADDR/DTOWN") == "Elsewhere"
        assert document.findtext(".//INVADDR/ITOWN") == "Testford"
