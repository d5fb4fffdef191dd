"""Whatever stands in a record of the shop: it is a document that can be stored, or the field that is wrong is named."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from fuzz.conftest import Rounds
from fuzz.nonsense import LONG, MOMENTS, NOISE, VALUES, paths, refusal, replaced, spoilt
from fuzz.records import LISTING, ORDER, SHOP, read_shop
from hypothesis import given, settings
from hypothesis import strategies as st

from khaossync.channels.shopify.documents import key_of, raw
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.domain.documents import Document, Kind
from khaossync.domain.orders import Order
from khaossync.outbox.codec import dump_document, load_document


def told(kind: str, record: Any) -> Document | str:
    """The document, proven to be storable and small in its names; or why there is none."""
    assert raw(record)
    assert len(key_of("shop", Kind(kind), record)) < 300
    try:
        document = read_shop(kind, record)
    except MalformedError as error:
        return str(error)
    assert max(map(len, (document.key, document.version))) < 300
    assert load_document(document.kind, dump_document(document.kind, document.body))
    return document


@pytest.mark.parametrize("kind", SHOP)
def test_every_nonsense_in_every_place_is_read_or_refused_by_name(kind: str) -> None:
    """SHO-13, ADB-14."""
    refused = 0
    for path in paths(SHOP[kind]):
        for value in VALUES:
            found = told(kind, replaced(SHOP[kind], path, value))
            if isinstance(found, str):
                refused += 1
                assert re.match(rf"{kind}[.\[]", found), found
                assert len(found) < 400, "what was told is not repeated at length"
    assert refused > 500


@pytest.mark.parametrize("kind", SHOP)
def test_a_record_spoilt_in_several_places_is_read_or_refused(kind: str, rounds: Rounds) -> None:
    outcomes = {str: 0, Document: 0}
    for dice in rounds(700):
        with dice:
            outcomes[type(told(kind, spoilt(SHOP[kind], dice, dice.choice((1, 2, 5)))))] += 1
    assert all(outcomes.values()) or sum(outcomes.values()) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ORDER, *LISTING]), inner, max_size=6),
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(kind=st.sampled_from(list(SHOP)), record=JSON)
def test_json_of_any_shape_is_refused(kind: str, record: Any) -> None:
    assert isinstance(told(kind, record), str)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(value=JSON | st.sampled_from(VALUES))
def test_every_reader_gives_what_it_promises_or_refuses(value: Any) -> None:
    node = Node({"x": value}, "record")
    for read, kind in ((node.text, str), (node.integer, int), (node.number, Decimal), (node.flag, bool)):
        why = refusal(partial(_promised, read, kind), MalformedError)
        assert not why or "record.x" in why
    for other in (node.instant_or_none, node.items, node.node_or_none, node.nodes):
        why = refusal(partial(_promised, other, object), MalformedError)
        assert not why or "record.x" in why


def _promised(read: Callable[[str], object], kind: type) -> None:
    assert isinstance(read("x"), kind)


# --- what failed once -----------------------------------------------------------------------------------------------


def test_half_an_emoji_in_a_note_is_an_order_like_any_other() -> None:
    """A text cut after 255 UTF-16 units leaves one; it stopped the reading of all orders."""
    document = told("order", ORDER | {"note": "thank you \ud83d"})
    assert isinstance(document, Document)
    assert isinstance(document.body, Order)


@pytest.mark.parametrize("field", ["id", "name"])
@pytest.mark.parametrize("long", [LONG, NOISE], ids=["of one letter", "of noise"])
def test_a_name_that_no_index_takes_is_refused_and_its_key_is_cut(field: str, long: str) -> None:
    """It made PostgreSQL refuse the whole page, again and again."""
    found = told("order", ORDER | {field: long})
    assert isinstance(found, str)
    assert f"order.{field} has {len(long)} characters" in found


@pytest.mark.parametrize("count", [2**31, -(2**31) - 1, 10**40])
def test_a_quantity_beyond_32_bits_is_refused(count: int) -> None:
    """No column takes it: the whole catalogue was held up."""
    path = ("inventoryLevels", "nodes", 0, "quantities", 0, "quantity")
    assert "32 bits" in str(told("listing", replaced(LISTING, path, count)))


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_odd_moment_never_outranks_the_states_that_follow(moment: str) -> None:
    """An order of the year 9999 would never have been replaced by its mended self, and the cursor would have gone."""
    found = told("order", ORDER | {"updatedAt": moment})
    assert isinstance(found, str) or 1970 <= found.moment.year < 2100
