"""A consignment is spread over the order lines that still lack its goods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.despatch import ConsignmentLine, allocate

MUGS = ConsignmentLine("MUG", ("a", "b"), 3)


@pytest.mark.parametrize(
    ("remaining", "expected"),
    [
        ({"a": 3, "b": 3}, {"a": 3}),
        ({"a": 2, "b": 3}, {"a": 2, "b": 1}),
        ({"a": 0, "b": 3}, {"b": 3}),
        ({"b": 3}, {"b": 3}),
        ({"a": 1, "b": 1}, None),
        ({}, None),
    ],
)
def test_lines_are_filled_in_the_order_of_the_sale(remaining: dict[str, int], expected: dict[str, int] | None) -> None:
    assert allocate([MUGS], remaining) == expected


def test_two_entries_for_one_line_share_what_it_lacks() -> None:
    twice = [ConsignmentLine("MUG", ("a",), 1), ConsignmentLine("MUG", ("a",), 1)]
    assert allocate(twice, {"a": 2}) == {"a": 2}
    assert allocate(twice, {"a": 1}) is None


LINES = st.lists(
    st.builds(
        ConsignmentLine,
        st.sampled_from(["A", "B"]),
        st.lists(st.sampled_from("abcd"), min_size=1, unique=True).map(tuple),
        st.integers(0, 9),
    ),
    max_size=5,
)


@given(lines=LINES, remaining=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)))
def test_an_allocation_is_complete_and_never_exceeds_what_remains(
    lines: list[ConsignmentLine], remaining: dict[str, int]
) -> None:
    before = dict(remaining)
    allocation = allocate(lines, remaining)
    assert remaining == before
    if allocation is not None:
        assert sum(allocation.values()) == sum(line.quantity for line in lines)
        assert all(0 < units <= remaining[line_id] for line_id, units in allocation.items())
