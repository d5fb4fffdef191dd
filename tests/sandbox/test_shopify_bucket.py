"""The bucket of points keeps books that a benchmark can trust, and answers may take their time."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from sandbox.shopify_client import BEGIN, Scene, Wall, opened

from khaossync.sandbox.shopify.bucket import Bucket

ORDERS = "{ orders(first: 250) { nodes { id name } pageInfo { hasNextPage endCursor } } }"
SECOND = int(BEGIN.timestamp())


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def test_what_was_asked_for_and_not_used_is_given_back() -> None:
    bucket = Bucket(100, 10.0, Wall())
    assert bucket.take(80)
    assert not bucket.take(30)
    bucket.give_back(70)
    assert bucket.take(30)
    assert (bucket.available, bucket.granted) == (60, 40)


def test_points_that_find_the_bucket_full_are_lost() -> None:
    wall = Wall()
    bucket = Bucket(100, 10.0, wall)
    wall.wait(seconds=3)
    assert (bucket.available, bucket.lost) == (100, 30)
    assert bucket.take(25)
    wall.wait(seconds=3)
    assert (bucket.available, bucket.lost) == (100, 35)


def test_change_given_back_to_a_full_bucket_is_lost_too() -> None:
    wall = Wall()
    bucket = Bucket(100, 10.0, wall)
    assert bucket.take(20)
    wall.wait(seconds=2)
    bucket.give_back(15)
    assert (bucket.available, bucket.lost, bucket.granted) == (100, 15, 5)


def test_every_point_is_granted_or_lost_or_still_there() -> None:
    wall, dice = Wall(), random.Random(3)
    bucket = Bucket(100, 10.0, wall)
    for _ in range(1000):
        wall.wait(seconds=dice.uniform(0, 4))
        if bucket.take(dice.randint(1, 100)) and dice.random() < 0.5:
            bucket.give_back(1)
    passed = (wall() - BEGIN).total_seconds()
    assert bucket.granted + bucket.lost + bucket.available == pytest.approx(100 + 10 * passed)
    assert bucket.lost > 0 < bucket.granted


async def test_refused_calls_are_counted_by_the_second(scene: Scene) -> None:
    scene.shop.bucket.drain()
    for _ in range(3):
        assert (await scene.client.ask(ORDERS)).code == "THROTTLED"
    scene.wall.wait(seconds=1)
    assert (await scene.client.ask(ORDERS)).data["orders"]["nodes"] == []
    scene.shop.bucket.drain()
    assert (await scene.client.ask(ORDERS)).code == "THROTTLED"
    assert scene.shop.bucket.refused == {SECOND: 3, SECOND + 1: 1}


async def test_a_call_that_may_not_be_made_takes_no_points(scene: Scene) -> None:
    scene.shop.state.scopes.clear()
    assert (await scene.client.ask(ORDERS)).code == "ACCESS_DENIED"
    assert (scene.shop.bucket.available, scene.shop.bucket.granted) == (2000, 0)


async def test_points_are_set_aside_while_answers_are_on_their_way(scene: Scene) -> None:
    scene.shop.latency = (0.2, 0.4)
    asked = [asyncio.create_task(scene.client.ask(ORDERS)) for _ in range(10)]
    while scene.shop.bucket.granted < 10 * 13:  # reached only if all of them wait side by side
        await asyncio.sleep(0.005)
    answers = await asyncio.gather(*asked)
    assert [each.cost["actualQueryCost"] for each in answers] == [2] * 10
    assert scene.shop.bucket.granted == 20
