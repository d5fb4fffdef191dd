"""What a check finds in a shop, what is refused in its table, and how it signs in."""

from datetime import timedelta
from typing import Any

import pytest
from channels.shopware.simulated import World, documents, pages, settings
from examples import rules
from pydantic import ValidationError

from khaossync.domain.cases import CaseClass
from khaossync.domain.couriers import of_method
from khaossync.domain.errors import ConnectorDownError
from khaossync.domain.findings import Finding, Severity
from khaossync.domain.methods import DeliveryMethod
from khaossync.ops.checking.delivery import offered


async def check(world: World, **changes: Any) -> dict[str, Finding]:
    return {one.subject: one for one in await (await world.connect(**changes)).probe.check()}


async def test_a_check_tells_what_the_tables_may_name(world: World) -> None:
    """SHW-20, SHW-22."""
    world.shop.add_delivery_method("Express", "shipping_express")
    found = await check(world)
    assert found["locations"].offers == ("shop",)
    assert "GBP" in found["currencies"].offers
    assert "shipping_express" in found["delivery methods offered"].offers
    assert "the stock is what can be sold" in found["version"].detail


async def test_a_right_that_is_missing_is_named_with_what_it_is_for(world: World) -> None:
    """S-40."""
    world.shop.setup.privileges = world.shop.setup.privileges - {"order_transaction:read"}
    found = await check(world)
    assert found["rights"].severity is Severity.FAIL
    assert "order_transaction (orders and refunds)" in found["rights"].detail


async def test_a_payment_method_that_nobody_has_is_found(world: World) -> None:
    found = await check(world, terms_methods=["payment_of_nobody"])
    assert found["terms_methods"].severity is Severity.FAIL


@pytest.mark.parametrize(("couriers", "default", "cases"), [({}, "", 1), ({"new": "RM48"}, "", 0), ({}, "RM48", 0)])
def test_a_new_method_without_a_courier_is_a_case_before_an_order_chooses_it(
    couriers: dict[str, str], default: str, cases: int
) -> None:
    """SHW-F3, S-8."""
    plan = of_method(DeliveryMethod("new", "New way", offered=True), rules(couriers=couriers, default_courier=default))
    assert [case.case_class for case in plan.cases] == [CaseClass.UNMAPPED_DELIVERY_METHOD] * cases
    assert len(plan.closed) == 1 - cases


def test_a_method_that_nobody_can_choose_is_no_case() -> None:
    assert not of_method(DeliveryMethod("old", "Old way", offered=False), rules()).cases


def test_a_check_warns_of_methods_without_a_courier() -> None:
    """SHW-F3."""
    (found,) = offered(rules(couriers={"a": "RM48"}), ["a", "b"])
    assert (found.severity, found.items) == (Severity.WARN, ("b",))
    (good,) = offered(rules(couriers={"a": "RM48"}), ["a"])
    assert good.severity is Severity.OK
    assert list(offered(rules(default_courier="RM48"), ["a", "b"])) == []


async def test_the_stream_of_methods_tells_a_new_one(world: World) -> None:
    """SHW-F3: by its technical name, whatever it is called."""
    connector = await world.connect()
    before = documents(await pages(connector, "delivery methods"))
    world.shop.add_delivery_method("Express", "shipping_express")
    after = documents(await pages(connector, "delivery methods"))
    assert after.keys() - before.keys() == {"shipping_express"}
    assert after["shipping_express"].body == DeliveryMethod("shipping_express", "Express", offered=True)


async def test_an_expired_token_is_asked_for_anew_within_the_same_call(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    connector = await world.connect()
    await connector.probe.ping()
    world.shop.access.revoke()
    assert connector.rereader
    assert await connector.rereader.reread(f"shop:{order}")


async def test_a_refused_secret_is_not_tried_again_at_once(world: World) -> None:
    """Shopware lets everybody behind one address wait after ten refusals."""
    connector = await world.connect(client_secret="wrong")
    for _ in range(3):
        with pytest.raises(ConnectorDownError, match="check"):
            await connector.probe.ping()
    assert world.meter.calls["token"] == 1
    world.ticks.time += timedelta(minutes=1)
    with pytest.raises(ConnectorDownError):
        await connector.probe.ping()
    assert world.meter.calls["token"] == 2


@pytest.mark.parametrize(
    "wrong",
    [{"url": "http://shop.example.com"}, {"client_id": ""}, {"page": 1}, {"colour": "red"}, {"client_secret": ""}],
)
def test_a_table_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)
