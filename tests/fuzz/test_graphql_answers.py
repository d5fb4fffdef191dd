"""Whatever bytes answer a query: the data, or an error of ours that a loop knows how to meet, at once."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from fuzz.conftest import Rounds
from fuzz.nonsense import SPLINTERS, VALUES, garbled, paths, replaced
from fuzz.paper import text_of
from fuzz.records import ORDER

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify import wire
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.domain.errors import AmbiguousError, RateLimitedError, SyncError, TransientError

COST = {
    "requestedQueryCost": 40,
    "actualQueryCost": 12,
    "throttleStatus": {"currentlyAvailable": 900, "maximumAvailable": 1000, "restoreRate": 50},
}
ANSWER = text_of({"data": {"orders": {"nodes": [ORDER]}}, "extensions": {"cost": COST}})
THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": COST}}


def told(content: bytes, operation: wire.Operation = op.ORDERS) -> Node | SyncError:
    """The data of an answer, or our error; the figures of its cost are looked at as the client does."""
    try:
        answer = wire.parse(operation, content)
        if cost := wire.charge(answer):
            assert 0 < cost.wait.total_seconds() <= 60
            assert cost.maximum / cost.restore_rate <= 3600
        return wire.data(operation, answer)
    except SyncError as error:
        return error


def test_garbled_bytes_are_data_or_a_failure_that_time_cures(rounds: Rounds) -> None:
    for dice in rounds(1500):
        with dice:
            found = told(garbled(ANSWER, dice))
            assert isinstance(found, Node | TransientError)
            assert isinstance(found, Node) or 0 < len(str(found)) < 1_000


def test_a_garbled_answer_to_a_writing_leaves_a_doubt_and_never_a_second_try(rounds: Rounds) -> None:
    """S-3: only what was certainly not done may be done again."""
    for dice in rounds(500):
        with dice:
            found = told(garbled(ANSWER, dice), op.CREATE_FULFILMENT)
            assert isinstance(found, Node | AmbiguousError)


@pytest.mark.parametrize("base", [json.loads(ANSWER), THROTTLED], ids=["good", "throttled"])
def test_nonsense_around_the_data_is_met(base: Any) -> None:
    around = [path for path in paths(base) if "nodes" not in path]
    for path in around:
        for value in VALUES:
            assert isinstance(told(text_of(replaced(base, path, value))), Node | SyncError)


@pytest.mark.parametrize("splinter", SPLINTERS, ids=range(len(SPLINTERS)))
def test_an_answer_of_one_splinter_a_million_times_is_refused_at_once(splinter: bytes) -> None:
    began = time.monotonic()
    assert isinstance(told(b'{"data": ' + splinter * (1_000_000 // len(splinter))), TransientError)
    assert time.monotonic() - began < 5


# --- what failed once -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e99999999999999999999", "9" * 5_000])
def test_a_number_that_nobody_can_hold_spoils_its_own_field_only(number: str) -> None:
    """It broke the reading of the whole answer, with a traceback or for ever."""
    content = b'{"data": {"bad": ' + number.encode() + b', "good": 1.10}}'
    found = told(content)
    assert isinstance(found, Node)
    assert found.number("good") == Decimal("1.10")
    for read in (found.number, found.integer):
        with pytest.raises(MalformedError, match="bad"):
            read("bad")


@pytest.mark.parametrize(
    ("figure", "value"),
    [("restoreRate", Decimal("1E-9")), ("currentlyAvailable", -(10**15)), ("maximumAvailable", 10**15)],
)
def test_a_bucket_that_cannot_be_is_not_believed(figure: str, value: Any) -> None:
    """Believed, it would have stopped every call for years, or raised an OverflowError."""
    answer = text_of(replaced(THROTTLED, ("extensions", "cost", "throttleStatus", figure), value))
    assert wire.charge(wire.parse(op.ORDERS, answer)) is None
    found = told(answer)
    assert isinstance(found, RateLimitedError)
    assert found.wait.total_seconds() <= 60


def test_a_sku_with_half_an_emoji_can_be_asked_for() -> None:
    assert b"\\ud83d" in wire.body(op.LISTINGS, {"query": "sku:'\ud83d'"})
