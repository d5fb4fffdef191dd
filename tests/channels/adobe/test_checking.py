"""What `khaossync check` tells of an Adobe shop."""

from typing import Any

import pytest
from channels.adobe.adobe_shop import opened
from contract.worlds.adobe import Simulated

from khaossync.domain.errors import SyncError
from khaossync.domain.findings import Finding, Severity


async def findings(world: Simulated, **settings: Any) -> list[Finding]:
    async with world.connected(**settings) as connector:
        return list(await connector.probe.check())


def bad(found: list[Finding]) -> list[tuple[str, str]]:
    """Subject and remedy of what cannot work."""
    return [(each.subject, each.remedy) for each in found if each.severity is Severity.FAIL]


async def test_a_good_shop_offers_its_sources_and_currencies() -> None:
    async with opened(locations=("leeds", "york")) as world:
        found = await findings(world, locations=["leeds"])
    assert bad(found) == []
    offers = {each.subject: each.offers for each in found if each.offers}
    assert offers == {"currencies": ("GBP",), "locations": ("leeds", "york"), "selling locations": ("leeds", "york")}


@pytest.mark.parametrize(
    ("settings", "subject"),
    [({"website": "other"}, "website"), ({"locations": ["nowhere"]}, "locations"), ({"msi": False}, "stock")],
)
async def test_a_mistaken_setting_is_named_with_its_remedy(settings: dict[str, Any], subject: str) -> None:
    async with opened() as world:
        told = bad(await findings(world, **settings))
    assert subject in [name for name, _ in told]
    assert all(remedy for _, remedy in told)


async def test_a_shop_without_sources_says_so() -> None:
    async with opened(msi=False) as world:
        assert bad(await findings(world, msi=False)) == []
        told = bad(await findings(world))
    assert {remedy for _, remedy in told} == {"write msi = false"}


@pytest.mark.parametrize("resource", ["Magento_Sales::actions_view", "Magento_Catalog::products"])
async def test_a_missing_permission_is_named(resource: str) -> None:
    async with opened() as world:
        world.shop.access.resources.discard(resource)
        if resource == "Magento_Catalog::products":
            world.shop.access.resources.discard("Magento_Catalog::catalog")
        told = bad(await findings(world))
    assert told
    assert {subject for subject, _ in told} == {"permissions"}
    assert all("grant the integration" in remedy for _, remedy in told)


async def test_an_integration_that_may_not_list_modules_is_good_enough() -> None:
    async with opened() as world:
        world.shop.access.resources.discard("Magento_Backend::admin")
        found = await findings(world)
    assert bad(found) == []


async def test_maintenance_is_no_answer() -> None:
    async with opened() as world:
        world.shop.habits.maintenance = True
        with pytest.raises(SyncError):
            await findings(world)
