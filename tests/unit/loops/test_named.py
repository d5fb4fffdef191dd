"""What webhooks name is read by its name, once for all its hints, and not forgotten by a failure."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import pytest

from khaossync.domain.documents import Kind, Page, Unreadable
from khaossync.domain.errors import RateLimitedError, SyncError, TransientError
from khaossync.loops.named import MOST, Named


class Book:
    """A reader; `during` are called one by one, while it reads. A page with a name of `spoilt` breaks off."""

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.failures: list[SyncError] = []
        self.spoilt: set[str] = set()
        self.during: list[Callable[[], None]] = []

    async def named(self, subjects: Sequence[str]) -> Page:
        self.asked.append(subjects)
        if self.during:
            self.during.pop()()
        if self.failures:
            raise self.failures.pop()
        if self.spoilt.intersection(subjects):
            raise TransientError("broken")
        return Page((), "", tuple(Unreadable("shop", Kind.ORDER, each, "", "") for each in subjects))


async def told(named: Named) -> list[str]:
    return [each.key async for page in named.changes(None) for each in page.unreadable]


async def test_what_was_named_often_is_read_once_and_then_no_more() -> None:
    named = Named("orders", Book())
    for subject in ("b", "a", "b"):
        named.add(subject)
    assert await told(named) == ["b", "a"]
    assert await told(named) == []


async def test_many_names_are_read_in_several_pages() -> None:
    book = Book()
    named = Named("orders", book)
    for number in range(50):
        named.add(str(number))
    assert await told(named) == [str(number) for number in range(50)]
    assert [len(asked) for asked in book.asked] == [20, 20, 10]


async def test_what_is_named_again_while_it_is_read_is_read_again() -> None:
    """The second hint may be of what happened after the reading."""
    book = Book()
    named = Named("orders", book)
    book.during = [lambda: named.add("a")]
    named.add("a")
    assert await told(named) == ["a", "a"]


async def test_a_failure_forgets_nothing() -> None:
    book = Book()
    named = Named("orders", book)
    named.add("a")
    book.failures = [TransientError("busy")]
    with pytest.raises(TransientError):
        await told(named)
    assert await told(named) == ["a"]


async def test_a_page_that_was_not_stored_is_told_again() -> None:
    named = Named("orders", Book())
    named.add("a")
    await anext(named.changes(None))
    assert await told(named) == ["a"]


async def test_a_name_that_always_fails_keeps_no_other_from_being_read() -> None:
    book = Book()
    named = Named("orders", book)
    for number in range(50):
        named.add(str(number))
    book.spoilt = {"3", "7"}
    read: set[str] = set()
    for _ in range(4):
        with suppress(TransientError):
            async for page in named.changes(None):
                read |= {each.key for each in page.unreadable}
    assert read == {str(number) for number in range(50)} - book.spoilt
    named.add("late")
    book.asked.clear()
    with pytest.raises(TransientError):
        await told(named)
    assert book.asked[0] == ("late",)
    book.spoilt.clear()
    assert sorted(await told(named)) == ["3", "7"]


async def test_to_be_asked_for_less_is_no_fault_of_the_names() -> None:
    """Read one by one they would only cost more."""
    book = Book()
    named = Named("orders", book)
    for subject in ("a", "b"):
        named.add(subject)
    book.failures = [RateLimitedError("busy", timedelta(seconds=1))]
    with pytest.raises(RateLimitedError):
        await told(named)
    assert await told(named) == ["a", "b"]
    assert book.asked[1:] == [("a", "b")]


async def test_of_too_many_names_the_newest_are_read() -> None:
    """An outage names without end; what goes is told by the stream itself."""
    book = Book()
    named = Named("orders", book)
    named.add("old")
    book.failures = [TransientError("busy")]
    with pytest.raises(TransientError):
        await told(named)
    for number in range(MOST + 5):
        named.add(str(number))
    assert await told(named) == [str(number) for number in range(5, MOST + 5)]
