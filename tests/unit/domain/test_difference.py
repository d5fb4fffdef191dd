"""Two plain values are held against each other to the last byte, and thousands of differences told as one."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.difference import Each, Groups, canonical, changes

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(PLAIN)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert list(changes(value, copy.deepcopy(value))) == []


@given(PLAIN, PLAIN)
def test_nothing_differs_exactly_where_the_texts_are_equal(was: Any, now: Any) -> None:
    assert (list(changes(was, now)) == []) == (canonical(was) == canonical(now))


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ({"a": 1}, {"a": True}, [("a", "1", "true")]),
        ({"a": "1.0"}, {"a": "1.00"}, [("a", '"1.0"', '"1.00"')]),
        ({"a": None}, {}, [("a", "null", "")]),
        ({}, {"a": {}}, [("a", "", "{}")]),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, [("a 1", "2", "3"), ("a 2", "", "4")]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 0}}, [("a b", "1", "0")]),
        ([], {}, [("", "[]", "{}")]),
    ],
)
def test_each_place_is_told_with_both_sides(was: Any, now: Any, told: list[tuple[str, str, str]]) -> None:
    assert [(" ".join(one.path), one.was, one.now) for one in changes(was, now)] == told


def test_thousands_with_one_cause_are_one_group() -> None:
    groups = Groups()
    for number in range(3000):
        was, now = {Each(f"SKU-{number}"): {"quantity": number}}, {Each(f"SKU-{number}"): {"quantity": number - 3}}
        groups.add("level", str(number), list(changes(was, now)))
    groups.add("order", "1", list(changes({"courier": "RM48"}, {"courier": "DPD"})))
    [(what, many), (other, one)] = groups.largest_first()
    assert (what, many.count, many.examples) == ("level", 3000, ["0", "1", "2"])
    assert many.common(("*", "quantity", "")) == ["-3"]
    assert (other, one.count, one.common(("courier", ""))) == ("order", 1, ['"RM48" → "DPD"'])


def test_what_is_added_what_goes_and_what_changes_are_different_groups() -> None:
    groups = Groups()
    for was, now in (({}, {"a": 1}), ({"a": 1}, {}), ({"a": 1}, {"a": 2})):
        groups.add("order", "1", list(changes(was, now)))
    assert len(groups.by_pattern) == 3


def test_memory_is_bounded_whatever_differs() -> None:
    groups = Groups()
    for number in range(2000):
        groups.add("order", str(number), list(changes({}, {f"field {number}": 1})))
        groups.add("text", str(number), list(changes({"note": "a"}, {"note": f"note {number}"})))
    assert len(groups.by_pattern) <= 501
    assert sum(group.count for _, group in groups.largest_first()) == 4000
    [text] = [group for what, group in groups.largest_first() if what == "text"]
    assert text.common(("note", "")) == []
    assert all(len(turns) <= 6 for group in groups.by_pattern.values() for turns in group.values.values())
